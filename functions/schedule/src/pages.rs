//! `/schedule`, for people: the week, and one entry as a form.

pub(crate) mod back;
pub(crate) mod entry;
pub(crate) mod exchange;
pub(crate) mod week;

use axum::http::HeaderMap;
use domain::time::Zone;
use shared::web::page;

/// The zone in which a visitor reads times, unless another is asked for.
fn zone_of(headers: &HeaderMap, asked: Option<&str>) -> Zone {
    asked
        .and_then(|name| Zone::parse(name).ok())
        .unwrap_or_else(|| page::zone(headers))
}
