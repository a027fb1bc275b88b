//! The common crate: AWS, HTTP, providers, and the shell around the sync engine.

pub mod app;
mod aws;
pub mod clock;
pub mod config;
pub mod credential;
pub mod crypto;
pub mod ending;
pub mod erasure;
pub mod ids;
pub mod invite;
mod jwt;
pub mod lambda;
pub mod metrics;
pub mod names;
pub mod oauth;
pub mod openapi;
pub mod outbox;
pub mod problem;
pub mod providers;
pub mod queue;
pub mod relay;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod vault;
pub mod verified;
pub mod web;
