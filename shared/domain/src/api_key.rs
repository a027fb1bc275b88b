//! API keys: a program acts for the member who made its key, within the key's scopes and never beyond the member.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ApiKeyId, MemberId},
    integration::{Hour, Tally},
    permission::{Permission, Permissions},
};

/// What is kept of a key. The key itself is shown once and never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub member: MemberId,
    /// What its owner calls it.
    pub name: String,
    /// How the key begins, to be known again.
    pub hint: String,
    pub scopes: BTreeSet<Permission>,
    pub requests_per_minute: u32,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    pub version: u64,
}

/// Where a key stands in its life. The last two are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyState {
    Active,
    Expired,
    Revoked,
}

impl ApiKey {
    pub const NOUN: &str = "API key";
    pub const NAME_CHARACTERS_MAX: usize = 80;
    /// Unless said.
    pub const REQUESTS_PER_MINUTE: u32 = 600;
    pub const REQUESTS_PER_MINUTE_MAX: u32 = 6_000;
    /// What a key can be for. Whoever manages people or keys sits at a browser.
    pub const SCOPES: [Permission; 15] = [
        Permission::ScheduleRead,
        Permission::ScheduleWrite,
        Permission::ScheduleManage,
        Permission::ConnectionsOwn,
        Permission::IntegrationsRead,
        Permission::IntegrationsReport,
        Permission::OpsRead,
        Permission::OpsWrite,
        Permission::OpsFullAccess,
        Permission::OpsAdmin,
        Permission::AlertsRead,
        Permission::AlertsManage,
        Permission::AlertsBroadcast,
        Permission::StatusRead,
        Permission::StatusWrite,
    ];
    /// Keys of one organisation that are not revoked.
    pub const ACTIVE_MAX: usize = 50;

    pub fn state(&self, now: Timestamp) -> ApiKeyState {
        if self.revoked_at.is_some() {
            ApiKeyState::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            ApiKeyState::Expired
        } else {
            ApiKeyState::Active
        }
    }

    /// What a program may do with it: what its scopes and its member both allow.
    pub fn permissions(&self, of_member: &Permissions) -> Permissions {
        of_member.within(&self.scopes)
    }
}

/// What a key has been used for in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourOfUse {
    pub hour: Hour,
    pub by_quarter: [Tally; 4],
    /// Requests in the minute that had most of them.
    pub busiest: u32,
    /// The last minute in which there was any.
    pub last_used_at: Timestamp,
}

/// What a key has been used for lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Usage {
    pub requests_24h: u32,
    /// The highest share of what it may ask in a minute, in per cent.
    pub peak_percent_24h: u32,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

impl Usage {
    /// Of the day before `now`.
    pub fn of(hours: &[HourOfUse], requests_per_minute: u32, now: Timestamp) -> Self {
        let counted = |hour: &HourOfUse| hour.hour.counted(hour.by_quarter, now);
        let lately = || hours.iter().filter(|hour| counted(hour).tried > 0);
        let busiest = lately().map(|hour| hour.busiest).max().unwrap_or_default();
        Self {
            requests_24h: lately().map(|hour| counted(hour).tried).sum(),
            // What was refused beyond the limit used no more than all of it.
            peak_percent_24h: (busiest.saturating_mul(100) / requests_per_minute.max(1)).min(100),
            last_used_at: lately().map(|hour| hour.last_used_at).max(),
        }
    }
}

/// How much of this minute's requests is left, after the `used`th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub left: u32,
    pub resets_in_s: u32,
    /// Requests of this minute that were too many, with this one.
    pub beyond: u32,
}

impl Allowance {
    pub fn after(used: u32, limit: u32, now: Timestamp) -> Self {
        let second = now.as_second().rem_euclid(60);
        Self {
            limit,
            left: limit.saturating_sub(used),
            resets_in_s: u32::try_from(60 - second).unwrap_or(60),
            beyond: used.saturating_sub(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{integration::Quarter, member::Role};

    fn key(scopes: BTreeSet<Permission>) -> ApiKey {
        ApiKey {
            id: ApiKeyId::from_parts(1, 1),
            member: MemberId::from_parts(1, 1),
            name: "Invoices".into(),
            hint: "kalends_Ab3d".into(),
            scopes,
            requests_per_minute: 60,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            revoked_at: None,
            version: 1,
        }
    }

    proptest! {
        #[test]
        fn a_key_may_never_more_than_its_member(
            role in proptest::sample::select(&Role::ALL),
            scopes in proptest::collection::btree_set(proptest::sample::select(&Permission::ALL), 0..8),
        ) {
            let of_member = role.permissions();
            let of_key = key(scopes.clone()).permissions(&of_member);

            for one in Permission::ALL {
                prop_assert_eq!(of_key.has(one), of_member.has(one) && scopes.contains(&one));
            }
        }

        #[test]
        fn a_minute_lets_through_as_many_as_it_may_and_then_none(limit in 1..500u32, used in 1..1_000u32, second in 0..100_000i64) {
            let now = Timestamp::from_second(second).unwrap();
            let allowance = Allowance::after(used, limit, now);

            prop_assert_eq!(allowance.left + used, limit.max(used));
            prop_assert_eq!(allowance.beyond + limit, limit.max(used));
            prop_assert_eq!(allowance.left, limit - used.min(limit));
            prop_assert_eq!((second + i64::from(allowance.resets_in_s)) % 60, 0);
            prop_assert!((1..=60).contains(&allowance.resets_in_s));
        }
    }

    #[test]
    fn use_is_counted_for_a_day_and_forgotten_after_it() {
        let now: Timestamp = "2027-03-04T12:30:00Z".parse().unwrap();
        let hour = |last_used_at: &str, by_quarter: [u32; 4], busiest| {
            let last_used_at = last_used_at.parse().unwrap();
            HourOfUse {
                hour: Quarter::of(last_used_at).hour(),
                by_quarter: by_quarter.map(|tried| Tally { tried, failed: 0 }),
                busiest,
                last_used_at,
            }
        };
        let hours = [
            hour("2027-03-03T11:59:00Z", [0, 0, 0, 800], 600),
            hour("2027-03-03T12:46:00Z", [0, 1_000, 0, 5], 3),
            hour("2027-03-04T12:07:00Z", [42, 0, 0, 0], 30),
        ];

        let usage = Usage::of(&hours, 60, now);

        assert_eq!(usage.requests_24h, 47);
        assert_eq!(usage.peak_percent_24h, 50);
        assert_eq!(
            usage.last_used_at,
            Some("2027-03-04T12:07:00Z".parse().unwrap())
        );
    }

    #[test]
    fn a_key_that_was_revoked_or_is_too_old_is_active_no_more() {
        let now = Timestamp::from_second(100).unwrap();
        let mut key = key(BTreeSet::new());
        assert_eq!(key.state(now), ApiKeyState::Active);

        key.expires_at = Some(now);
        assert_eq!(key.state(now), ApiKeyState::Expired);

        key.revoked_at = Some(now);
        assert_eq!(key.state(now), ApiKeyState::Revoked);
    }
}
