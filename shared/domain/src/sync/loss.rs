//! What goes with an event that its owner removed.

use crate::{
    calendar::Calendar,
    id::MemberId,
    link::{EventLink, LinkState, Origin},
};

/// Whether the owner of an event that is gone has the same meeting as an event of their own in another account. Then the
/// entry stays with that one: removed from one account, or moved from one to the other, it is not gone. `links` are those
/// of the entry, `calendars` the ones that they are in.
pub fn stays_elsewhere(
    lost: &EventLink,
    owner: MemberId,
    links: &[EventLink],
    calendars: &[Calendar],
) -> bool {
    let is_synced = |link: &EventLink| {
        calendars.iter().any(|calendar| {
            calendar.id == link.calendar && calendar.member == owner && calendar.settings.selected
        })
    };
    let is_own = |link: &EventLink| match link.state {
        LinkState::Linked { .. } | LinkState::Conflict { .. } => link.origin == Origin::Event,
        LinkState::Pending { .. } | LinkState::Severed { .. } => false,
    };
    let mut others = links
        .iter()
        .filter(|link| link.connection != lost.connection);
    others.any(|link| is_own(link) && is_synced(link))
}
