//! Writing to events that stand, and to single occurrences.

use domain::{
    content::{Content, Field, Fields, Parts},
    event::{ExternalEventId, Revision},
    failure::FailureClass,
    series::OriginalStart,
};
use jiff::civil::date;
use serde_json::{Value, json};
use shared::providers::{CalendarProvider as _, EventWrite, ProviderError, Written};

use super::scripted::{Graph, access, calendar, content, event, list, occurrence, series};

const MONDAYS: &str = "RRULE:FREQ=WEEKLY;BYDAY=MO";

fn at(day: i8) -> OriginalStart {
    OriginalStart::Time(format!("2026-11-{day:02}T08:00:00Z").parse().unwrap())
}

fn mondays() -> Content {
    content(date(2026, 11, 2), &[MONDAYS])
}

/// The series with another title on one day.
fn retitled(series: &Content, day: i8, title: &str) -> Content {
    let mut one = series.plain_occurrence(at(day)).unwrap();
    one.title = title.into();
    series.clone().with_occurrence(at(day), Some(&one))
}

async fn update(graph: &Graph, seen: &Content, wanted: &Content) -> Result<Written, ProviderError> {
    let (id, revision) = (ExternalEventId("AAMk1".into()), Revision("W/\"1\"".into()));
    let parts: Parts = wanted.diff(seen);
    let write = EventWrite {
        id: &id,
        revision: &revision,
        content: wanted,
        seen,
        parts: &parts,
        hidden: Fields::NONE,
    };
    graph.client.update(&access(), &calendar(), write).await
}

