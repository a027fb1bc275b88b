//! What a member may do with what belongs to members of their tenant.

use crate::{
    conflict::Conflict,
    content::Content,
    id::MemberId,
    permission::{Permission, Permissions},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Sees that the time is taken, and nothing else: private is private, also to an admin.
    Busy,
    Read,
    Write,
}

/// Of an entry with these assignees.
pub fn may(
    member: MemberId,
    permissions: &Permissions,
    assignees: &[MemberId],
    private: bool,
) -> Access {
    let assigned = assignees.contains(&member);
    let writes = permissions.has(Permission::ScheduleManage)
        || assigned && permissions.has(Permission::ScheduleWrite);
    match (assigned, writes) {
        (false, _) if private => Access::Busy,
        (_, true) => Access::Write,
        (_, false) => Access::Read,
    }
}

impl Conflict {
    /// A conflict is its calendar's owner's. Others see it if they might decide it, as they might edit the entry; `None`
    /// sees that there is one as little as what it says.
    pub fn access(&self, member: MemberId, permissions: &Permissions) -> Option<Access> {
        let is_private = |content: Option<&Content>| content.is_some_and(|content| content.private);
        let private = self.base.private
            || is_private(self.local.content())
            || is_private(self.external.content());
        match may(member, permissions, &[self.member], private) {
            Access::Write => Some(Access::Write),
            Access::Read if member == self.member => Some(Access::Read),
            Access::Read | Access::Busy => None,
        }
    }
}
