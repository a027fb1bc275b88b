//! Under which id a copy is created.

use domain::{
    calendar::Calendar,
    event::ExternalEventId,
    id::EntryId,
    link::{EventLink, LinkState, Sent},
};

use super::{super::Context, Halt};
use crate::{
    providers::{is_name, named},
    store::LinkWrite,
};

impl Context<'_> {
    pub(super) fn new_event_id(&self, calendar: &Calendar, entry: EntryId) -> ExternalEventId {
        let key = format!("{}|{entry}|{}", self.store.id(), calendar.id);
        let chosen = self.provider.event_id(&key);
        // A name is used once: what was created under it and deleted must not answer for what is created now.
        chosen.unwrap_or_else(|| named(&format!("{key}|{}", self.app.clock.now())))
    }

    pub(super) fn is_creatable(&self, link: &EventLink) -> bool {
        let id = &link.external_id;
        is_name(id) || self.provider.event_id(&id.0).is_some()
    }

    /// The link under an id with which its event can be created. Where ids are given by the provider, that of a deleted
    /// event never comes back, and the event that takes its place needs a name first. By the old id nobody finds the link
    /// from then on: should the create not be answered, its entry has to be looked at again.
    pub(super) async fn creatable(&self, link: EventLink, sent: &Sent) -> Result<EventLink, Halt> {
        if self.is_creatable(&link) {
            return Ok(link);
        }
        let gone = &link.external_id;
        let mut writes = self.settling(&link).await?;
        let mut to = EventLink {
            external_id: named(&gone.0),
            state: LinkState::Pending { sent: sent.clone() },
            ..link.clone()
        };
        writes.push(LinkWrite::look_again(&link, self.app.clock.now()));
        writes.push(LinkWrite::Move {
            from: link.into(),
            to: to.clone().into(),
        });
        self.write_links(writes).await?;
        to.version += 1;
        Ok(to)
    }
}
