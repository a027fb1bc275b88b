//! The key catalogue: every item of the table, by entity. An id in a key has a fixed length, so that no tenant's prefix
//! is a prefix of another's.

mod access;
mod integrations;

pub(crate) use access::*;
pub(crate) use integrations::*;

use domain::{
    event::{ExternalEventId, Uid},
    id::{
        CalendarId, ConflictId, ConnectionId, EntryId, HoldId, ItemId, MemberId, OutboxId, RunId,
        SubscriptionId, TenantId, TraceId,
    },
};
use serde::Deserialize;

use crate::crypto::fingerprint;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "PK")]
    pub(crate) pk: String,
    #[serde(rename = "SK")]
    pub(crate) sk: String,
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key {
        pk: pk.into(),
        sk: sk.into(),
    }
}

pub(crate) fn priming() -> Key {
    key("PRIME", "PRIME")
}

// Without a tenant: reached by a secret or a unique name that the caller brings.

pub(crate) fn oauth_state(state: &str) -> Key {
    key(format!("OST#{}", fingerprint(state)), "OST")
}

pub(crate) fn demand(connection: ConnectionId) -> Key {
    key(format!("Q#{connection}"), "SYNC")
}

/// How it goes with the subscriptions of a connection.
pub(crate) fn upkeep(connection: ConnectionId) -> Key {
    key(format!("Q#{connection}"), "UPKEEP")
}

/// The connection of a [`demand`] or an [`upkeep`].
pub(crate) fn connection_asked(key: &Key) -> Option<ConnectionId> {
    key.pk.strip_prefix("Q#")?.parse().ok()
}

// A tenant's own.

pub(crate) fn tenant(tenant: TenantId) -> Key {
    key(own(tenant), "META")
}

/// How far the tenant's erasure has come, and what is said of it when nothing else is left.
pub(crate) fn erasure(tenant: TenantId) -> Key {
    key(format!("T#{tenant}#ERASE"), "ERASURE")
}

/// Whose [`erasure`] it is.
pub(crate) fn tenant_erased(key: &Key) -> Option<TenantId> {
    let tenant = key.pk.strip_prefix("T#")?.strip_suffix("#ERASE")?;
    tenant.parse().ok()
}

pub(crate) fn member(tenant: TenantId, member: MemberId) -> Key {
    key(own(tenant), format!("{MEMBER}{member}"))
}

/// How the keys of members begin among the tenant's own.
pub(crate) const MEMBER: &str = "MEM#";

/// When a member last signed in.
pub(crate) fn sign_in(tenant: TenantId, member: MemberId) -> Key {
    key(own(tenant), format!("{SIGN_IN}{member}"))
}

pub(crate) const SIGN_IN: &str = "SIGNIN#";

pub(crate) fn own(tenant: TenantId) -> String {
    format!("T#{tenant}")
}

pub(crate) fn connection(tenant: TenantId, connection: ConnectionId) -> Key {
    key(connections(tenant), connection.to_string())
}

pub(crate) fn connections(tenant: TenantId) -> String {
    format!("T#{tenant}#CONN")
}

/// One bundle of the tenant's credentials; the credentials themselves are in the vault.
pub(crate) fn bundle(tenant: TenantId, shard: u32) -> Key {
    key(bundles(tenant), format!("{shard:06}"))
}

pub(crate) fn bundles(tenant: TenantId) -> String {
    format!("T#{tenant}#BUNDLE")
}

/// Says which connections are a member's; the connection itself stands elsewhere.
pub(crate) fn connection_of(tenant: TenantId, member: MemberId, connection: ConnectionId) -> Key {
    key(connections_of(tenant, member), connection.to_string())
}

pub(crate) fn connections_of(tenant: TenantId, member: MemberId) -> String {
    format!("T#{tenant}#MCON#{member}")
}

/// One account of a provider is connected once per member.
pub(crate) fn account(tenant: TenantId, member: MemberId, provider: &str, subject: &str) -> Key {
    key(
        accounts(tenant),
        format!("{member}{}", account_of_anyone(provider, subject)),
    )
}

pub(crate) fn accounts(tenant: TenantId) -> String {
    format!("T#{tenant}#ACCT")
}

