//! Tenants, their members, and how a member signs in.

use domain::{
    audit::AuditEntry,
    cors::AllowedOrigins,
    id::{ConnectionId, MemberId, TenantId},
    member::{EmailAddress, Member, Tenant},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, TenantStore,
    demand::row::{Change, number, text},
    item::{Guard, Item},
    keys,
    table::{StoreError, Write},
};

/// Who an e-mail address belongs to, and the hash that the password must match.
#[derive(Clone, Debug)]
pub struct Login {
    pub tenant: TenantId,
    pub member: MemberId,
    pub password_hash: String,
}

#[derive(Serialize, Deserialize)]
struct EmailRow {
    tenant: TenantId,
    member: MemberId,
}

#[derive(Serialize, Deserialize)]
struct PasswordRow {
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct ThrottleRow {
    failures: u32,
    last_at: i64,
    version: u64,
}

/// What is counted, each for subjects of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    SignIn,
    /// An invite that cannot be used any more.
    EndedInvite,
}

impl Counted {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "login",
            Self::EndedInvite => "invite",
        }
    }
}

/// How often something was tried lately, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    pub failures: u32,
    pub last_at: Option<Timestamp>,
    version: Option<u64>,
}

/// Counted failures are forgotten after that long without another.
const THROTTLE_MEMORY: SignedDuration = SignedDuration::from_mins(30);

impl Store {
    /// A new tenant and its first member. `Conflict`: the address is taken.
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        admin: &Member,
        password_hash: String,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let row = Item::new("tenant", keys::tenant(tenant.id), Some(tenant.id), tenant);
        let mut writes = vec![row.guarded(Guard::Absent).put()?];
        writes.extend(new_member(admin, password_hash)?);
        writes.push(self.tenant_unchecked(tenant.id).audit_write(audit)?);
        self.table.write(writes).await
    }

    pub async fn add_member(
        &self,
        member: &Member,
        password_hash: String,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut writes = new_member(member, password_hash)?;
        writes.push(self.tenant_unchecked(member.tenant).audit_write(audit)?);
        self.table.write(writes).await
    }

    pub async fn find_login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        let Some(EmailRow { tenant, member }) = self.table.get(&keys::email(email)).await? else {
            return Ok(None);
        };
        let password: Option<PasswordRow> = self.table.get(&keys::password(member)).await?;
        Ok(password.map(|row| Login {
            tenant,
            member,
            password_hash: row.hash,
        }))
    }

    /// The tries of this subject that have not succeeded lately.
    pub async fn tries(
        &self,
        what: Counted,
        subject: &str,
        now: Timestamp,
    ) -> Result<Tries, StoreError> {
        let key = keys::throttle(what.name(), subject);
        let row: Option<ThrottleRow> = self.table.get(&key).await?;
        let version = row.as_ref().map(|row| row.version);
        let lately = row.and_then(|row| {
            let last_at = Timestamp::from_millisecond(row.last_at).ok()?;
            (now < last_at + THROTTLE_MEMORY).then_some((row.failures, last_at))
        });
        let (failures, last_at) = lately.unzip();
        Ok(Tries {
            failures: failures.unwrap_or_default(),
            last_at,
            version,
        })
    }

    /// Counts one more as failed, before anyone knows: of guesses in the same moment none may go uncounted.
    /// `Conflict`: somebody else tried since `tries` was read.
    pub async fn count_try(
        &self,
        what: Counted,
        subject: &str,
        tries: &Tries,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = ThrottleRow {
            failures: tries.failures + 1,
            last_at: now.as_millisecond(),
            version: tries.version.map_or(1, |version| version + 1),
        };
        let guard = tries.version.map_or(Guard::Absent, Guard::Version);
        let key = keys::throttle(what.name(), subject);
        let item = Item::new("throttle", key, None, &row);
        let item = item.expires_at(now + THROTTLE_MEMORY).guarded(guard);
        self.table.put(item).await
    }

    /// Somebody tried an address that nobody has.
    pub async fn note_unknown_login(
        &self,
        subject: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::throttle("unknown", subject);
        let row = ThrottleRow {
            failures: 1,
            last_at: now.as_millisecond(),
            version: 1,
        };
        let item = Item::new("throttle", key, None, &row);
        self.table.put(item.expires_at(now + THROTTLE_MEMORY)).await
    }

    pub async fn forget_login_tries(&self, subject: &str) -> Result<(), StoreError> {
        let key = keys::throttle(Counted::SignIn.name(), subject);
        self.table
            .write(vec![Write::delete(key, None, &Guard::Any)])
            .await
    }
}

