//! Identifiers: a prefix that names the kind, then a ULID. The wrong prefix is a parse error.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Why a text is not the id it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_ followed by 26 characters")]
pub struct ParseIdError {
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $noun:literal;)*) => {
        /// What each prefix stands for.
        const NOUNS: &[(&str, &str)] = &[$(($prefix, $noun)),*];

    $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = concat!("^", $prefix, "_[0-7][0-9A-HJKMNP-TV-Z]{25}$")))]
        pub struct $name(Ulid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// The caller brings time and randomness; `random` beyond 80 bits is cut off.
            pub const fn from_parts(unix_ms: u64, random: u128) -> Self {
                Self(Ulid::from_parts(unix_ms, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let error = ParseIdError { prefix: $prefix };
                let ulid = text.strip_prefix(concat!($prefix, "_")).ok_or(error.clone())?;
                let parsed = Ulid::from_string(ulid).map_err(|_| error.clone())?;
                // One spelling per id: lower case or an overflowing first digit would be a second name for the same row.
                if parsed.to_string() == ulid { Ok(Self(parsed)) } else { Err(error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// A customer organisation.
    TenantId "ten" "organization";
    /// A person of a tenant.
    MemberId "mem" "member";
    /// A signed-in browser: one family of rotating refresh cookies.
    SessionId "ses" "session";
    /// One member's authorised link to one provider account.
    ConnectionId "con" "connection";
    /// One calendar of a connection.
    CalendarId "cal" "calendar";
    /// A schedule entry.
    EntryId "ent" "entry";
    /// One execution of a sync.
    RunId "run" "run";
    /// A conflict between both sides of a link.
    ConflictId "cfl" "conflict";
    /// A provider's promise to call us.
    SubscriptionId "sub" "subscription";
    /// An event or entry that does not sync.
    ItemId "itm" "item";
    /// A row of the outbox.
    OutboxId "out" "outbox row";
    TraceId "trc" "trace";
    HoldId "hld" "hold";
    /// A place in an organisation for whoever holds its link.
    InviteId "inv" "invite";
    /// A line of the audit log.
    AuditId "aud" "audit entry";
    ApiKeyId "key" "API key";
    /// A line of the integration log.
    IntegrationEventId "iev" "integration event";
    /// An address of a customer's that is told what happens.
    WebhookId "whe" "webhook";
    /// One thing that one webhook is told, however often it is tried.
    DeliveryId "whd" "delivery";
}

/// The random part of a new id of a tenant's: it ends in the tenant's mark, so that whose an id is can be told without
/// looking for it. Not a secret, and no proof: what is a tenant's is decided by where it stands.
pub fn marked(tenant: TenantId, random: u128) -> u128 {
    (random << 32) | u128::from(mark(tenant))
}

fn mark(tenant: TenantId) -> u32 {
    spread(tenant)
}

/// Whether a text is an id in our form that was made for another tenant, or for none.
pub fn is_foreign(text: &str, tenant: TenantId) -> bool {
    let Some((prefix, ulid)) = text.split_once('_') else {
        return false;
    };
    let Some(ulid) = Ulid::from_string(ulid)
        .ok()
        .filter(|_| noun(text).is_some())
    else {
        return false;
    };
    if prefix == TenantId::PREFIX {
        ulid != tenant.0
    } else {
        ulid.0.to_be_bytes()[12..] != mark(tenant).to_be_bytes()
    }
}

/// What a text is the id of, going by its prefix.
pub fn noun(text: &str) -> Option<&'static str> {
    let (prefix, _) = text.split_once('_')?;
    let found = NOUNS.iter().find(|(known, _)| *known == prefix);
    found.map(|(_, noun)| *noun)
}

/// A number of an id that is the same everywhere and for ever: rows stand in the partitions that it says.
pub fn hash(id: impl fmt::Display) -> u32 {
    id.to_string().bytes().fold(0u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    })
}

/// The same, spread evenly over all numbers, so that its first bits say as much as its last.
pub fn spread(id: impl fmt::Display) -> u32 {
    hash(id).wrapping_mul(0x9E37_79B1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        let id = EntryId::from_parts(1_700_000_000_000, 42);

        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string(), "ent_01HF7YAT00000000000000001A");
    }

    #[test]
    fn the_wrong_kind_of_id_is_refused() {
        let id = EntryId::from_parts(1_700_000_000_000, 42).to_string();

        assert_eq!(id.parse::<TenantId>(), Err(ParseIdError { prefix: "ten" }));
    }

    #[test]
    fn the_number_of_an_id_never_changes() {
        let id = EntryId::from_parts(1_700_000_000_000, 42);

        assert_eq!((hash(id), spread(id)), (2_932_934_392, 974_719_352));
    }

    #[test]
    fn an_id_tells_whose_it_is() {
        let ours = TenantId::from_parts(1, 1);
        let theirs = TenantId::from_parts(1, 2);
        let entry = EntryId::from_parts(7, marked(ours, u128::MAX)).to_string();

        assert!(!is_foreign(&entry, ours));
        assert!(is_foreign(&entry, theirs));
        assert!(is_foreign(&ours.to_string(), theirs));
        assert!(!is_foreign(&ours.to_string(), ours));
        for no_id in [
            "",
            "pump",
            "ent_",
            "ent_pump",
            "xyz_00000000000000000000000001",
        ] {
            assert!(!is_foreign(no_id, ours), "{no_id}");
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = EntryId::from_parts(1_700_000_000_000, 42).to_string();

        assert!(id.to_lowercase().parse::<EntryId>().is_err());
        assert!(format!("ent_8{}", &id[5..]).parse::<EntryId>().is_err());
    }
}
