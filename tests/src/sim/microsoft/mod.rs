//! Microsoft 365: the identity platform v2.0, Graph's calendars with deltas, `$batch` and subscriptions.
//!
//! One service on one port, with one state behind one lock; every rule is a plain function over that state. Time is
//! the world's clock. Where Microsoft's own documents are silent the choice made here is said beside the code.

mod accounts;
mod api;
mod batch;
mod bodies;
mod control;
mod delta;
mod doors;
mod endpoints;
mod event;
mod fields;
mod ids;
mod mail;
mod notices;
mod oauth;
mod options;
mod pages;
mod payload;
mod people;

mod prefer;
mod read;
mod recurrence;
mod rules;
mod server;
mod shown;
mod state;
mod subscriptions;
mod throttle;
mod times;
mod wire;
mod write;
mod zones;

pub use server::{MicrosoftSim, MicrosoftSimOptions};
