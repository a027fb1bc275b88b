//! An event whose meeting has an entry already: found in one more calendar, or found again.

use domain::{
    calendar::Calendar,
    event::{CalendarEvent, Change},
    id::EntryId,
    link::{EventLink, LinkState},
    sync::{
        join::join,
        observe::{EventSeen, Pair},
        plan::Step,
    },
    trace::Deed,
};

use super::{
    super::{Context, fetch::entry_seen},
    Halt,
};
use crate::store::LinkWrite;

impl Context<'_> {
    pub(super) async fn join_entry(
        &mut self,
        calendar: &Calendar,
        event: CalendarEvent,
        entry: EntryId,
    ) -> Result<Option<Step>, Halt> {
        let before = self.store.entry(entry).await?.ok_or(Halt::Stale)?;
        let others = self.store.links_of_entry(entry).await?;
        let of_ours = |link: &&EventLink| link.connection == calendar.connection;
        let other = others.iter().find(of_ours);
        let event = match other {
            None if event.content.repeats() => self.whole_event(calendar, event).await?,
            Some(_) | None => event,
        };
        let (policy, elsewhere) = (self.policy(calendar), !others.is_empty());
        let join = join(&before, &event, calendar.member, policy, elsewhere);
        let mut link = EventLink {
            entry,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id: event.external_id.clone(),
            uid: event.uid.clone(),
            origin: join.origin,
            state: LinkState::Linked {
                base: join.base,
                sent: None,
            },
            version: 0,
        };
        if let Some(other) = other {
            return self.move_link(calendar, other.clone(), link).await;
        }
        let deed = if join.again {
            Deed::MeetAgain
        } else {
            Deed::JoinEntry
        };
        let beside = vec![
            self.trace(calendar, &link, deed, None),
            LinkWrite::Create(link.clone()),
        ];
        let mut after = before.clone();
        if join.assigns {
            after = before.joined_by(calendar.member, self.app.clock.now());
            self.write_entry(Some(&before), Some(&after), beside)
                .await?;
            self.counts.entries_updated += 1;
        } else {
            self.write_links(beside).await?;
        }
        if !join.again {
            return Ok(None);
        }
        link.version = 1;
        let pair = Pair {
            link,
            entry: entry_seen(Some(&after), calendar.member),
            event: EventSeen::Present {
                revision: event.revision,
                content: event.content,
                changed_at: event.changed_at,
            },
        };
        Ok(self.decide_pair(calendar, pair))
    }

    /// A list may show the exceptions of a series on another page.
    async fn whole_event(
        &self,
        calendar: &Calendar,
        event: CalendarEvent,
    ) -> Result<CalendarEvent, Halt> {
        let id = &event.external_id;
        match self.provider.get(&self.access, calendar, id).await? {
            Some(Change::Upserted(whole)) => Ok(whole),
            None | Some(Change::Removed(_) | Change::Occurrence(_) | Change::Refused { .. }) => {
                Err(Halt::Stale)
            }
        }
    }
}
