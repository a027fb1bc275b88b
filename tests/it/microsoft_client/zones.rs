//! Windows names and IANA's.

use std::collections::BTreeSet;

use domain::time::{Zone, windows as table};
use jiff::Timestamp;

fn named(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn windows(zone: &Zone) -> Option<&'static str> {
    table::name(zone, "2026-11-20T12:00:00Z".parse().unwrap())
}

#[test]
fn a_windows_name_is_a_place_and_the_place_is_that_name_again() {
    for (name, place) in [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("India Standard Time", "Asia/Kolkata"),
        ("UTC", "UTC"),
        ("UTC+12", "Etc/GMT-12"),
    ] {
        let found = table::zone(name).unwrap();

        assert_eq!(found.name(), place);
        assert_eq!(windows(&found), Some(name));
    }
}

#[test]
fn a_name_is_found_whatever_its_case() {
    let found = table::zone("w. europe standard time");

    assert_eq!(found, Some(named("Europe/Berlin")));
}

#[test]
fn places_that_share_a_windows_name_and_old_spellings_are_known() {
    for (place, name) in [
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("Europe/Kiev", "FLE Standard Time"),
        ("US/Eastern", "Eastern Standard Time"),
        ("Etc/UTC", "UTC"),
    ] {
        assert_eq!(windows(&named(place)), Some(name), "{place}");
    }
}

#[test]
fn an_iana_name_in_an_answer_is_itself() {
    assert_eq!(table::zone("Europe/Vienna"), Some(named("Europe/Vienna")));
}

#[test]
fn a_zone_that_somebody_made_up_is_not_guessed() {
    for name in [
        "tzone://Microsoft/Custom",
        "Customized Time Zone",
        "Customized Time Zone 1",
        "",
        "Mars Standard Time",
    ] {
        assert_eq!(table::zone(name), None, "{name:?}");
    }
}

#[test]
fn every_windows_name_is_a_place_that_we_know() {
    let lines = include_str!("../../../shared/domain/src/time/windows.tsv");
    let names = lines
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next());

    let unknown: Vec<&str> = names.filter(|name| table::zone(name).is_none()).collect();

    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn all_but_a_few_places_have_a_windows_name() {
    let places: Vec<String> = Zone::places().collect();
    let without: BTreeSet<&String> = places
        .iter()
        .filter(|name| windows(&named(name)).is_none())
        .collect();

    assert!(without.len() * 20 < places.len(), "{without:?}");
}

/// Alberta stopped changing its clocks in 2026 and kept its Windows name.
#[test]
fn a_place_that_left_its_zone_is_not_called_by_its_name_any_longer() {
    let edmonton = named("America/Edmonton");
    let before: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();

    assert_eq!(windows(&edmonton), None);
    assert_eq!(
        table::name(&edmonton, before),
        Some("Mountain Standard Time")
    );
}
