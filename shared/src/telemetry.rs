//! Structured logs: one JSON object a line, readable alone and queryable.

use tracing_subscriber::{EnvFilter, fmt};

/// Sets up logging once per process; later calls change nothing.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_env_filter(filter)
        .try_init();
}
