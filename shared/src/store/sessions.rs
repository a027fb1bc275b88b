//! Signed-in browsers. One row of its tenant says that a session stands: while it does, its proofs are believed and its
//! refresh cookies exchanged. A refresh cookie works once; using one twice ends the session.

use domain::{
    audit::AuditEntry,
    id::{MemberId, SessionId, TenantId},
    member::Member,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    item::{Guard, Item},
    keys, members,
    table::{Range, StoreError, TRANSACTION_ITEMS_MAX, Write},
    team,
};
use crate::crypto::fingerprint;

/// One refresh cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRow {
    pub session: SessionId,
    pub tenant: TenantId,
    pub member: MemberId,
    pub expires_at: Timestamp,
    /// When this cookie was exchanged for its successor.
    #[serde(default)]
    pub rotated_at: Option<Timestamp>,
    pub version: u64,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingSession {
    pub id: SessionId,
    pub tenant: TenantId,
    pub member: MemberId,
    pub began_at: Timestamp,
    /// When the member last gave their password in it.
    pub confirmed_at: Timestamp,
    pub expires_at: Timestamp,
    /// Where it began, to be known again by its member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    pub version: u64,
}

#[derive(Debug)]
pub enum Refreshed {
    Granted(RefreshRow),
    /// Unknown, expired or revoked.
    Refused,
    /// An old cookie came back: somebody copied it. The session is over.
    Reused(RefreshRow),
}

/// Two tabs of one browser may exchange the same cookie in the same moment.
const ROTATION_GRACE: SignedDuration = SignedDuration::from_secs(30);
/// More tabs than a browser restores at once.
const ROTATION_TRIES_MAX: u32 = 20;
/// More browsers than anybody has.
const SESSIONS_MAX: usize = 1_000;
/// In one transaction, with what else it writes.
const ENDED_AT_ONCE: usize = TRANSACTION_ITEMS_MAX - 2;

impl Store {
    pub async fn create_session(
        &self,
        session: &StandingSession,
        refresh: &str,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let row = RefreshRow {
            session: session.id,
            tenant: session.tenant,
            member: session.member,
            expires_at: session.expires_at,
            rotated_at: None,
            version: 1,
        };
        let writes = vec![
            standing_item(session).guarded(Guard::Absent).put()?,
            refresh_item(&row, refresh).guarded(Guard::Absent).put()?,
            team::sign_in_write(session)?,
            self.tenant_unchecked(session.tenant).audit_write(audit)?,
        ];
        self.table.write(writes).await
    }

