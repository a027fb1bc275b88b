//! What is written beside a change, for people: conflicts and traces.

use super::{apply::Halt, store::LinkWrite, worker::Worker};
use crate::{
    calendar::Calendar,
    conflict::{Conflict, ConflictState, Seen},
    content::{Content, Parts},
    event::Revision,
    id::{ConflictId, TraceId},
    link::{Base, EventLink, LinkState, Origin},
    trace::{Deed, Overwritten, Trace, TracedBy},
};

type Sides = (
    Option<(u64, Box<Content>)>,
    Option<(Revision, Box<Content>)>,
);

impl Worker {
    pub(super) async fn conflict(
        &self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        parts: Parts,
        (local, external): Sides,
    ) -> Result<(), Halt> {
        let apart = local.as_ref().zip(external.as_ref());
        let apart = apart.map(|((_, ours), (_, theirs))| (ours.clone(), theirs.clone()));
        let own = parts.own;
        let known = match &link.state {
            LinkState::Conflict { conflict, .. } => {
                self.ask(|world| world.store.conflicts.get(conflict).cloned())
                    .await
            }
            LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Severed { .. } => {
                None
            }
        };
        let fresh = {
            let mut world = self.world();
            Conflict {
                id: world.mint(ConflictId::from_parts),
                entry: link.entry,
                connection: link.connection,
                calendar: link.calendar,
                member: calendar.member,
                external_id: link.external_id.clone(),
                parts,
                base: base.entry.clone(),
                local: side(local),
                external: side(external),
                state: ConflictState::Open,
                detected_at: world.now(),
                version: 0,
            }
        };
        let conflict = match &known {
            None => fresh,
            Some(known) => Conflict {
                id: known.id,
                detected_at: known.detected_at,
                version: known.version,
                base: known.base.clone(),
                ..fresh
            },
        };
        let state = LinkState::Conflict {
            conflict: conflict.id,
            base,
            choice: None,
            sent: None,
        };
        if state == link.state && known.as_ref() == Some(&conflict) {
            return Ok(());
        }
        let writes = vec![
            self.trace(&link, None),
            LinkWrite::Conflict(conflict),
            LinkWrite::Update(EventLink { state, ..link }),
        ];
        self.write_links(writes).await?;
        if let Some((ours, theirs)) = apart {
            self.world().ledger.goes_forward(&ours, &theirs, own);
        }
        Ok(())
    }

    pub(super) async fn settling(&self, link: &EventLink) -> Vec<LinkWrite> {
        let LinkState::Conflict {
            conflict, choice, ..
        } = &link.state
        else {
            return Vec::new();
        };
        let known = self
            .ask(|world| world.store.conflicts.get(conflict).cloned())
            .await;
        let Some(conflict) = known else {
            return Vec::new();
        };
        let external = choice.as_ref().map(|choice| choice.external.clone());
        let at = self.world().now();
        let state = ConflictState::Settled { at, external };
        vec![LinkWrite::Conflict(Conflict { state, ..conflict })]
    }

    pub(super) fn trace(&self, link: &EventLink, was: Option<(Origin, &Content)>) -> LinkWrite {
        let mut world = self.world();
        let overwritten = was.map(|(side, content)| Overwritten {
            side,
            content: content.clone(),
        });
        LinkWrite::Trace(Trace {
            id: world.mint(TraceId::from_parts),
            entry: link.entry,
            at: world.now(),
            by: TracedBy::Sync {
                connection: link.connection,
                calendar: link.calendar,
                external_id: link.external_id.0.clone(),
            },
            deed: Deed::ChangeEvent {
                parts: Parts::none(),
            },
            overwritten: overwritten.into_iter().collect(),
        })
    }
}

fn side<V>(side: Option<(V, Box<Content>)>) -> Seen<V> {
    match side {
        Some((version, content)) => Seen::Changed { version, content },
        None => Seen::Deleted,
    }
}
