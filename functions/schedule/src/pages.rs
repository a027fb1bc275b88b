//! `/schedule`, for people: the week, and one entry as a form.

pub(crate) mod entry;
pub(crate) mod week;

use axum::http::HeaderMap;
use domain::time::{LocalTime, Zone};
use jiff::Timestamp;
use shared::web::cookies;
use ui::components::Moment;

/// The script keeps the browser's zone in it.
const ZONE_COOKIE: &str = "zone";

/// The zone in which a visitor reads times.
fn zone_of(headers: &HeaderMap, asked: Option<&str>) -> Zone {
    let kept = cookies::value(headers, ZONE_COOKIE);
    [asked, kept.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|name| Zone::parse(name).ok())
        .unwrap_or_else(Zone::utc)
}

/// A point in time in words of a zone: "2 March 2027, 10:41 Europe/Berlin".
fn moment(at: Timestamp, zone: &Zone) -> Moment {
    let local = LocalTime::at(at, zone.clone()).local;
    Moment::new(
        &at.to_string(),
        &format!("{} {zone}", local.strftime("%-d %B %Y, %H:%M")),
    )
}