    /// Exchanges one refresh cookie for the next. Of tabs that do so in the same moment, each gets its own. `reused` is what
    /// is written down of a cookie that comes back, with the end of its session.
    pub async fn rotate_session(
        &self,
        refresh: &str,
        next: &str,
        now: Timestamp,
        reused: impl Fn(&RefreshRow) -> AuditEntry,
    ) -> Result<Refreshed, StoreError> {
        for _ in 0..ROTATION_TRIES_MAX {
            match self.try_to_rotate(refresh, next, now, &reused).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// `Conflict`: another tab was faster, or the session ended in this moment.
    async fn try_to_rotate(
        &self,
        refresh: &str,
        next: &str,
        now: Timestamp,
        reused: &impl Fn(&RefreshRow) -> AuditEntry,
    ) -> Result<Refreshed, StoreError> {
        let Some(row) = self.find_refresh(refresh).await? else {
            return Ok(Refreshed::Refused);
        };
        let tenant = self.tenant_unchecked(row.tenant);
        let standing = tenant.session(row.member, row.session).await?;
        if standing.is_none() || row.expires_at <= now {
            return Ok(Refreshed::Refused);
        }
        if row.rotated_at.is_some_and(|at| now > at + ROTATION_GRACE) {
            let audit = reused(&row);
            tenant
                .end_session(row.member, row.session, Some(&audit))
                .await?;
            return Ok(Refreshed::Reused(row));
        }
        let successor = RefreshRow {
            version: 1,
            rotated_at: None,
            ..row.clone()
        };
        let rotated = RefreshRow {
            rotated_at: row.rotated_at.or(Some(now)),
            version: row.version + 1,
            ..row.clone()
        };
        let session = keys::standing_session(row.tenant, row.member, row.session);
        let writes = vec![
            refresh_item(&rotated, refresh)
                .guarded(Guard::Version(row.version))
                .put()?,
            refresh_item(&successor, next)
                .guarded(Guard::Absent)
                .put()?,
            Write::check_that(session, row.tenant, "attribute_exists(PK)"),
        ];
        self.table.write(writes).await?;
        Ok(Refreshed::Granted(successor))
    }

    pub async fn find_refresh(&self, refresh: &str) -> Result<Option<RefreshRow>, StoreError> {
        self.table.get(&keys::session(&fingerprint(refresh))).await
    }

    pub async fn forget_refresh(&self, refresh: &str) -> Result<(), StoreError> {
        let key = keys::session(&fingerprint(refresh));
        self.table
            .write(vec![Write::delete(key, None, &Guard::Any)])
            .await
    }
}

impl TenantStore {
    pub async fn session(
        &self,
        member: MemberId,
        session: SessionId,
    ) -> Result<Option<StandingSession>, StoreError> {
        let key = keys::standing_session(self.tenant, member, session);
        self.table.get(&key).await
    }

    /// The session and its member as they stand now; `None` when either is gone.
    pub async fn session_and_member(
        &self,
        member: MemberId,
        session: SessionId,
    ) -> Result<Option<(StandingSession, Member)>, StoreError> {
        let session = keys::standing_session(self.tenant, member, session);
        let member = keys::member(self.tenant, member);
        let (session, member) = self.table.get_both(&session, &member).await?;
        Ok(session.zip(member))
    }

    /// Oldest first.
    pub async fn sessions_of(&self, member: MemberId) -> Result<Vec<StandingSession>, StoreError> {
        let pk = keys::standing_sessions(self.tenant);
        let prefix = keys::standing_sessions_of(member);
        self.table
            .range(Range::prefix(&pk, &prefix, SESSIONS_MAX))
            .await
    }

    /// From the next request on its proofs and cookies are worth nothing. Ending what is over succeeds.
    pub async fn end_session(
        &self,
        member: MemberId,
        session: SessionId,
        audit: Option<&AuditEntry>,
    ) -> Result<(), StoreError> {
        let key = keys::standing_session(self.tenant, member, session);
        let mut writes = vec![self.deletion(key)];
        if let Some(audit) = audit {
            writes.push(self.audit_write(audit)?);
        }
        self.table.write(writes).await
    }

    /// Ends all of a member's sessions but one; answers how many.
    pub async fn end_sessions_of(
        &self,
        member: MemberId,
        but: Option<SessionId>,
    ) -> Result<usize, StoreError> {
        let mut ended = 0;
        for session in self.sessions_of(member).await? {
            if Some(session.id) != but {
                self.end_session(member, session.id, None).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Another password. All sessions but `own` end with the old one, so that whoever knew it is out.
    pub async fn change_password(
        &self,
        member: MemberId,
        password_hash: String,
        own: SessionId,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut others = self.sessions_of(member).await?;
        others.retain(|session| session.id != own);
        for beyond in others.drain(..others.len().saturating_sub(ENDED_AT_ONCE)) {
            self.end_session(member, beyond.id, None).await?;
        }
        let mut writes = vec![
            members::password_write(member, password_hash)?,
            self.audit_write(audit)?,
        ];
        writes.extend(others.iter().map(|session| {
            let key = keys::standing_session(self.tenant, member, session.id);
            self.deletion(key)
        }));
        self.table.write(writes).await?;
        // One may have begun meanwhile, with the old password.
        self.end_sessions_of(member, Some(own)).await.map(drop)
    }

    /// The member has given their password again. `Conflict`: the session is over.
    pub async fn confirm_session(
        &self,
        session: &StandingSession,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let confirmed = StandingSession {
            confirmed_at: now,
            version: session.version + 1,
            ..session.clone()
        };
        let item = standing_item(&confirmed).guarded(Guard::Version(session.version));
        let writes = vec![item.put()?, self.audit_write(audit)?];
        self.table.write(writes).await
    }
}

fn standing_item(session: &StandingSession) -> Item {
    let key = keys::standing_session(session.tenant, session.member, session.id);
    let item = Item::new("standing_session", key, Some(session.tenant), session);
    item.expires_at(session.expires_at)
}

fn refresh_item(row: &RefreshRow, refresh: &str) -> Item {
    // Without the tenant guard: a cookie is found before anyone knows whose it is.
    Item::new("session", keys::session(&fingerprint(refresh)), None, row).expires_at(row.expires_at)
}
