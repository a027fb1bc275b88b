//! What others rely on from the Microsoft simulator.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without ends it"
)]

mod batch;
mod bodies;
mod delta;
mod events;
mod harness;
mod identity;
mod series;
mod service;
mod subscriptions;
mod sync_law;
mod world;