/// How the keys of one account end, whoever has connected it.
pub(crate) fn account_of_anyone(provider: &str, subject: &str) -> String {
    format!("#{provider}#{}", fingerprint(subject))
}

/// The end of a connection, and what is said of it when nothing else is left.
pub(crate) fn ending(tenant: TenantId, connection: ConnectionId) -> Key {
    key(endings(tenant), connection.to_string())
}

pub(crate) fn endings(tenant: TenantId) -> String {
    format!("T#{tenant}#END")
}

/// What an [`ending`] is the end of.
pub(crate) fn connection_ended(key: &Key) -> Option<(TenantId, ConnectionId)> {
    let tenant = key.pk.strip_prefix("T#")?.strip_suffix("#END")?;
    Some((tenant.parse().ok()?, key.sk.parse().ok()?))
}

pub(crate) fn access_token(tenant: TenantId, connection: ConnectionId) -> Key {
    key(format!("T#{tenant}#TOK"), connection.to_string())
}

pub(crate) fn calendar(tenant: TenantId, connection: ConnectionId, calendar: CalendarId) -> Key {
    key(calendars(tenant), format!("{connection}#{calendar}"))
}

pub(crate) fn calendars(tenant: TenantId) -> String {
    format!("T#{tenant}#CAL")
}

pub(crate) fn cursor(tenant: TenantId, calendar: CalendarId) -> Key {
    key(format!("T#{tenant}#CUR"), calendar.to_string())
}

/// What one part of a complete read of the calendar has shown.
pub(crate) fn shown(tenant: TenantId, calendar: CalendarId, read: u64, part: u64) -> Key {
    key(
        shown_of(tenant, calendar),
        format!("{}{part:012}", shown_prefix(read)),
    )
}

pub(crate) fn shown_of(tenant: TenantId, calendar: CalendarId) -> String {
    format!("T#{tenant}#SHOWN#{calendar}")
}

pub(crate) fn shown_prefix(read: u64) -> String {
    format!("{read:012}#")
}

pub(crate) fn subscription(
    tenant: TenantId,
    connection: ConnectionId,
    calendar: Option<CalendarId>,
    subscription: SubscriptionId,
) -> Key {
    let calendar = calendar.map_or_else(|| "account".to_owned(), |calendar| calendar.to_string());
    key(
        subscriptions(tenant),
        format!("{connection}#{calendar}#{subscription}"),
    )
}

pub(crate) fn subscriptions(tenant: TenantId) -> String {
    format!("T#{tenant}#SUB")
}

pub(crate) fn entry(tenant: TenantId, entry: EntryId) -> Key {
    key(entries(tenant), entry.to_string())
}

pub(crate) fn entries(tenant: TenantId) -> String {
    format!("T#{tenant}#ENT")
}

/// Short single entries, by start.
pub(crate) fn agenda_short(
    tenant: TenantId,
    member: MemberId,
    start_s: i64,
    entry: EntryId,
) -> Key {
    // Shifted to be positive, so that text order is time order.
    key(
        agenda(tenant, member),
        format!("S#{:012}#{entry}", start_s + 1_000_000_000_000 / 2),
    )
}

pub(crate) fn agenda_short_bound(start_s: i64) -> String {
    format!("S#{:012}", start_s + 1_000_000_000_000 / 2)
}

/// Series and long entries: few, and always looked at.
pub(crate) fn agenda_long(tenant: TenantId, member: MemberId, entry: EntryId) -> Key {
    key(agenda(tenant, member), format!("L#{entry}"))
}

pub(crate) fn agenda(tenant: TenantId, member: MemberId) -> String {
    format!("T#{tenant}#AGENDA#{member}")
}

pub(crate) fn dirty(tenant: TenantId, connection: ConnectionId, entry: EntryId) -> Key {
    key(dirty_of(tenant, connection), entry.to_string())
}

pub(crate) fn dirty_of(tenant: TenantId, connection: ConnectionId) -> String {
    format!("T#{tenant}#DIRTY#{connection}")
}

pub(crate) fn link_by_entry(tenant: TenantId, entry: EntryId, connection: ConnectionId) -> Key {
    key(
        format!("T#{tenant}#LINK"),
        format!("L#{entry}#{connection}"),
    )
}

