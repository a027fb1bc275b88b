//! Outlook's events in our terms.

use domain::{
    content::Content,
    event::{Change, OccurrenceSeen},
    failure::Refusal,
    series::{Exception, OriginalStart},
    time::{LocalTime, When, Zone},
};
use jiff::civil::date;
use serde_json::{Value, json};
use shared::providers::microsoft::convert;

fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

pub(super) fn changes(json: Value) -> Vec<Change> {
    convert::changes(json, &berlin())
}

fn content(json: Value) -> Content {
    let first = changes(json).swap_remove(0);
    let Change::Upserted(event) = first else {
        panic!("{first:?}");
    };
    event.content
}

fn refusal(json: Value) -> Refusal {
    let first = changes(json).swap_remove(0);
    let Change::Refused { refusal, .. } = first else {
        panic!("{first:?}");
    };
    refusal
}

fn replaced(mut event: Value, with: Value) -> Value {
    let Value::Object(with) = with else {
        panic!("{with}");
    };
    event.as_object_mut().unwrap().extend(with);
    event
}

/// An event of one hour, as it is answered, with some of its fields replaced.
pub(super) fn event(with: Value) -> Value {
    let event = json!({
        "@odata.etag": "W/\"abc==\"", "id": "AAMk1", "iCalUId": "040000008200E0", "type": "singleInstance",
        "subject": "Repair", "body": { "contentType": "html", "content": "<html><body>Bring it</body></html>" },
        "location": { "displayName": "Hall 4" }, "isAllDay": false, "isCancelled": false, "sensitivity": "normal",
        "start": { "dateTime": "2026-11-02T08:00:00.0000000", "timeZone": "UTC" },
        "end": { "dateTime": "2026-11-02T09:00:00.0000000", "timeZone": "UTC" },
        "originalStartTimeZone": "W. Europe Standard Time", "originalEndTimeZone": "W. Europe Standard Time",
        "lastModifiedDateTime": "2026-11-01T10:00:00.1234567Z", "recurrence": null, "seriesMasterId": null,
    });
    replaced(event, with)
}

pub(super) fn weekly(with: Value) -> Value {
    let recurrence = json!({
        "pattern": { "type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["monday"],
            "firstDayOfWeek": "sunday", "index": "first" },
        "range": { "type": "noEnd", "startDate": "2026-11-02", "endDate": "0001-01-01",
            "recurrenceTimeZone": "W. Europe Standard Time", "numberOfOccurrences": 0 },
    });
    let series = event(json!({ "type": "seriesMaster", "recurrence": recurrence }));
    replaced(series, with)
}

fn time(text: &str) -> OriginalStart {
    OriginalStart::Time(text.parse().unwrap())
}

#[test]
fn an_event_is_read_with_all_that_we_hold() {
    let Change::Upserted(read) = changes(event(json!({}))).swap_remove(0) else {
        panic!("not held");
    };

    assert_eq!(read.external_id.0, "AAMk1");
    assert_eq!(read.uid.unwrap().0, "040000008200E0");
    assert_eq!(read.revision.0, "W/\"abc==\"");
    assert_eq!(
        read.changed_at,
        Some("2026-11-01T10:00:00.1234567Z".parse().unwrap())
    );
    assert_eq!(read.content.title, "Repair");
    assert_eq!(read.content.notes, "Bring it");
    assert_eq!(read.content.location, "Hall 4");
    assert!(!read.content.private);
    let (start, end) = (
        date(2026, 11, 2).at(9, 0, 0, 0),
        date(2026, 11, 2).at(10, 0, 0, 0),
    );
    let when = When::Timed {
        start: LocalTime::new(start, berlin()),
        end: LocalTime::new(end, berlin()),
    };
    assert_eq!(read.content.timing.when, when);
}

#[test]
fn everything_that_is_not_normal_is_private() {
    for sensitivity in ["personal", "private", "Confidential"] {
        assert!(
            content(event(json!({ "sensitivity": sensitivity }))).private,
            "{sensitivity}"
        );
    }
}

#[test]
fn whole_days_are_the_same_days_however_they_are_shown() {
    let day = |start: &str, end: &str| {
        let moment = |time: &str| json!({ "dateTime": time, "timeZone": "UTC" });
        content(event(
            json!({ "isAllDay": true, "start": moment(start), "end": moment(end) }),
        ))
    };
    let wanted = When::AllDay {
        start: date(2026, 11, 2),
        end: date(2026, 11, 4),
    };

    assert_eq!(
        day("2026-11-02T00:00:00", "2026-11-04T00:00:00")
            .timing
            .when,
        wanted
    );
    // Midnight where it was made, told in UTC.
    assert_eq!(
        day("2026-11-01T23:00:00", "2026-11-03T23:00:00")
            .timing
            .when,
        wanted
    );
}

#[test]
fn a_single_event_in_a_zone_that_nobody_knows_is_at_its_instant() {
    for zone in [
        "tzone://Microsoft/Custom",
        "Customized Time Zone",
        "Mars Standard Time",
    ] {
        let read = content(event(
            json!({ "originalStartTimeZone": zone, "originalEndTimeZone": zone }),
        ));

        let When::Timed { start, .. } = read.timing.when else {
            panic!("a day")
        };
        assert_eq!(start.instant(), "2026-11-02T08:00:00Z".parse().unwrap());
        assert_eq!(start.zone, berlin(), "shown where the mailbox is");
    }
}

#[test]
fn a_series_in_a_zone_that_nobody_knows_is_refused_and_so_never_written() {
    let mut series = weekly(json!({}));
    series["recurrence"]["range"]["recurrenceTimeZone"] = json!("tzone://Microsoft/Custom");

    let refused = refusal(series);

    let zone = "tzone://Microsoft/Custom".to_owned();
    assert_eq!(refused, Refusal::UnknownZone { zone });
}

