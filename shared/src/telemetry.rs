//! Structured logs: one JSON object a line, readable alone and queryable.

use std::{error::Error, fmt};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Sets up logging once per process; later calls change nothing. `filter` is as in `RUST_LOG`, without spans.
pub fn start(filter: Option<&str>) {
    let filter = filter
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    // The platform stamps each line with the time.
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .without_time();
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}

/// An error with everything that caused it, on one line.
pub fn chain(error: &dyn Error) -> Chain<'_> {
    Chain(error)
}

pub struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
