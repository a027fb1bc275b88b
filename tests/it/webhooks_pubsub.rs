//! Notices that take the way over a tenant's own Pub/Sub topic: only Google's proof and our own token ask for anything,
//! once for each message, and nothing is lost where the way is broken.

mod command;
mod messages;
mod proofs;
mod stage;
mod story;
