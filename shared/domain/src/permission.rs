//! Who may do what: one table, from which the code, the pages and the tests are all made.

use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::member::Role;

/// Something that a member may or may not do. Written by its name, such as `ops.read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Permission {
    ScheduleRead,
    ScheduleWrite,
    ScheduleManage,
    ConnectionsOwn,
    IntegrationsRead,
    IntegrationsManage,
    IntegrationsReport,
    OpsRead,
    OpsWrite,
    OpsFullAccess,
    OpsAdmin,
    AlertsRead,
    AlertsManage,
    AlertsBroadcast,
    StatusRead,
    StatusWrite,
    TeamManage,
    OrganizationManage,
}

/// What a role has of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Always,
    /// Off, until an administrator grants it to one member.
    OnGrant,
    Never,
}

struct Row {
    permission: Permission,
    name: &'static str,
    /// What it opens, for people.
    opens: &'static str,
    /// In the order of [`Role::ALL`].
    rules: [Rule; 5],
}

const fn row(
    permission: Permission,
    name: &'static str,
    opens: &'static str,
    rules: [Rule; 5],
) -> Row {
    Row {
        permission,
        name,
        opens,
        rules,
    }
}

const Y: Rule = Rule::Always;
const G: Rule = Rule::OnGrant;
const N: Rule = Rule::Never;

use Permission as P;

/// In the order of the enum. Columns: administrator, IT manager, team member, viewer, user.
#[rustfmt::skip]
const TABLE: [Row; 18] = [
    row(P::ScheduleRead,       "schedule.read",       "See the schedule, but for what is private to others",      [Y, Y, Y, Y, Y]),
    row(P::ScheduleWrite,      "schedule.write",      "Add entries, and change those that one is assigned to",    [Y, Y, Y, N, Y]),
    row(P::ScheduleManage,     "schedule.manage",     "Change, assign and decide about everybody's entries",      [Y, N, N, N, N]),
    row(P::ConnectionsOwn,     "connections.own",     "Connect one's own calendars",                              [Y, Y, Y, Y, Y]),
    row(P::IntegrationsRead,   "integrations.read",   "See the health of integrations and their logs",            [Y, Y, G, N, N]),
    row(P::IntegrationsManage, "integrations.manage", "Retry what failed, and manage API keys and webhooks",      [Y, N, G, N, N]),
    row(P::IntegrationsReport, "integrations.report", "Report what a connector outside Kalends did",             [Y, N, G, N, N]),
    row(P::OpsRead,            "ops.read",            "See operations, with personal details masked",             [Y, Y, Y, N, N]),
    row(P::OpsWrite,           "ops.write",           "Work on the queue of operations",                          [Y, N, Y, N, N]),
    row(P::OpsFullAccess,      "ops.full_access",     "See personal details unmasked",                            [Y, N, G, N, N]),
    row(P::OpsAdmin,           "ops.admin",           "Configuration, revenue and the audit log",                 [Y, N, N, N, N]),
    row(P::AlertsRead,         "alerts.read",         "Be told of alerts",                                        [Y, Y, Y, Y, Y]),
    row(P::AlertsManage,       "alerts.manage",       "Decide what raises an alert",                              [Y, N, N, N, N]),
    row(P::AlertsBroadcast,    "alerts.broadcast",    "Tell everybody something",                                 [Y, N, N, N, N]),
    row(P::StatusRead,         "status.read",         "See services, incidents and their history",                [Y, Y, Y, Y, N]),
    row(P::StatusWrite,        "status.write",        "Manage services and incidents",                            [Y, N, Y, N, N]),
    row(P::TeamManage,         "team.manage",         "Manage members, their roles and invites",                  [Y, N, N, N, N]),
    row(P::OrganizationManage, "organization.manage", "Say which sites may use its keys, and delete the organisation", [Y, N, N, N, N]),
];

impl Permission {
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [P::ScheduleRead; TABLE.len()];
        let mut index = 0;
        while index < TABLE.len() {
            all[index] = TABLE[index].permission;
            index += 1;
        }
        all
    };

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub const fn opens(self) -> &'static str {
        self.row().opens
    }

    pub const fn rule(self, role: Role) -> Rule {
        self.row().rules[role as usize]
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl JsonSchema for Permission {
    fn schema_name() -> Cow<'static, str> {
        "Permission".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let each = |row: &Row| json_schema!({ "const": row.name, "description": row.opens });
        json_schema!({
            "description": "Something that a member, or a program with a key of theirs, may or may not do.",
            "oneOf": TABLE.iter().map(each).collect::<Vec<_>>(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no permission of that name")]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(name: &str) -> Result<Self, UnknownPermission> {
        let found = TABLE.iter().find(|row| row.name == name);
        found.map(|row| row.permission).ok_or(UnknownPermission)
    }
}

impl TryFrom<String> for Permission {
    type Error = UnknownPermission;

    fn try_from(name: String) -> Result<Self, UnknownPermission> {
        name.parse()
    }
}

impl From<Permission> for &'static str {
    fn from(permission: Permission) -> Self {
        permission.name()
    }
}

/// What a member may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    /// Of a role, with what was granted beside it. A grant counts only where the role leaves it to one: who is given a
    /// smaller role keeps nothing of the larger.
    pub fn of(role: Role, grants: &BTreeSet<Permission>) -> Self {
        let has = |permission: &Permission| match permission.rule(role) {
            Rule::Always => true,
            Rule::OnGrant => grants.contains(permission),
            Rule::Never => false,
        };
        Self(Permission::ALL.into_iter().filter(has).collect())
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Those that are also among these.
    #[must_use]
    pub fn within(&self, scopes: &BTreeSet<Permission>) -> Self {
        Self(self.0.intersection(scopes).copied().collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_row_of_the_table_stands_where_its_permission_looks_for_it() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.permission as usize, index, "{}", row.name);
            assert_eq!(row.name.parse(), Ok(row.permission));
        }
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index, "{role}");
        }
    }

    #[test]
    fn an_administrator_may_do_everything_and_needs_no_grant() {
        let all = Permissions::of(Role::Admin, &BTreeSet::new());

        assert!(Permission::ALL.into_iter().all(|one| all.has(one)));
    }

    proptest! {
        #[test]
        fn a_grant_gives_what_the_role_leaves_to_grants_and_nothing_else(
            role in proptest::sample::select(&Role::ALL),
            grants in proptest::collection::btree_set(proptest::sample::select(&Permission::ALL), 0..6),
        ) {
            let plain = Permissions::of(role, &BTreeSet::new());
            let granted = Permissions::of(role, &grants);

            for one in Permission::ALL {
                let gained = granted.has(one) && !plain.has(one);
                prop_assert_eq!(gained, grants.contains(&one) && one.rule(role) == Rule::OnGrant);
                prop_assert!(!plain.has(one) || granted.has(one));
            }
        }
    }
}
