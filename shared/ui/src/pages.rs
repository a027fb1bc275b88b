//! The pages, one module each.

pub mod api;
pub mod api_keys;
pub mod audit;
pub mod confirmation;
pub mod conflicts;
pub mod connection;
pub mod connections;
pub mod deleted;
pub mod disconnection;
pub mod entry;
pub mod error_queue;
pub mod exchange;
pub mod forward;
pub mod integration;
pub mod integration_events;
pub mod integrations;
pub mod join;
pub mod members;
pub mod message;
pub mod organization;
pub mod problem;
pub mod profile;
pub mod roles;
pub mod schedule;
pub mod sign_in;
pub mod sign_up;
