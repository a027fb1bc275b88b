//! What we ourselves say of integrations.

use jiff::Timestamp;

use super::{About, EventStatus, EventType, Integration, IntegrationEvent};
use crate::{
    api_key::ApiKey,
    connection::{Auth, Connection, Idle, ReauthReason, Standing},
    id::IntegrationEventId,
    item::StuckItem,
    run::{Counts, RunOutcome, RunState, SyncRun},
    subscription::Upkeep,
};

impl IntegrationEvent {
    pub(super) fn of(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        event_type: &'static str,
        status: EventStatus,
        message: String,
    ) -> Self {
        Self {
            id,
            at,
            integration: Integration::calendars_of(connection.provider),
            event_type: EventType::own(event_type),
            status,
            message,
            error_message: None,
            correlation_id: connection.id.to_string(),
            about: About::Connection {
                connection: connection.id,
            },
            account: Some(connection.account.clone()),
            request_body: None,
            response_body: None,
            retry_count: 0,
        }
    }

    /// A run that came to its end. `None`: it has not, it is gone on with, or it found nothing and nobody waits for it.
    pub fn of_run(id: IntegrationEventId, connection: &Connection, run: &SyncRun) -> Option<Self> {
        let RunState::Finished {
            finished_at,
            outcome,
            ..
        } = &run.state
        else {
            return None;
        };
        let (name, status, message, error) = match outcome {
            RunOutcome::Succeeded if run.counts.is_quiet() && !run.trigger.is_pressed() => {
                return None;
            }
            RunOutcome::Succeeded => {
                let status = match troubles(&run.counts) {
                    0 => EventStatus::Success,
                    _ => EventStatus::Warning,
                };
                ("sync.completed", status, words(&run.counts), None)
            }
            RunOutcome::Failed { why, unnamed } => (
                "sync.failed",
                EventStatus::Error,
                format!("The sync failed. {}", what_next(connection)),
                Some(unnamed.as_ref().unwrap_or(why).clone()),
            ),
            RunOutcome::Continues { .. } | RunOutcome::Skipped { .. } => return None,
        };
        Some(Self {
            error_message: error,
            correlation_id: run.id.to_string(),
            about: About::Run {
                connection: connection.id,
                run: run.id,
            },
            ..Self::of(id, *finished_at, connection, name, status, message)
        })
    }

    /// An item that failed too often and is not tried again by itself. Its title stays with its owner.
    pub fn dead_letter(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        item: &StuckItem,
    ) -> Self {
        let message = format!(
            "An event failed {} times and is set aside until somebody retries it.",
            item.attempts
        );
        Self {
            error_message: Some(item.words()),
            correlation_id: item.id.to_string(),
            about: About::Item {
                connection: connection.id,
                item: item.id,
            },
            retry_count: item.attempts.saturating_sub(1),
            ..Self::of(
                id,
                at,
                connection,
                "item.dead_lettered",
                EventStatus::Error,
                message,
            )
        }
    }

    pub fn connected(id: IntegrationEventId, at: Timestamp, connection: &Connection) -> Self {
        let message = "An account was connected.".to_owned();
        let status = EventStatus::Success;
        Self::of(id, at, connection, "connection.connected", status, message)
    }

    /// `None`: it has lost its access, or never had lost it.
    pub fn reconnected(
        id: IntegrationEventId,
        before: Option<Standing>,
        connection: &Connection,
    ) -> Option<Self> {
        let lost = Some(Standing::NeedsReauth);
        match connection.auth {
            Auth::Granted { at } if before == lost && connection.ending_since.is_none() => {
                let message = "Its owner reconnected the account.".to_owned();
                let (name, status) = ("connection.reconnected", EventStatus::Success);
                Some(Self::of(id, at, connection, name, status, message))
            }
            Auth::Granted { .. } | Auth::NeedsReauth { .. } => None,
        }
    }

    pub fn needs_reauth(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        reason: ReauthReason,
    ) -> Self {
        let message = "Nothing is synced until the account's owner reconnects it.".to_owned();
        let error = match reason {
            ReauthReason::Revoked => "The provider no longer accepts our authorisation",
            ReauthReason::MissingScopes => "A permission that syncing needs was not granted",
        };
        Self {
            error_message: Some(error.to_owned()),
            ..Self::of(
                id,
                at,
                connection,
                "connection.needs_reauth",
                EventStatus::Error,
                message,
            )
        }
    }

