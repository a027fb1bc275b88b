//! What a member may do with what belongs to members of their tenant.

use crate::{conflict::Conflict, content::Content, id::MemberId, member::Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Sees that the time is taken, and nothing else: private is private, also to an admin.
    Busy,
    Read,
    Write,
}

/// Of an entry with these assignees.
pub fn may(member: MemberId, role: Role, assignees: &[MemberId], private: bool) -> Access {
    let assigned = assignees.contains(&member);
    match (role, assigned) {
        (_, false) if private => Access::Busy,
        (Role::Admin, _) | (Role::ItManager | Role::TeamMember | Role::User, true) => Access::Write,
        (Role::ItManager | Role::TeamMember | Role::User, false) | (Role::Viewer, _) => {
            Access::Read
        }
    }
}

impl Conflict {
    /// A conflict is its calendar's owner's. Others see it if they might decide it, as they might edit the entry; `None`
    /// sees that there is one as little as what it says.
    pub fn access(&self, member: MemberId, role: Role) -> Option<Access> {
        let is_private = |content: Option<&Content>| content.is_some_and(|content| content.private);
        let private = self.base.private
            || is_private(self.local.content())
            || is_private(self.external.content());
        match may(member, role, &[self.member], private) {
            Access::Write => Some(Access::Write),
            Access::Read if member == self.member => Some(Access::Read),
            Access::Read | Access::Busy => None,
        }
    }
}