#[test]
fn a_cancelled_meeting_and_a_removed_event_are_gone() {
    for gone in [
        event(json!({ "isCancelled": true })),
        json!({ "id": "AAMk1", "@removed": { "reason": "deleted" } }),
    ] {
        assert!(matches!(changes(gone)[0], Change::Removed(_)));
    }
}

#[test]
fn a_series_comes_with_everything_that_differs_from_it() {
    let moved = event(json!({
        "id": "AAMk2", "type": "exception", "seriesMasterId": "AAMk1", "subject": "Repair, part two",
        "originalStart": "2026-11-09T08:00:00Z",
        "start": { "dateTime": "2026-11-10T08:00:00.0000000", "timeZone": "UTC" },
        "end": { "dateTime": "2026-11-10T09:00:00.0000000", "timeZone": "UTC" },
    }));
    let series = weekly(json!({
        "exceptionOccurrences": [moved],
        "cancelledOccurrences": ["OID.AAMk1.2026-11-16", "OID.AAMk1.2026-11-30"],
    }));

    let read = content(series);

    assert_eq!(
        read.timing.recurrence.lines(),
        ["RRULE:FREQ=WEEKLY;BYDAY=MO"]
    );
    let cancelled: Vec<_> = read.exceptions.cancelled().collect();
    assert_eq!(
        cancelled,
        [time("2026-11-16T08:00:00Z"), time("2026-11-30T08:00:00Z")]
    );
    let Some(Exception::Changed(changes)) = read.exceptions.get(time("2026-11-09T08:00:00Z"))
    else {
        panic!("{:?}", read.exceptions);
    };
    assert_eq!(changes.title.as_deref(), Some("Repair, part two"));
    assert_eq!(
        changes.when.as_ref().unwrap().first_day(),
        date(2026, 11, 10)
    );
    assert_eq!(changes.notes, None);
}

#[test]
fn an_occurrence_that_cannot_be_held_costs_the_series_nothing() {
    let odd = event(json!({
        "id": "AAMk2", "type": "exception", "seriesMasterId": "AAMk1", "originalStart": "2026-11-09T08:00:00Z",
        "start": { "dateTime": "2126-11-10T08:00:00", "timeZone": "UTC" },
        "end": { "dateTime": "2026-11-10T09:00:00", "timeZone": "UTC" },
    }));

    let read = changes(weekly(json!({ "exceptionOccurrences": [odd] })));

    assert!(matches!(&read[0], Change::Upserted(series) if series.content.repeats()));
    assert!(matches!(&read[1], Change::Refused { external_id, .. } if external_id.0 == "AAMk2"));
}

#[test]
fn a_series_begins_on_the_first_day_that_its_pattern_has() {
    let mut series = weekly(json!({}));
    series["recurrence"]["pattern"]["daysOfWeek"] = json!(["wednesday"]);

    assert_eq!(content(series).timing.when.first_day(), date(2026, 11, 4));
}

#[test]
fn a_series_of_whole_days_knows_its_occurrences_by_their_days() {
    let day = |time: &str| json!({ "dateTime": time, "timeZone": "UTC" });
    let times = json!({
        "isAllDay": true, "start": day("2026-11-02T00:00:00"), "end": day("2026-11-03T00:00:00"),
    });
    let mut changed = event(times.clone());
    changed.as_object_mut().unwrap().extend(
        json!({ "id": "AAMk2", "type": "exception", "seriesMasterId": "AAMk1", "subject": "Other",
            "originalStart": "2026-11-08T23:00:00Z",
            "start": day("2026-11-09T00:00:00"), "end": day("2026-11-10T00:00:00") })
        .as_object()
        .unwrap()
        .clone(),
    );
    let mut series = weekly(times);
    series["exceptionOccurrences"] = json!([changed]);
    series["cancelledOccurrences"] = json!(["OID.AAMk1.2026-11-16"]);

    let read = content(series);

    let known: Vec<_> = read.exceptions.iter().map(|(at, _)| at).collect();
    let days = [date(2026, 11, 9), date(2026, 11, 16)];
    assert_eq!(known, days.map(OriginalStart::Day));
}

#[test]
fn an_occurrence_by_itself_says_which_it_is() {
    let bare = json!({
        "id": "AAMk3", "type": "occurrence", "seriesMasterId": "AAMk1",
        "start": { "dateTime": "2026-11-09T08:00:00.0000000", "timeZone": "UTC" },
        "end": { "dateTime": "2026-11-09T09:00:00.0000000", "timeZone": "UTC" },
    });

    let Change::Occurrence(read) = changes(bare).swap_remove(0) else {
        panic!("not one")
    };

    assert_eq!(read.series.0, "AAMk1");
    assert_eq!(read.original, time("2026-11-09T08:00:00Z"));
    assert!(matches!(read.seen, OccurrenceSeen::Changed(_)));
}

#[test]
fn what_is_malformed_is_said_and_not_passed_over() {
    for (with, words) in [
        (json!({ "start": null }), "start or end is missing"),
        (
            json!({ "start": { "dateTime": "soon" } }),
            "\"soon\" is not a date or time",
        ),
        (
            json!({ "isAllDay": true, "originalStartTimeZone": "UTC" }),
            "begins within one",
        ),
        (json!({ "subject": 5 }), "invalid type"),
    ] {
        let refused = refusal(event(with)).to_string();

        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(changes(json!({ "subject": "nobody's" })), []);
}
