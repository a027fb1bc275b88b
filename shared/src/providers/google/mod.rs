//! Google Calendar v3. Facts and their sources: docs/providers/google.md.

mod answer;
pub mod batch;
mod client;
pub mod convert;
mod create;
mod event_id;
pub mod notification;
pub mod pubsub;
mod revoke;
mod series;
mod wire;

pub use answer::Answer;
pub use client::Google;

/// What a scope allows, in words; a scope that we do not know is shown as it is.
pub fn scope_words(scope: &str) -> &str {
    match scope {
        "openid" => "Recognise the account",
        "email" | "https://www.googleapis.com/auth/userinfo.email" => "See the account's address",
        "https://www.googleapis.com/auth/calendar.events" => "See and edit events",
        "https://www.googleapis.com/auth/calendar.calendarlist.readonly" => {
            "See the list of calendars"
        }
        unknown => unknown,
    }
}
