//! Pure types and rules of calendar sync: no I/O, no async, no clock, no randomness.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | [`tenant`](id::TenantId) | a customer organisation; owns everything |
//! | [`member`](member::Member) | a person of a tenant who signs in |
//! | [`team`](team) | what an administrator changes of members |
//! | [`connection`](connection::Connection) | one member's authorised link to one provider account |
//! | [`calendar`](calendar::Calendar) | one calendar of a connection, chosen to sync |
//! | [`entry`](entry::Entry) | our record of scheduled time |
//! | [`event`](event::CalendarEvent) | the provider's record; "calendar event" wherever it could be anything else |
//! | [`series`](series) | an entry or event that repeats, with its exceptions |
//! | [`link`](link::EventLink) | pairs one entry with one calendar event |
//! | [`base`](link::Base) | what both sides last agreed on |
//! | cursor | opaque "since here" of one calendar |
//! | [`demand`](sync::demand::Demand) | how many syncs a connection was asked for, and how many are covered |
//! | [`ending`](ending::Ending) | a connection's disconnection, step by step |
//! | [`run`](run::SyncRun) | one execution of a sync, with its result |
//! | [`integration`](integration::Integration) | whatever outside of Kalends an organisation works with |
//! | [integration event](integration::IntegrationEvent) | what happened with one, for operators |
//! | [webhook](webhook::Webhook) | an address of a customer's that is told what happens |
//! | [delivery](webhook::Delivery) | one thing that one webhook is told, however often it is tried |
//!
//! "Token" and "refresh" speak of OAuth only, "renew" of subscriptions only. `id` is ours, `external_id` theirs.

pub mod access;
pub mod api_key;
pub mod audit;
pub mod browser;
pub mod calendar;
pub mod conflict;
pub mod connection;
pub mod content;
pub mod cors;
pub mod credential;
pub mod ending;
pub mod entry;
pub mod erasure;
pub mod event;
pub mod exchange;
pub mod failure;
pub mod hold;
pub mod id;
pub mod integration;
pub mod invite;
pub mod item;
pub mod link;
pub mod mask;
pub mod member;
pub mod notification;
pub mod permission;
pub mod preview;
pub mod recurrence;
pub mod run;
pub mod scrub;
pub mod series;
pub mod subscription;
pub mod sync;
pub mod team;
pub mod time;
pub mod trace;
pub mod webhook;
pub mod week;