pub(crate) fn link_by_event(
    tenant: TenantId,
    calendar: CalendarId,
    external_id: &ExternalEventId,
) -> Key {
    key(
        format!("T#{tenant}#LINK"),
        format!("R#{calendar}#{}", fingerprint(&external_id.0)),
    )
}

pub(crate) fn stuck(tenant: TenantId, connection: ConnectionId, lane: char, item: ItemId) -> Key {
    key(
        stuck_items(tenant),
        format!("{}{lane}#{item}", stuck_of(connection)),
    )
}

/// Those of all connections, one connection after the other.
pub(crate) fn stuck_items(tenant: TenantId) -> String {
    format!("T#{tenant}#ITEM")
}

pub(crate) fn stuck_of(connection: ConnectionId) -> String {
    format!("{connection}#")
}

/// Whose item it is.
pub(crate) fn connection_stuck(key: &Key) -> Option<ConnectionId> {
    let (connection, _) = key.sk.split_once('#')?;
    connection.parse().ok()
}

pub(crate) fn run(tenant: TenantId, connection: ConnectionId, run: RunId) -> Key {
    key(runs_of(tenant, connection), run.to_string())
}

pub(crate) fn runs_of(tenant: TenantId, connection: ConnectionId) -> String {
    format!("T#{tenant}#RUN#{connection}")
}

pub(crate) fn conflict(tenant: TenantId, conflict: ConflictId) -> Key {
    key(conflicts(tenant), conflict.to_string())
}

pub(crate) fn hold(tenant: TenantId, connection: ConnectionId, hold: HoldId) -> Key {
    key(holds(tenant, connection), hold.to_string())
}

pub(crate) fn holds(tenant: TenantId, connection: ConnectionId) -> String {
    format!("T#{tenant}#HOLD#{connection}")
}

/// A changed entry that waits for a decision instead of a run.
pub(crate) fn parked(tenant: TenantId, connection: ConnectionId, entry: EntryId) -> Key {
    key(parked_of(tenant, connection), entry.to_string())
}

pub(crate) fn parked_of(tenant: TenantId, connection: ConnectionId) -> String {
    format!("T#{tenant}#PARK#{connection}")
}

/// Every conflict of a tenant, newest last.
pub(crate) fn conflicts(tenant: TenantId) -> String {
    format!("T#{tenant}#CFL")
}

/// One member's conflicts, open and over apart.
pub(crate) fn conflict_of(
    tenant: TenantId,
    member: MemberId,
    standing: &str,
    conflict: ConflictId,
) -> Key {
    key(
        conflicts_of(tenant, member),
        format!("{standing}{conflict}"),
    )
}

pub(crate) fn conflicts_of(tenant: TenantId, member: MemberId) -> String {
    format!("T#{tenant}#MCFL#{member}")
}

/// An entry that was deleted, for as long as it can be brought back.
pub(crate) fn deleted_entry(tenant: TenantId, entry: EntryId) -> Key {
    key(deleted_entries(tenant), entry.to_string())
}

pub(crate) fn deleted_entries(tenant: TenantId) -> String {
    format!("T#{tenant}#GONE")
}

/// Which entry a meeting has, by its iCalendar identity.
pub(crate) fn meeting(tenant: TenantId, uid: &Uid) -> Key {
    key(meetings(tenant), fingerprint(&uid.0))
}

pub(crate) fn meetings(tenant: TenantId) -> String {
    format!("T#{tenant}#UID")
}

pub(crate) fn trace(tenant: TenantId, entry: EntryId, trace: TraceId) -> Key {
    key(traces(tenant), format!("{}{trace}", traces_of(entry)))
}

/// What happened to all entries, also to those that are deleted.
pub(crate) fn traces(tenant: TenantId) -> String {
    format!("T#{tenant}#TRACE")
}

pub(crate) fn traces_of(entry: EntryId) -> String {
    format!("{entry}#")
}

pub(crate) fn outbox(tenant: TenantId, row: OutboxId) -> Key {
    key(outbox_rows(tenant), row.to_string())
}

pub(crate) fn outbox_rows(tenant: TenantId) -> String {
    format!("T#{tenant}#OUT")
}
