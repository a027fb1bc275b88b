//! What is written beside a change, for people: conflicts and traces.

use domain::{
    calendar::Calendar,
    conflict::{Conflict, ConflictState, Seen},
    content::{Content, Parts},
    event::Revision,
    id::{ConflictId, TraceId},
    link::{Base, EventLink, LinkState, Origin},
    trace::{Deed, Overwritten, Trace, TracedBy},
};

use super::{super::Context, Halt};
use crate::{ids, store::LinkWrite};

/// Both sides of a conflict, as they were seen; `None` is deleted.
pub(super) struct Apart {
    pub(super) parts: Parts,
    pub(super) local: Option<(u64, Box<Content>)>,
    pub(super) external: Option<(Revision, Box<Content>)>,
}

impl Context<'_> {
    /// Stops a link until someone decides. What is undecided already is brought up to date and told to nobody again.
    pub(super) async fn conflict(
        &mut self,
        calendar: &Calendar,
        link: EventLink,
        base: Base,
        apart: Apart,
    ) -> Result<(), Halt> {
        let now = self.app.clock.now();
        let known = match &link.state {
            LinkState::Conflict { conflict, .. } => self.store.conflict(*conflict).await?,
            LinkState::Pending { .. } | LinkState::Linked { .. } | LinkState::Severed { .. } => {
                None
            }
        };
        let fresh = Conflict {
            id: ids::mint(self.store.id(), now, ConflictId::from_parts),
            entry: link.entry,
            connection: link.connection,
            calendar: link.calendar,
            member: calendar.member,
            external_id: link.external_id.clone(),
            parts: apart.parts,
            base: base.entry.clone(),
            local: seen(apart.local),
            external: seen(apart.external),
            state: ConflictState::Open,
            detected_at: now,
            version: 0,
        };
        let conflict = match known {
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
        if state == link.state
            && self.store.conflict(conflict.id).await?.as_ref() == Some(&conflict)
        {
            return Ok(());
        }
        if conflict.version == 0 {
            self.counts.conflicts += 1;
        }
        let deed = Deed::Conflict {
            parts: conflict.parts.clone(),
        };
        let writes = vec![
            self.trace(calendar, &link, deed, None),
            LinkWrite::Conflict(conflict),
            LinkWrite::Update(EventLink { state, ..link }),
        ];
        Ok(self.write_links(writes).await?)
    }

    /// The end of the conflict that the link was in, to be written with what ends it.
    pub(super) async fn settling(&self, link: &EventLink) -> Result<Vec<LinkWrite>, Halt> {
        let LinkState::Conflict {
            conflict, choice, ..
        } = &link.state
        else {
            return Ok(Vec::new());
        };
        let Some(conflict) = self.store.conflict(*conflict).await? else {
            return Ok(Vec::new());
        };
        let state = ConflictState::Settled {
            at: self.app.clock.now(),
            external: choice.as_ref().map(|choice| choice.external.clone()),
        };
        Ok(vec![LinkWrite::Conflict(Conflict { state, ..conflict })])
    }

    pub(super) fn trace(
        &self,
        calendar: &Calendar,
        link: &EventLink,
        deed: Deed,
        overwritten: Option<(Origin, &Content)>,
    ) -> LinkWrite {
        let at = self.app.clock.now();
        let overwritten = overwritten.map(|(side, content)| Overwritten {
            side,
            content: content.clone(),
        });
        LinkWrite::Trace(Trace {
            id: ids::mint(self.store.id(), at, TraceId::from_parts),
            entry: link.entry,
            at,
            by: TracedBy::Sync {
                connection: calendar.connection,
                calendar: calendar.id,
                external_id: link.external_id.0.clone(),
            },
            deed,
            overwritten: overwritten.into_iter().collect(),
        })
    }
}

fn seen<V>(side: Option<(V, Box<Content>)>) -> Seen<V> {
    match side {
        Some((version, content)) => Seen::Changed { version, content },
        None => Seen::Deleted,
    }
}