fn field_names(body: &Value) -> Vec<&str> {
    body.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn only_what_changed_is_written_and_only_over_what_was_seen() {
    let graph = Graph::answering(vec![(
        200,
        event(json!({ "subject": "Other", "@odata.etag": "W/\"2\"" })),
    )])
    .await;
    let seen = content(date(2026, 11, 2), &[]);
    let wanted = Content {
        title: "Other".into(),
        ..seen.clone()
    };

    let written = update(&graph, &seen, &wanted).await.unwrap();

    assert_eq!(
        (written.revision.0.as_str(), &written.content),
        ("W/\"2\"", &wanted)
    );
    let asked = &graph.asked()[0];
    assert_eq!(asked.what, "PATCH /me/calendars/CAL/events/AAMk1");
    assert_eq!(asked.if_match.as_deref(), Some("W/\"1\""));
    assert_eq!(asked.body, json!({ "subject": "Other" }));
}

#[tokio::test]
async fn a_single_event_that_is_moved_says_nothing_of_a_recurrence() {
    let graph = Graph::answering(vec![(200, event(json!({})))]).await;

    update(
        &graph,
        &content(date(2026, 11, 9), &[]),
        &content(date(2026, 11, 2), &[]),
    )
    .await
    .unwrap();

    assert_eq!(
        field_names(&graph.asked()[0].body),
        ["end", "isAllDay", "start"]
    );
}

#[tokio::test]
async fn a_series_that_repeats_no_longer_says_so() {
    let graph = Graph::answering(vec![(200, event(json!({})))]).await;

    update(&graph, &mondays(), &content(date(2026, 11, 2), &[]))
        .await
        .unwrap();

    assert_eq!(graph.asked()[0].body.get("recurrence"), Some(&Value::Null));
}

#[tokio::test]
async fn new_notes_leave_an_online_meeting_where_it_is() {
    let line = "_".repeat(80);
    let meeting = format!(
        "<div>{line}</div>\n<div><a href=\"https://teams.test/j\">Join</a></div>\n<div>{line}</div>"
    );
    let body = |notes: &str| json!({ "contentType": "html", "content": format!("<html><body><p>{notes}</p>\n{meeting}</body></html>") });
    let now = event(json!({ "isOnlineMeeting": true, "body": body("Bring it") }));
    let after = event(json!({ "isOnlineMeeting": true, "body": body("a &lt; b") }));
    let graph = Graph::answering(vec![(200, now), (200, after)]).await;
    let seen = content(date(2026, 11, 2), &[]);
    let wanted = Content {
        notes: "a < b\nc".into(),
        ..seen.clone()
    };

    let written = update(&graph, &seen, &wanted).await.unwrap();

    let sent = &graph.asked()[1].body["body"];
    assert_eq!(sent["contentType"], "html");
    let html = sent["content"].as_str().unwrap();
    assert!(html.contains(&meeting), "{html}");
    assert!(html.contains("a &lt; b<br>\nc"), "{html}");
    assert_eq!(
        written.content.notes, "a < b",
        "the meeting is no part of the notes"
    );
}

#[tokio::test]
async fn notes_that_hold_a_meeting_we_cannot_tell_apart_are_left_alone() {
    let now = event(json!({
        "isOnlineMeeting": true, "onlineMeeting": { "joinUrl": "https://meet.test/j?a=1&b=2" },
        "body": { "contentType": "html", "content": "<a href=\"https://meet.test/j?a=1&amp;b=2\">Join</a>" },
    }));
    let graph = Graph::answering(vec![(200, now)]).await;
    let seen = content(date(2026, 11, 2), &[]);
    let wanted = Content {
        notes: "Other".into(),
        ..seen.clone()
    };

    let refused = update(&graph, &seen, &wanted).await.unwrap_err();

    assert_eq!(refused.class, FailureClass::Rejected);
    assert_eq!(graph.calls().len(), 1);
}

#[tokio::test]
async fn one_occurrence_is_cancelled_by_deleting_it_as_it_was_seen() {
    let answers = vec![
        (200, list(json!([occurrence("o9", 9, json!({}))]))),
        (204, Value::Null),
    ];
    let graph = Graph::answering(answers).await;
    let wanted = mondays().with_occurrence(at(9), None);

    let written = update(&graph, &mondays(), &wanted).await.unwrap();

    assert_eq!(written.content, wanted);
    assert_eq!(graph.calls()[1], "DELETE /me/calendars/CAL/events/o9");
    assert_eq!(graph.asked()[1].if_match.as_deref(), Some("W/\"o9\""));
}

#[tokio::test]
async fn one_occurrence_is_changed_by_itself() {
    let changed = occurrence("o9", 9, json!({ "type": "exception", "subject": "Other" }));
    let answers = vec![
        (200, list(json!([occurrence("o9", 9, json!({}))]))),
        (200, changed),
    ];
    let graph = Graph::answering(answers).await;
    let wanted = retitled(&mondays(), 9, "Other");

    let written = update(&graph, &mondays(), &wanted).await.unwrap();

    assert_eq!(written.content, wanted);
    let asked = &graph.asked()[1];
    assert_eq!(asked.what, "PATCH /me/calendars/CAL/events/o9");
    assert_eq!(
        (asked.if_match.as_deref(), &asked.body),
        (Some("W/\"o9\""), &json!({ "subject": "Other" }))
    );
}

#[tokio::test]
async fn an_occurrence_that_was_moved_far_away_is_found_with_its_series() {
    let moved = json!({ "type": "exception", "start": { "dateTime": "2026-12-24T08:00:00", "timeZone": "UTC" },
        "end": { "dateTime": "2026-12-24T09:00:00", "timeZone": "UTC" } });
    let moved = occurrence("o9", 9, moved);
    let whole = series(json!({ "exceptionOccurrences": [moved] }));
    let answers = vec![(200, list(json!([]))), (200, whole), (204, Value::Null)];
    let graph = Graph::answering(answers).await;
    let mut there = mondays().plain_occurrence(at(9)).unwrap();
    there.timing.when = content(date(2026, 12, 24), &[]).timing.when;
    let seen = mondays().with_occurrence(at(9), Some(&there));

    update(&graph, &seen, &mondays().with_occurrence(at(9), None))
        .await
        .unwrap();

    assert_eq!(graph.calls()[2], "DELETE /me/calendars/CAL/events/o9");
}

#[tokio::test]
async fn an_occurrence_that_changed_meanwhile_is_not_written_over() {
    let theirs = occurrence("o9", 9, json!({ "type": "exception", "subject": "Theirs" }));
    let graph = Graph::answering(vec![(200, list(json!([theirs])))]).await;

    let refused = update(&graph, &mondays(), &retitled(&mondays(), 9, "Ours"))
        .await
        .unwrap_err();

    assert_eq!(refused.class, FailureClass::Conflict);
    assert_eq!(graph.calls().len(), 1);
}

#[tokio::test]
async fn an_occurrence_that_was_cancelled_cannot_be_brought_back() {
    let graph = Graph::answering(vec![]).await;
    let seen = mondays().with_occurrence(at(9), None);

    let refused = update(&graph, &seen, &mondays()).await.unwrap_err();

    assert_eq!(refused.class, FailureClass::Rejected);
    assert!(
        refused.detail.contains("cannot bring back"),
        "{}",
        refused.detail
    );
    assert_eq!(graph.calls(), Vec::<String>::new());
}

/// Outlook forgets what differs when a series gets another rule.
#[tokio::test]
async fn what_a_new_rule_costs_is_written_again() {
    let rule = json!({ "recurrence": {
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["monday", "tuesday"] },
        "range": { "type": "noEnd", "startDate": "2026-11-02", "recurrenceTimeZone": "W. Europe Standard Time" },
    } });
    let retitled_there = occurrence(
        "o16",
        16,
        json!({ "type": "exception", "subject": "Other" }),
    );
    let answers = vec![
        (200, series(rule.clone())),
        (200, series(rule)),
        (200, list(json!([occurrence("o9", 9, json!({}))]))),
        (204, Value::Null),
        (200, list(json!([occurrence("o16", 16, json!({}))]))),
        (200, retitled_there),
    ];
    let graph = Graph::answering(answers).await;
    let seen = retitled(&mondays().with_occurrence(at(9), None), 16, "Other");
    let more = content(date(2026, 11, 2), &["RRULE:FREQ=WEEKLY;BYDAY=MO,TU"]);
    let wanted = Content {
        timing: more.timing,
        ..seen.clone()
    };

    let written = update(&graph, &seen, &wanted).await.unwrap();

    assert_eq!(wanted.diff(&seen).own, Fields::NONE.with(Field::Timing));
    assert_eq!(written.content, wanted);
    let calls = graph.calls();
    assert_eq!(calls[3], "DELETE /me/calendars/CAL/events/o9");
    assert_eq!(calls[5], "PATCH /me/calendars/CAL/events/o16");
    assert_eq!(graph.asked()[5].body, json!({ "subject": "Other" }));
}
