//! Google: OAuth 2.0, Calendar v3 with batch and push channels, Pub/Sub v1 with pushes and the keys that they are signed with.
//!
//! One service on one port, with one state behind one lock; every rule is a plain function over that state. Time is
//! the world's clock. Where Google's own documents are silent the choice made here is said beside the code.

mod accounts;
mod api;
mod batch;
mod calendar_list;
mod channels;
mod control;
mod endpoints;
mod event;
mod events_list;
mod events_read;
mod events_write;
mod fields;
mod identity;
mod instances;
mod mail;
mod oauth;
mod pages;
mod partial;
mod pubsub;
mod recurrence;
mod rules;
mod server;
mod signing;
mod state;
mod times;
mod wire;

pub use server::{GoogleSim, GoogleSimOptions};
