//! What becomes of every kind of the key catalogue when a connection ends, and when its tenant is erased.

use super::{Family, TenantFamily};

/// When a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    GoesWith(Family),
    /// Gone with the request, so that the account can be connected anew.
    GoesFirst,
    /// What the others hang on.
    GoesLast,
    Stays(&'static str),
}

/// When a tenant is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtErasure {
    /// Every connection is ended before anything else.
    GoesWithItsConnection,
    GoesWith(TenantFamily),
    /// Once the credentials of the connections are gone for good.
    GoesWithTheReceipts,
    /// What the others hang on.
    GoesLast,
    Stays(&'static str),
}

use AtEnd::{GoesFirst, GoesLast, GoesWith};
use AtErasure::{GoesWithItsConnection, GoesWithTheReceipts};

const fn at_end(family: Family) -> (AtEnd, AtErasure) {
    (GoesWith(family), GoesWithItsConnection)
}

const fn at_erasure(why_at_end: &'static str, family: TenantFamily) -> (AtEnd, AtErasure) {
    (AtEnd::Stays(why_at_end), AtErasure::GoesWith(family))
}

const fn never(why_at_end: &'static str, why: &'static str) -> (AtEnd, AtErasure) {
    (AtEnd::Stays(why_at_end), AtErasure::Stays(why))
}

/// Every kind of the key catalogue.
pub const FATES: [(&str, (AtEnd, AtErasure)); 49] = [
    ("link", at_end(Family::Links)),
    ("link_by_event", at_end(Family::Links)),
    ("cursor", at_end(Family::Cursors)),
    ("shown", at_end(Family::Shown)),
    ("dirty_entry", at_end(Family::DirtyEntries)),
    ("parked_entry", at_end(Family::ParkedEntries)),
    ("hold", at_end(Family::Holds)),
    ("stuck_item", at_end(Family::StuckItems)),
    ("run", at_end(Family::Runs)),
    ("subscription", at_end(Family::Subscriptions)),
    ("access_token", at_end(Family::AccessTokens)),
    ("calendar", at_end(Family::Calendars)),
    ("account", (GoesFirst, GoesWithItsConnection)),
    ("connection", (GoesLast, GoesWithItsConnection)),
    ("member_connection", (GoesLast, GoesWithItsConnection)),
    ("demand", (GoesLast, GoesWithItsConnection)),
    ("upkeep", (GoesLast, GoesWithItsConnection)),
    (
        "ending",
        (
            AtEnd::Stays("the receipt, for three months"),
            GoesWithTheReceipts,
        ),
    ),
    (
        "bundle",
        (
            AtEnd::Stays("says where other connections' credentials are"),
            GoesWithTheReceipts,
        ),
    ),
    (
        "conflict",
        at_erasure(
            "its member's; settled as over, for three months",
            TenantFamily::Conflicts,
        ),
    ),
    (
        "member_conflict",
        at_erasure("stands with its conflict", TenantFamily::Members),
    ),
    (
        "trace",
        at_erasure("the entry's history", TenantFamily::Traces),
    ),
    ("api_key", at_erasure("the tenant's", TenantFamily::ApiKeys)),
    (
        "api_key_way",
        at_erasure("goes with its key", TenantFamily::ApiKeys),
    ),
    (
        "api_key_use",
        at_erasure("the tenant's, for two days", TenantFamily::Integrations),
    ),
    (
        "tally",
        at_erasure("the tenant's, for two days", TenantFamily::Integrations),
    ),
    (
        "health",
        at_erasure("of all that there are", TenantFamily::Integrations),
    ),
    (
        "pinned",
        at_erasure("the tenant's", TenantFamily::Integrations),
    ),
    (
        "integration_event",
        at_erasure(
            "what happened, for a month",
            TenantFamily::IntegrationEvents,
        ),
    ),
    (
        "webhook",
        at_erasure("the organisation's", TenantFamily::Webhooks),
    ),
    (
        "delivery",
        at_erasure("what was told, for a month", TenantFamily::Deliveries),
    ),
    (
        "named_call",
        at_erasure("the tenant's, for a day", TenantFamily::NamedCalls),
    ),
    (
        "audit",
        at_erasure("the tenant's history", TenantFamily::Audits),
    ),
    (
        "outbox",
        at_erasure("what was told, for three days", TenantFamily::OutboxRows),
    ),
    ("entry", at_erasure("the schedule's", TenantFamily::Entries)),
    (
        "agenda",
        at_erasure("the schedule's", TenantFamily::Members),
    ),
    (
        "deleted_entry",
        at_erasure("the schedule's", TenantFamily::DeletedEntries),
    ),
    (
        "meeting",
        at_erasure(
            "the entry's; by it the entry is known again",
            TenantFamily::Meetings,
        ),
    ),
    (
        "member",
        at_erasure("the member's; no longer a mirror", TenantFamily::Members),
    ),
    ("sign_in", at_erasure("the member's", TenantFamily::Members)),
    ("email", at_erasure("the member's", TenantFamily::Members)),
    (
        "invite",
        at_erasure("the organisation's", TenantFamily::Invites),
    ),
    (
        "password",
        at_erasure("the member's", TenantFamily::Members),
    ),
    (
        "tenant",
        (AtEnd::Stays("the tenant's"), AtErasure::GoesLast),
    ),
    (
        "erasure",
        never("the tenant's", "the receipt; it names nobody"),
    ),
    (
        "session",
        never(
            "the member's",
            "ids alone, for thirty days; opens nothing any more",
        ),
    ),
    (
        "standing_session",
        at_erasure("the member's", TenantFamily::Sessions),
    ),
    ("throttle", never("nobody's", "nobody's, for half an hour")),
    (
        "oauth_state",
        never(
            "ten minutes; of no use without the connection",
            "ten minutes; of no use without a session",
        ),
    ),
];
