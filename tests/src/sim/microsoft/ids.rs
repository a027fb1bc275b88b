//! Names of things: ids of events in their two forms, change keys, GUIDs.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::event::Event;
use crate::sim::opaque;

/// Which of an event's two ids a caller wants to see. Both are always understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum IdType {
    /// Changes when the event moves to another calendar.
    #[default]
    Mutable,
    Immutable,
}

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) key: String,
    /// The date of the occurrence, as its series would have it.
    pub(super) occurrence: Option<Date>,
    /// Of a mutable id: how often the event had moved when it was given.
    pub(super) moves: Option<u32>,
}

const MUTABLE: &str = "AAMkAD";
const IMMUTABLE: &str = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A";

pub(super) fn event_id(event: &Event, occurrence: Option<Date>, kind: IdType) -> String {
    let date = occurrence.map(|date| date.to_string()).unwrap_or_default();
    match kind {
        IdType::Mutable => {
            let named = format!("{}/{date}/{}", event.key, event.moves);
            format!("{MUTABLE}{}=", opaque::base64url(named.as_bytes()))
        }
        IdType::Immutable => {
            let named = format!("{}/{date}", event.key);
            format!("{IMMUTABLE}{}", opaque::base64url(named.as_bytes()))
        }
    }
}

/// The immutable id of the event or series with this key.
pub(super) fn immutable(key: &str) -> String {
    let named = format!("{key}/");
    format!("{IMMUTABLE}{}", opaque::base64url(named.as_bytes()))
}

pub(super) fn read_event_id(id: &str) -> Option<Named> {
    let named = match (id.strip_prefix(MUTABLE), id.strip_prefix(IMMUTABLE)) {
        (Some(rest), _) => opaque::from_base64url(rest.strip_suffix('=')?)?,
        (None, Some(rest)) => opaque::from_base64url(rest)?,
        (None, None) => return None,
    };
    let mut parts = named.split('/');
    let (key, date) = (parts.next()?, parts.next()?);
    let occurrence = match date {
        "" => None,
        date => Some(date.parse().ok()?),
    };
    Some(Named {
        key: key.to_owned(),
        occurrence,
        moves: parts.next().and_then(|moves| moves.parse().ok()),
    })
}

pub(super) fn change_key(revision: u64) -> String {
    let bytes = [
        &[0x0f, 0, 0, 0, 0x16, 0, 0, 0][..],
        &revision.to_be_bytes()[..],
        &[0x5a, 0x01],
    ];
    opaque::base64url(&bytes.concat())
}

pub(super) fn etag(revision: u64) -> String {
    format!("W/\"{}\"", change_key(revision))
}

/// The global object id: all occurrences of a series share it but for the bytes that hold their date. A meeting that came
/// from elsewhere keeps the identity that it has there.
pub(super) fn ical_uid(event: &Event, occurrence: Option<Date>) -> String {
    if let Some(uid) = &event.ical_uid {
        return uid.clone();
    }
    let date = match occurrence {
        None => "00000000".to_owned(),
        Some(date) => format!("{:04X}{:02X}{:02X}", date.year(), date.month(), date.day()),
    };
    let rest = hex(&opaque::sha256(&event.key)[..16]).to_ascii_uppercase();
    format!("040000008200E00074C5B7101A82E008{date}0000000000000000000000000000000010000000{rest}")
}

/// The same GUID for the same text.
pub(super) fn guid_of(text: &str) -> String {
    guid(&opaque::sha256(text))
}

pub(super) fn new_guid() -> String {
    guid(&opaque::sha256(&opaque::random(24)))
}

fn guid(bytes: &[u8; 32]) -> String {
    let hex = hex(&bytes[..16]);
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}
