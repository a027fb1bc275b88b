//! The mail that Google would have sent to guests.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::Event;
use super::state::{Account, Calendar};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mail {
    pub(super) at: Timestamp,
    pub(super) kind: MailKind,
    pub(super) calendar: String,
    pub(super) event: String,
    pub(super) from: String,
    pub(super) to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MailKind {
    Invitation,
    Update,
    Cancellation,
}

/// Who is written to, as `sendUpdates` says. Absent, it means nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendUpdates {
    All,
    /// Guests whose calendars are not at Google.
    ExternalOnly,
    None,
}

/// One mail to each guest of `event`, and a cancellation to those who were guests before.
pub(super) fn written_about(
    event: &Event,
    before: Option<&Event>,
    calendar: &Calendar,
    accounts: &std::collections::BTreeMap<String, Account>,
    send: SendUpdates,
    now: Timestamp,
) -> Vec<Mail> {
    let reached = |to: &&String| match send {
        SendUpdates::All => true,
        SendUpdates::ExternalOnly => !accounts.contains_key(*to),
        SendUpdates::None => false,
    };
    let was = before
        .filter(|before| !before.is_cancelled())
        .map(guests)
        .unwrap_or_default();
    let is = if event.is_cancelled() {
        BTreeSet::new()
    } else {
        guests(event)
    };
    let kind_for = |to: &String| match (was.contains(to), is.contains(to)) {
        (false, _) => MailKind::Invitation,
        (true, true) => MailKind::Update,
        (true, false) => MailKind::Cancellation,
    };
    was.union(&is)
        .filter(|to| **to != calendar.id && **to != calendar.owner)
        .filter(reached)
        .map(|to| Mail {
            at: now,
            kind: kind_for(to),
            calendar: calendar.id.clone(),
            event: event.id.clone(),
            from: calendar.owner.clone(),
            to: to.clone(),
        })
        .collect()
}

fn guests(event: &Event) -> BTreeSet<String> {
    event
        .content
        .get("attendees")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|guest| guest.get("email").and_then(Value::as_str))
        .map(str::to_ascii_lowercase)
        .collect()
}
