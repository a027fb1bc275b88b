//! Signed-in browsers. A refresh cookie works once; using one twice ends the whole family.

use domain::id::{MemberId, SessionId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store,
    item::{Guard, Item},
    keys,
    table::{StoreError, Write},
};
use crate::crypto::fingerprint;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub session: SessionId,
    pub tenant: TenantId,
    pub member: MemberId,
    pub expires_at: Timestamp,
    /// When this cookie was exchanged for its successor.
    #[serde(default)]
    pub rotated_at: Option<Timestamp>,
    pub version: u64,
}

#[derive(Debug)]
pub enum Refreshed {
    Granted(SessionRow),
    /// Unknown, expired or revoked.
    Refused,
    /// An old cookie came back: somebody copied it. The family is revoked.
    Reused {
        session: SessionId,
        member: MemberId,
    },
}

/// Two tabs of one browser may exchange the same cookie in the same moment.
const ROTATION_GRACE: SignedDuration = SignedDuration::from_secs(30);
/// More tabs than a browser restores at once.
const ROTATION_TRIES_MAX: u32 = 20;

#[derive(Serialize, Deserialize)]
struct FamilyRow {
    revoked_at: Timestamp,
}

impl Store {
    pub async fn create_session(&self, row: &SessionRow, refresh: &str) -> Result<(), StoreError> {
        self.table
            .put(session_item(row, refresh).guarded(Guard::Absent))
            .await
    }

    /// Exchanges one refresh cookie for the next. Of tabs that do so in the same moment, each gets its own.
    pub async fn rotate_session(
        &self,
        refresh: &str,
        next: &str,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        for _ in 0..ROTATION_TRIES_MAX {
            match self.try_to_rotate(refresh, next, now).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// `Conflict`: another tab was faster.
    async fn try_to_rotate(
        &self,
        refresh: &str,
        next: &str,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        let Some(row) = self
            .table
            .get::<SessionRow>(&keys::session(&fingerprint(refresh)))
            .await?
        else {
            return Ok(Refreshed::Refused);
        };
        let revoked: Option<FamilyRow> = self.table.get(&keys::session_family(row.session)).await?;
        if revoked.is_some() || row.expires_at <= now {
            return Ok(Refreshed::Refused);
        }
        if row.rotated_at.is_some_and(|at| now > at + ROTATION_GRACE) {
            self.revoke_session(row.session, now).await?;
            return Ok(Refreshed::Reused {
                session: row.session,
                member: row.member,
            });
        }
        let successor = SessionRow {
            version: 1,
            rotated_at: None,
            ..row.clone()
        };
        let rotated = SessionRow {
            rotated_at: row.rotated_at.or(Some(now)),
            version: row.version + 1,
            ..row.clone()
        };
        let writes = vec![
            session_item(&rotated, refresh)
                .guarded(Guard::Version(row.version))
                .put()?,
            session_item(&successor, next)
                .guarded(Guard::Absent)
                .put()?,
        ];
        self.table.write(writes).await?;
        Ok(Refreshed::Granted(successor))
    }

    pub async fn find_session(&self, refresh: &str) -> Result<Option<SessionRow>, StoreError> {
        self.table.get(&keys::session(&fingerprint(refresh))).await
    }

    pub async fn revoke_session(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = FamilyRow { revoked_at: now };
        let item = Item::new("session_family", keys::session_family(session), None, &row);
        self.table
            .put(item.expires_at(now + SignedDuration::from_hours(24 * 31)))
            .await
    }

    pub async fn forget_session(&self, refresh: &str) -> Result<(), StoreError> {
        let key = keys::session(&fingerprint(refresh));
        self.table
            .write(vec![Write::delete(key, None, &Guard::Any)])
            .await
    }
}

fn session_item(row: &SessionRow, refresh: &str) -> Item {
    // Without the tenant guard: a session is found before anyone knows whose it is.
    Item::new("session", keys::session(&fingerprint(refresh)), None, row).expires_at(row.expires_at)
}
