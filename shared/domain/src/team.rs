//! What an administrator may change of a member.
//!
//! An organisation cannot lose its last active administrator: whoever changes a member is one, remains one in the same
//! moment, and changes nobody but others.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    audit::Action,
    member::{Member, Role},
    permission::{Permission, Permissions, Rule},
};

/// Whether a member can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MemberState")]
pub enum State {
    Active,
    Deactivated,
}

impl State {
    pub const fn of(member: &Member) -> Self {
        match member.deactivated_at {
            None => Self::Active,
            Some(_) => Self::Deactivated,
        }
    }
}

/// What a member is to be; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub role: Option<Role>,
    pub grants: Option<BTreeSet<Permission>>,
    pub state: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Only an administrator can change members.")]
    NotAdministrator,
    #[error(
        "Nobody changes their own role or deactivates themselves: ask another administrator, or make somebody one first."
    )]
    Oneself,
    #[error("The role decides about {0} by itself: it is not granted to single members.")]
    NotGrantable(Permission),
}

/// The permissions that a role leaves to grants.
pub fn grantable(role: Role) -> impl Iterator<Item = Permission> {
    Permission::ALL
        .into_iter()
        .filter(move |permission| permission.rule(role) == Rule::OnGrant)
}

/// The member as `actor` wants them. Must be written only while `actor` is what they are here.
pub fn changed(
    actor: &Member,
    member: &Member,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Member, Refusal> {
    if !actor.is_active() || actor.role != Role::Admin {
        return Err(Refusal::NotAdministrator);
    }
    if actor.id == member.id {
        return Err(Refusal::Oneself);
    }
    let role = wanted.role.unwrap_or(member.role);
    let grants = match &wanted.grants {
        Some(grants) => {
            let beyond = grants
                .iter()
                .find(|permission| permission.rule(role) != Rule::OnGrant);
            if let Some(beyond) = beyond {
                return Err(Refusal::NotGrantable(*beyond));
            }
            grants.clone()
        }
        // What another role was granted must not come back with the next change.
        None => grantable(role)
            .filter(|permission| member.grants.contains(permission))
            .collect(),
    };
    let deactivated_at = match wanted.state {
        None => member.deactivated_at,
        Some(State::Active) => None,
        Some(State::Deactivated) => Some(member.deactivated_at.unwrap_or(now)),
    };
    Ok(Member {
        role,
        grants,
        deactivated_at,
        ..member.clone()
    })
}

/// What is written down of a change: each thing that became another, before and after.
pub fn differences(before: &Member, after: &Member) -> Vec<(Action, Value, Value)> {
    let mut all = Vec::new();
    let mut compare = |action, name: &str, before: Value, after: Value| {
        if before != after {
            all.push((action, json!({ name: before }), json!({ name: after })));
        }
    };
    let of_role = Action::MemberRoleChanged;
    compare(of_role, "role", json!(before.role), json!(after.role));
    let of_grants = Action::MemberGrantsChanged;
    compare(
        of_grants,
        "grants",
        json!(before.grants),
        json!(after.grants),
    );
    let (was, is) = (State::of(before), State::of(after));
    let of_state = match is {
        State::Active => Action::MemberReactivated,
        State::Deactivated => Action::MemberDeactivated,
    };
    compare(of_state, "state", json!(was), json!(is));
    all
}

/// Whether somebody who may do this can bring others into this role: it must not open what is closed to themselves.
pub fn may_invite(inviter: &Permissions, role: Role) -> bool {
    role.permissions().iter().all(|one| inviter.has(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{MemberId, TenantId},
        member::EmailAddress,
    };

    fn member(number: u64, role: Role) -> Member {
        let email = EmailAddress::parse(&format!("{number}@northwind.test")).unwrap();
        Member::new(
            MemberId::from_parts(number, 1),
            TenantId::from_parts(1, 1),
            email,
            number.to_string(),
            role,
            Timestamp::UNIX_EPOCH,
        )
    }

    fn role() -> impl Strategy<Value = Role> {
        proptest::sample::select(&Role::ALL)
    }

    fn wanted() -> impl Strategy<Value = Wanted> {
        let grants =
            proptest::collection::btree_set(proptest::sample::select(&Permission::ALL), 0..3);
        let state = proptest::sample::select(&[State::Active, State::Deactivated]);
        let role = proptest::option::of(role());
        let (grants, state) = (proptest::option::of(grants), proptest::option::of(state));
        (role, grants, state).prop_map(|(role, grants, state)| Wanted {
            role,
            grants,
            state,
        })
    }

    #[test]
    fn whoever_may_manage_the_team_is_an_administrator() {
        for role in Role::ALL {
            let rule = Permission::TeamManage.rule(role);
            let expected = if role == Role::Admin {
                Rule::Always
            } else {
                Rule::Never
            };
            assert_eq!(rule, expected, "{role}");
        }
    }

    proptest! {
        #[test]
        fn an_organisation_never_loses_its_last_active_administrator(
            roles in proptest::collection::vec(role(), 0..4),
            changes in proptest::collection::vec((0..5usize, 0..5usize, wanted()), 1..40),
        ) {
            let founder = member(0, Role::Admin);
            let joined = (1..).zip(roles).map(|(number, role)| member(number, role));
            let mut team: Vec<Member> = std::iter::once(founder).chain(joined).collect();

            for (actor, other, wanted) in changes {
                let (actor, other) = (actor % team.len(), other % team.len());
                if let Ok(next) = changed(&team[actor], &team[other], &wanted, Timestamp::MAX) {
                    team[other] = next;
                }
                let leads = |member: &Member| member.is_active() && member.role == Role::Admin;
                prop_assert!(team.iter().any(leads));
            }
        }

        #[test]
        fn nobody_changes_themselves(role in role(), wanted in wanted()) {
            let one = member(1, role);

            prop_assert!(changed(&one, &one, &wanted, Timestamp::MAX).is_err());
        }

        #[test]
        fn a_member_holds_no_grant_that_the_role_does_not_leave_open(
            first in wanted(), second in wanted(), role in role(),
        ) {
            let (ada, mut other) = (member(1, Role::Admin), member(2, role));
            for wanted in [first, second] {
                if let Ok(next) = changed(&ada, &other, &wanted, Timestamp::MAX) {
                    other = next;
                }
                prop_assert!(other.grants.iter().all(|one| one.rule(other.role) == Rule::OnGrant));
            }
        }

        #[test]
        fn a_change_is_told_exactly_where_something_differs(role in role(), wanted in wanted()) {
            let (ada, before) = (member(1, Role::Admin), member(2, role));
            if let Ok(after) = changed(&ada, &before, &wanted, Timestamp::MAX) {
                let told = differences(&before, &after);
                prop_assert_eq!(told.is_empty(), before == after);
            }
        }

        #[test]
        fn an_inviter_gives_away_nothing_that_they_lack(inviter in role(), role in role()) {
            let own = inviter.permissions();
            let given = may_invite(&own, role);
            prop_assert_eq!(given, Permission::ALL.iter().all(|one| !role.permissions().has(*one) || own.has(*one)));
            prop_assert!(inviter != Role::Admin || given);
        }
    }
}