pub(super) fn new_member(member: &Member, password_hash: String) -> Result<Vec<Write>, StoreError> {
    let email = EmailRow {
        tenant: member.tenant,
        member: member.id,
    };
    let password = PasswordRow {
        hash: password_hash,
    };
    [
        Item::new("email", keys::email(&member.email), None, &email),
        Item::new(
            "member",
            keys::member(member.tenant, member.id),
            Some(member.tenant),
            member,
        ),
        Item::new("password", keys::password(member.id), None, &password),
    ]
    .into_iter()
    .map(|item| item.guarded(Guard::Absent).put())
    .collect()
}

/// Replaces whatever password the member had.
pub(super) fn password_write(member: MemberId, hash: String) -> Result<Write, StoreError> {
    Item::new(
        "password",
        keys::password(member),
        None,
        &PasswordRow { hash },
    )
    .put()
}

impl TenantStore {
    pub async fn details(&self) -> Result<Option<Tenant>, StoreError> {
        self.table.get(&keys::tenant(self.tenant)).await
    }

    /// `Conflict`: the list is no longer what was read, or the tenant is being erased.
    pub async fn change_allowed_origins(
        &self,
        before: &AllowedOrigins,
        after: &AllowedOrigins,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        let next =
            serde_dynamo::to_attribute_value(after).map_err(|source| StoreError::Corrupt {
                what: "tenant",
                source: Box::new(source),
            })?;
        let condition = "t = :t AND attribute_not_exists(erasing_since) AND ";
        let set = "SET allowed_origins = :next";
        let change = if before.is_unsaid() {
            Change::new(
                set,
                &format!("{condition}attribute_not_exists(allowed_origins)"),
            )
        } else {
            Change::new(
                set,
                &format!("{condition}allowed_origins.version = :version"),
            )
            .value(":version", number(before.version))
        };
        let change = change
            .value(":next", next)
            .value(":t", text(self.tenant))
            .to(keys::tenant(self.tenant));
        let writes = vec![Write::update(change), self.audit_write(audit)?];
        self.table.write(writes).await
    }

    pub async fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        self.table.get(&keys::member(self.tenant, id)).await
    }

    /// Those of the members that exist.
    pub async fn members(&self, ids: &[MemberId]) -> Result<Vec<Member>, StoreError> {
        let keys: Vec<_> = ids
            .iter()
            .map(|id| keys::member(self.tenant, *id))
            .collect();
        self.table.get_many(&keys).await
    }

    /// Changes where a member's entries are copied to. Whoever is writing an entry at this moment starts over. What is
    /// added must be `standing`: a connection that is being disconnected is told nothing more.
    pub(super) async fn set_mirrors(
        &self,
        member: &Member,
        mirrors: Vec<ConnectionId>,
        standing: Option<ConnectionId>,
    ) -> Result<(), StoreError> {
        let mut writes = vec![self.mirrors_write(member, mirrors)?];
        writes.extend(standing.map(|connection| {
            let key = keys::demand(connection);
            Write::check_that(key, self.tenant, "attribute_not_exists(ending)")
        }));
        self.table.write(writes).await
    }

    pub(super) fn mirrors_write(
        &self,
        member: &Member,
        mirrors: Vec<ConnectionId>,
    ) -> Result<Write, StoreError> {
        let next = Member {
            mirrors,
            version: member.version + 1,
            ..member.clone()
        };
        let key = keys::member(self.tenant, member.id);
        Item::new("member", key, Some(self.tenant), &next)
            .guarded(Guard::Version(member.version))
            .put()
    }
}
