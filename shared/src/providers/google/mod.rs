//! Google Calendar v3. Facts and their sources: docs/providers/google.md.

mod answer;
mod client;
mod convert;
pub mod notification;
mod wire;

pub use client::Google;