    pub fn disconnected(id: IntegrationEventId, at: Timestamp, connection: &Connection) -> Self {
        let message = "An account was disconnected.".to_owned();
        let status = EventStatus::Success;
        let name = "connection.disconnected";
        Self::of(id, at, connection, name, status, message)
    }

    /// The provider calls us until then.
    pub fn renewed(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        until: Timestamp,
    ) -> Self {
        let day = until.strftime("%-d %B %Y");
        let message = format!("The provider tells us of changes until {day}.");
        let (name, status) = ("renewal.completed", EventStatus::Success);
        Self::of(id, at, connection, name, status, message)
    }

    /// Changes are found by asking until the provider takes our subscription again.
    pub fn renewal_failing(
        id: IntegrationEventId,
        at: Timestamp,
        connection: &Connection,
        upkeep: &Upkeep,
    ) -> Self {
        let message =
            "Notices could not be renewed. Changes are found by asking until they can be."
                .to_owned();
        Self {
            error_message: upkeep.why.clone(),
            retry_count: upkeep.failures,
            ..Self::of(
                id,
                at,
                connection,
                "renewal.failing",
                EventStatus::Warning,
                message,
            )
        }
    }
}

/// What befell a call of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallTrouble {
    /// More than its key may ask in a minute.
    TooMany { limit: u32 },
    /// It was answered with a status of 5xx.
    Failed { status: u16 },
}

impl IntegrationEvent {
    /// `call` is the method and the path.
    pub fn of_call(
        id: IntegrationEventId,
        at: Timestamp,
        key: &ApiKey,
        call: &str,
        trouble: &CallTrouble,
        request_id: &str,
    ) -> Self {
        let name = &key.name;
        let (event_type, status, message, error) = match trouble {
            CallTrouble::TooMany { limit } => {
                let words = format!("“{name}” asked more often than {limit} times in a minute.");
                ("api.rate_limited", EventStatus::Warning, words, None)
            }
            CallTrouble::Failed { status } => {
                let words = format!("{call} of “{name}” failed.");
                let error = format!("It was answered with {status}.");
                ("api.failed", EventStatus::Error, words, Some(error))
            }
        };
        Self {
            id,
            at,
            integration: Integration::ApiKeys,
            event_type: EventType::own(event_type),
            status,
            message,
            error_message: error,
            correlation_id: request_id.to_owned(),
            about: About::ApiCall { key: key.id },
            account: None,
            request_body: None,
            response_body: None,
            retry_count: 0,
        }
    }
}

/// What becomes of a sync that failed.
fn what_next(connection: &Connection) -> &'static str {
    match connection.idle() {
        None => "It is tried again by itself.",
        Some(Idle::NeedsReauth) => "It is tried again when the account's owner has reconnected it.",
        Some(Idle::Paused) => "It is tried again when the account's owner resumes it.",
        Some(Idle::Ending) => "The account is being disconnected.",
    }
}

/// What waits for somebody.
fn troubles(counts: &Counts) -> u32 {
    counts.conflicts + counts.failed + counts.held
}

/// What a run did, for people.
fn words(counts: &Counts) -> String {
    let from = counts.entries_created + counts.entries_updated + counts.entries_deleted;
    let to = counts.events_created + counts.events_updated + counts.events_deleted;
    let said = [
        (from, "from the calendar", counts.entries_deleted),
        (to, "to the calendar", counts.events_deleted),
        (counts.conflicts, "to decide", 0),
        (counts.held, "held until the account's owner decides", 0),
        (counts.failed, "to be tried again", 0),
        (counts.refused, "left out", 0),
    ];
    let said: Vec<String> = said
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, deleted)| match deleted {
            0 => format!("{count} {what}"),
            deleted => format!("{count} {what} ({deleted} deleted)"),
        })
        .collect();
    if said.is_empty() {
        "Everything agrees; nothing had changed.".to_owned()
    } else {
        format!("Synced: {}.", said.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_what_it_moved_and_what_waits_for_somebody() {
        assert_eq!(
            words(&Counts::default()),
            "Everything agrees; nothing had changed."
        );
        let counts = Counts {
            entries_created: 2,
            entries_updated: 1,
            events_deleted: 1,
            conflicts: 1,
            ..Counts::default()
        };
        assert_eq!(
            words(&counts),
            "Synced: 3 from the calendar, 1 to the calendar (1 deleted), 1 to decide."
        );
        assert_eq!(troubles(&counts), 1);
        let held = Counts {
            held: 24,
            ..Counts::default()
        };
        assert_eq!(
            words(&held),
            "Synced: 24 held until the account's owner decides."
        );
        assert_eq!(troubles(&held), 24);
    }
}
