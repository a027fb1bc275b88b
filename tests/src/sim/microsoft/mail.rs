//! The mail that Exchange would have sent: whoever writes attendees writes to them. There is no way to ask for silence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mail {
    pub(super) at: Timestamp,
    pub(super) kind: MailKind,
    pub(super) event: String,
    pub(super) from: String,
    pub(super) to: String,
    /// Sent at a client of Exchange, not for an application.
    pub(super) by_person: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MailKind {
    Invitation,
    Update,
    Cancellation,
}

/// Who of the guests before and after is written to, and what. A change of attendees alone tells only those whom it
/// concerns.
pub(super) fn due(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    attendees_only: bool,
) -> Vec<(MailKind, String)> {
    let (was, is) = (guests(before), guests(after));
    was.union(&is)
        .filter_map(|to| {
            let kind = match (was.contains(to), is.contains(to)) {
                (true, true) if attendees_only => return None,
                (true, true) => MailKind::Update,
                (false, _) => MailKind::Invitation,
                (true, false) => MailKind::Cancellation,
            };
            Some((kind, to.clone()))
        })
        .collect()
}

fn guests(content: &Map<String, Value>) -> BTreeSet<String> {
    let attendees = content.get("attendees").and_then(Value::as_array);
    attendees
        .into_iter()
        .flatten()
        .filter_map(|guest| guest["emailAddress"]["address"].as_str())
        .map(str::to_ascii_lowercase)
        .collect()
}
