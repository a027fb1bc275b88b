//! What a member may do with an entry of their tenant.

use domain::{
    calendar::Privacy,
    entry::{Entry, WorkItemType},
    id::MemberId,
    member::Role,
};
use shared::web::Session;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Sees that the time is taken, and nothing else: private is private, also to an admin.
    Busy,
    Read,
    Write,
}

pub(crate) fn may(session: &Session, entry: &Entry) -> Access {
    let assigned = entry.assignees.contains(&session.member);
    match (session.role, assigned) {
        (_, false) if entry.content.private => Access::Busy,
        (Role::Admin, _) | (Role::ItManager | Role::TeamMember | Role::User, true) => Access::Write,
        (Role::ItManager | Role::TeamMember | Role::User, false) | (Role::Viewer, _) => {
            Access::Read
        }
    }
}

pub(crate) fn may_add(session: &Session) -> bool {
    match session.role {
        Role::Admin | Role::ItManager | Role::TeamMember | Role::User => true,
        Role::Viewer => false,
    }
}

/// An admin assigns anyone; everyone else only themselves, besides those who are assigned already.
pub(crate) fn may_assign(session: &Session, before: &[MemberId], after: &[MemberId]) -> bool {
    session.role == Role::Admin
        || after
            .iter()
            .all(|member| *member == session.member || before.contains(member))
}

/// The entry as this member may see it in a list.
pub(crate) fn shown_to(session: &Session, mut entry: Entry) -> Entry {
    match may(session, &entry) {
        Access::Read | Access::Write => {}
        Access::Busy => {
            entry.content = Privacy::BusyOnly.shown(entry.content);
            entry.attendees.clear();
            entry.work_item_type = WorkItemType::default();
        }
    }
    entry
}
