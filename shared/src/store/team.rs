//! The members of a tenant as a whole, and what one of them changes of another.

use std::collections::HashMap;

use domain::{audit::AuditEntry, id::MemberId, member::Member, team::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    StandingSession, TenantStore,
    demand::row::{Change, number, text},
    item::{Guard, Item, Write},
    keys,
    table::{Range, StoreError},
};

/// Beside the member, so that signing in disturbs nobody who changes them.
#[derive(Serialize, Deserialize)]
struct SignInRow {
    member: MemberId,
    at: Timestamp,
}

pub(super) fn sign_in_write(session: &StandingSession) -> Result<Write, StoreError> {
    let row = SignInRow {
        member: session.member,
        at: session.began_at,
    };
    let key = keys::sign_in(session.tenant, session.member);
    Item::new("sign_in", key, Some(session.tenant), &row).put()
}

impl TenantStore {
    /// Oldest first.
    pub async fn all_members(&self) -> Result<Vec<Member>, StoreError> {
        let pk = keys::own(self.tenant);
        let range = Range::prefix(&pk, keys::MEMBER, usize::MAX);
        self.table.range(range).await
    }

    /// When each member last signed in; who never did is not there.
    pub async fn last_sign_ins(&self) -> Result<HashMap<MemberId, Timestamp>, StoreError> {
        let pk = keys::own(self.tenant);
        let range = Range::prefix(&pk, keys::SIGN_IN, usize::MAX);
        let rows: Vec<SignInRow> = self.table.range(range).await?;
        Ok(rows.into_iter().map(|row| (row.member, row.at)).collect())
    }

    pub async fn last_sign_in(&self, member: MemberId) -> Result<Option<Timestamp>, StoreError> {
        let row: Option<SignInRow> = self.table.get(&keys::sign_in(self.tenant, member)).await?;
        Ok(row.map(|row| row.at))
    }

    /// Replaces a member by what `actor` made of them. `Conflict`: one of the two is no longer what was read, so that of
    /// administrators who take each other's role away in the same moment one remains.
    ///
    /// Who is deactivated has their connections paused in the same write, and is signed out right behind it: until then
    /// their sessions open nothing already.
    pub async fn change_member(
        &self,
        actor: &Member,
        before: &Member,
        after: &Member,
        audits: &[AuditEntry],
        now: Timestamp,
    ) -> Result<Member, StoreError> {
        let next = Member {
            version: before.version + 1,
            ..after.clone()
        };
        let key = keys::member(self.tenant, before.id);
        let item = Item::new("member", key, Some(self.tenant), &next);
        let actor = Write::check(
            keys::member(self.tenant, actor.id),
            self.tenant,
            actor.version,
        );
        let mut writes = vec![item.guarded(Guard::Version(before.version)).put()?, actor];
        for audit in audits {
            writes.push(self.audit_write(audit)?);
        }
        let state = State::of(after);
        if State::of(before) == state {
            self.table.write(writes).await?;
            return Ok(next);
        }
        match state {
            State::Deactivated => {
                writes.extend(self.pauses_of(before.id, now).await?);
                self.table.write(writes).await?;
                self.end_sessions_of(before.id, None).await?;
            }
            State::Active => {
                // A session that was left over, however that came, must not open anything again.
                self.end_sessions_of(before.id, None).await?;
                self.table.write(writes).await?;
            }
        }
        Ok(next)
    }

    /// Pauses every connection of a member that is not, whatever else is being written of it.
    async fn pauses_of(&self, member: MemberId, now: Timestamp) -> Result<Vec<Write>, StoreError> {
        let rows = self.connections_of(member).await?;
        let standing = rows
            .into_iter()
            .map(|row| row.connection)
            .filter(|one| one.paused_at.is_none() && one.ending_since.is_none());
        let pause = |connection: domain::connection::Connection| {
            let set = "SET paused_at = :now, version = version + :one";
            let change = Change::new(set, "t = :t")
                .value(":now", text(now.to_string()))
                .value(":one", number(1))
                .value(":t", text(self.tenant));
            Write::update(change.to(keys::connection(self.tenant, connection.id)))
        };
        Ok(standing.map(pause).collect())
    }

    /// Fails what is written with it once the member is deactivated.
    pub(super) fn member_stands(&self, member: MemberId) -> Write {
        let key = keys::member(self.tenant, member);
        Write::check_that(key, self.tenant, "attribute_not_exists(deactivated_at)")
    }
}
