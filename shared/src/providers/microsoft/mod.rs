//! Microsoft Graph, calendars of Outlook. Facts and their sources: docs/providers/microsoft.md.

mod answer;
mod batch;
mod body;
mod changes;
mod client;
pub mod convert;
mod create;
mod meeting;
pub mod notification;
mod occurrences;
pub mod pattern;
mod reads;
pub mod sign_in;
mod subscriptions;
mod wire;

pub use answer::classify;
pub use client::Microsoft;

/// What a scope allows, in words; a scope that we do not know is shown as it is.
pub fn scope_words(scope: &str) -> &str {
    let name = scope.rsplit('/').next().unwrap_or(scope);
    match name {
        "openid" | "profile" => "Recognise the account",
        "email" => "See the account's address",
        "offline_access" => "Stay connected",
        "User.Read" => "See the account's name and address",
        "Calendars.ReadWrite" => "See and edit calendars and events",
        "MailboxSettings.Read" => "See the time zone of the mailbox",
        _ => scope,
    }
}
