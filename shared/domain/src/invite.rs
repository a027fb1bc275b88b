//! Invites: made for one address and one role, good once and for a week, and over for good.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{InviteId, MemberId},
    member::{EmailAddress, Role},
};

pub const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A place in an organisation for whoever holds its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub id: InviteId,
    pub email: EmailAddress,
    pub role: Role,
    pub invited_by: MemberId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    pub version: u64,
}

/// What somebody made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Accepted { at: Timestamp, by: MemberId },
    Revoked { at: Timestamp, by: MemberId },
}

/// All but the first are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InviteState")]
pub enum State {
    Pending,
    Accepted,
    Revoked,
    Expired,
}

/// The invite is over: how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the invite is over")]
pub struct Over(pub State);

impl Invite {
    pub fn new(
        id: InviteId,
        email: EmailAddress,
        role: Role,
        invited_by: MemberId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            email,
            role,
            invited_by,
            created_at: now,
            expires_at: now + LASTS,
            end: None,
            version: 1,
        }
    }

    pub fn state(&self, now: Timestamp) -> State {
        match self.end {
            Some(End::Accepted { .. }) => State::Accepted,
            Some(End::Revoked { .. }) => State::Revoked,
            None if now >= self.expires_at => State::Expired,
            None => State::Pending,
        }
    }

    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.state(now) == State::Pending
    }

    /// Somebody has joined with it.
    pub fn accepted(&self, by: MemberId, now: Timestamp) -> Result<Self, Over> {
        self.ended(End::Accepted { at: now, by }, now)
    }

    /// An administrator has taken it back.
    pub fn revoked(&self, by: MemberId, now: Timestamp) -> Result<Self, Over> {
        self.ended(End::Revoked { at: now, by }, now)
    }

    fn ended(&self, end: End, now: Timestamp) -> Result<Self, Over> {
        match self.state(now) {
            State::Pending => Ok(Self {
                end: Some(end),
                version: self.version + 1,
                ..self.clone()
            }),
            over @ (State::Accepted | State::Revoked | State::Expired) => Err(Over(over)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn invite() -> Invite {
        let email = EmailAddress::parse("eve@northwind.test").unwrap();
        let (id, by) = (InviteId::from_parts(1, 1), MemberId::from_parts(1, 1));
        Invite::new(id, email, Role::User, by, Timestamp::UNIX_EPOCH)
    }

    #[derive(Clone, Copy, Debug)]
    enum Deed {
        Accept,
        Revoke,
        Wait,
    }

    proptest! {
        #[test]
        fn an_invite_ends_once_and_stays_as_it_ended(
            deeds in proptest::collection::vec(
                (proptest::sample::select(&[Deed::Accept, Deed::Revoke, Deed::Wait]), 0..60i64), 1..12,
            ),
        ) {
            let (mut invite, mut now) = (invite(), Timestamp::UNIX_EPOCH);
            let by = MemberId::from_parts(2, 2);
            for (deed, hours) in deeds {
                now += SignedDuration::from_hours(hours);
                let before = invite.state(now);
                let done = match deed {
                    Deed::Accept => invite.accepted(by, now).map(|next| (next, State::Accepted)),
                    Deed::Revoke => invite.revoked(by, now).map(|next| (next, State::Revoked)),
                    Deed::Wait => continue,
                };
                prop_assert_eq!(done.is_ok(), before == State::Pending);
                match done {
                    Ok((next, state)) => {
                        prop_assert_eq!(next.state(now), state);
                        invite = next;
                    }
                    Err(Over(state)) => prop_assert_eq!(state, before),
                }
            }
            prop_assert!(!invite.is_pending(Timestamp::UNIX_EPOCH + LASTS));
        }
    }

    #[test]
    fn an_invite_is_good_until_the_week_is_over() {
        let invite = invite();
        let last = invite.expires_at - SignedDuration::from_millis(1);

        assert!(invite.is_pending(last));
        assert_eq!(invite.state(invite.expires_at), State::Expired);
    }
}
