//! A zone as a calendar describes it keeps the time of the zone.

use jiff::SignedDuration;

use super::*;
use crate::exchange::ics::described;

#[test]
fn every_zone_keeps_its_time_where_a_calendar_describes_it() {
    let mut wrong = Vec::new();
    for name in Zone::places() {
        let zone = Zone::parse(&name).unwrap();
        let clock = zone.time_zone();
        for from in [
            "1931-05-05T00:00:00Z",
            "1985-07-01T00:00:00Z",
            "2026-11-22T00:00:00Z",
        ] {
            let from: Timestamp = from.parse().unwrap();
            let hour = |step: i64| from + SignedDuration::from_hours(171 * step);
            let times: Vec<Timestamp> = (0..1_500).map(hour).collect();
            let is = times.iter().map(|at| clock.to_offset(*at));
            let described = described(&zone, from, None, &times);
            if !described.is_some_and(|offsets| offsets.into_iter().eq(is)) {
                wrong.push(format!("{name} from {from}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
