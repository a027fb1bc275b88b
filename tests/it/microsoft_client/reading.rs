//! Reading changes: views, links, series and what is out of view.

use domain::{event::Change, failure::FailureClass};
use serde_json::json;
use shared::providers::{CalendarProvider as _, Next, Page, ProviderError, ReadFrom, SeriesShown};

use super::scripted::{Graph, access, calendar, event, list, occurrence, series};

async fn read(
    graph: &Graph,
    from: ReadFrom<'_>,
    page: Option<&str>,
) -> Result<Page, ProviderError> {
    graph
        .client
        .changes(&access(), &calendar(), from, page)
        .await
}

async fn read_at(graph: &Graph, cursor: &str) -> Result<Page, ProviderError> {
    read(graph, ReadFrom::Cursor(cursor), None).await
}

fn delta(value: serde_json::Value) -> serde_json::Value {
    let mut page = list(value);
    page["@odata.deltaLink"] = json!("http://127.0.0.1/v1.0/later?$deltatoken=1");
    page
}

/// A cursor whose view shows a year ahead.
fn cursor(graph: &Graph) -> String {
    format!(
        "2027-11-03T12:00:00Z {}/v1.0/me/calendars/CAL/calendarView/delta?$deltatoken=A",
        graph.base
    )
}

#[tokio::test]
async fn a_first_read_shows_from_the_history_to_a_year_ahead_and_links_are_followed_as_given() {
    let graph = Graph::answering(vec![]).await;
    let link = format!(
        "{}/v1.0/me/calendarview/DELTA()?$SkipToken=a%2Fb%20c",
        graph.base
    );
    let later = format!("{}/v1.0/me/calendarview/DELTA()?$DeltaToken=d", graph.base);
    graph.then(200, json!({ "value": [], "@odata.nextLink": link }));
    graph.then(
        200,
        json!({ "value": [event(json!({}))], "@odata.deltaLink": later }),
    );
    graph.then(200, json!({ "value": [], "@odata.deltaLink": later }));
    let since = Some("2026-10-01T00:00:00Z".parse().unwrap());

    let first = read(&graph, ReadFrom::Start { since }, None).await.unwrap();
    let Next::Page(page) = first.next else {
        panic!("{:?}", first.next)
    };
    let second = read(&graph, ReadFrom::Start { since }, Some(&page))
        .await
        .unwrap();
    let Next::Cursor(cursor) = &second.next else {
        panic!("{:?}", second.next)
    };
    read_at(&graph, cursor).await.unwrap();

    let asked = graph.asked();
    assert_eq!(asked[0].what, "GET /me/calendars/CAL/calendarView/delta");
    let window = "startDateTime=2026-10-01T00%3A00%3A00Z&endDateTime=2027-11-03T12%3A00%3A00Z";
    assert_eq!(asked[0].query, window);
    assert_eq!(
        (asked[1].what.as_str(), asked[1].query.as_str()),
        ("GET /me/calendarview/DELTA()", "$SkipToken=a%2Fb%20c")
    );
    assert_eq!(asked[2].query, "$DeltaToken=d");
    for asked in asked {
        for wanted in [
            r#"IdType="ImmutableId""#,
            r#"outlook.timezone="UTC""#,
            "odata.maxpagesize=",
        ] {
            assert!(asked.prefer.contains(wanted), "{}", asked.prefer);
        }
    }
    assert!(
        matches!(&second.changes[..], [Change::Upserted(event)] if event.content.title == "Repair")
    );
    assert_eq!(second.series, SeriesShown::Whole);
}

#[tokio::test]
async fn a_series_is_read_once_whatever_of_it_is_listed() {
    let bare = |id, day| {
        json!({ "id": id, "type": "occurrence", "seriesMasterId": "AAMk1",
        "start": { "dateTime": format!("2026-11-{day}T08:00:00"), "timeZone": "UTC" },
        "end": { "dateTime": format!("2026-11-{day}T09:00:00"), "timeZone": "UTC" } })
    };
    let page = delta(json!([
        series(json!({})),
        bare("o1", "09"),
        bare("o2", "23")
    ]));
    let whole = series(json!({ "cancelledOccurrences": ["OID.AAMk1.2026-11-16"] }));
    let graph = Graph::answering(vec![(200, page), (200, whole)]).await;

    let read = read_at(&graph, &cursor(&graph)).await.unwrap();

    assert_eq!(graph.calls()[1..], ["GET /me/calendars/CAL/events/AAMk1"]);
    let query = &graph.asked()[1].query;
    assert!(
        query.contains("cancelledOccurrences") && query.contains("expand=exceptionOccurrences"),
        "{query}"
    );
    let [Change::Upserted(event)] = &read.changes[..] else {
        panic!("{:?}", read.changes)
    };
    assert_eq!(event.content.exceptions.cancelled().count(), 1);
}

/// Series, and an occurrence of one that is not to be seen.
fn many() -> serde_json::Value {
    let ids = (1..=21).map(|number| format!("AAMk{number:02}"));
    let mut listed: Vec<_> = ids.map(|id| series(json!({ "id": id }))).collect();
    let hidden = json!({ "seriesMasterId": "AAMk00" });
    listed.push(occurrence("o1", 9, hidden));
    delta(json!(listed))
}

fn answered(id: usize, status: u16, body: &serde_json::Value) -> serde_json::Value {
    json!({ "id": id.to_string(), "status": status, "headers": { "Retry-After": "7" }, "body": body })
}

#[tokio::test]
async fn many_series_are_read_twenty_at_a_time_whatever_the_order_of_the_answers() {
    let named = |number| series(json!({ "id": format!("AAMk{number:02}") }));
    let gone = json!({ "error": { "code": "ErrorItemNotFound", "message": "" } });
    let mut first: Vec<_> = (1..20)
        .map(|number| answered(number, 200, &named(number)))
        .collect();
    first.push(answered(0, 404, &gone));
    first.reverse();
    let second = json!([answered(0, 200, &named(20)), answered(1, 200, &named(21))]);
    let graph = Graph::answering(vec![
        (200, many()),
        (200, json!({ "responses": first })),
        (200, occurrence("o1", 9, json!({}))),
        (200, json!({ "responses": second })),
    ])
    .await;

    let read = read_at(&graph, &cursor(&graph)).await.unwrap();

    assert_eq!(
        graph.calls()[1..],
        [
            "POST /$batch",
            "GET /me/calendars/CAL/events/o1",
            "POST /$batch"
        ]
    );
    let asked = &graph.asked()[1].body["requests"];
    assert_eq!(asked.as_array().map(Vec::len), Some(20));
    let one = &asked[1];
    assert_eq!((&one["id"], &one["method"]), (&json!("1"), &json!("GET")));
    let url = one["url"].as_str().unwrap();
    assert!(
        url.starts_with("/me/calendars/CAL/events/AAMk01?%24select="),
        "{url}"
    );
    assert_eq!(read.changes.len(), 22);
}

#[tokio::test]
async fn one_of_many_series_that_is_refused_is_waited_for() {
    let haste = json!({ "error": { "code": "TooManyRequests", "message": "" } });
    let answers: Vec<_> = (0..20)
        .map(|number| answered(number, 429, &haste))
        .collect();
    let graph = Graph::answering(vec![(200, many()), (200, json!({ "responses": answers }))]).await;

    let refused = read_at(&graph, &cursor(&graph)).await.unwrap_err();

    assert_eq!(refused.class, FailureClass::RateLimited);
    assert_eq!(refused.retry_after_s, Some(7));
}

#[tokio::test]
async fn what_is_removed_from_the_view_may_only_be_elsewhere() {
    let removed = json!({ "id": "AAMk9", "@removed": { "reason": "deleted" } });
    let graph = Graph::answering(vec![(
        200,
        delta(json!([event(json!({ "id": "AAMk9" })), removed])),
    )])
    .await;

    let read = read_at(&graph, &cursor(&graph)).await.unwrap();

    assert_eq!(read.changes, []);
    assert_eq!(read.out_of_view.len(), 1);
}

#[tokio::test]
async fn a_view_that_comes_to_its_end_is_read_anew() {
    let graph = Graph::answering(vec![]).await;
    let link = format!(
        "{}/v1.0/me/calendars/CAL/calendarView/delta?$deltatoken=A",
        graph.base
    );

    for cursor in [format!("2027-05-01T00:00:00Z {link}"), link, "?".to_owned()] {
        let refused = read_at(&graph, &cursor).await.unwrap_err();

        assert_eq!(refused.class, FailureClass::CursorExpired);
    }
    assert_eq!(graph.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn an_access_token_goes_to_no_other_place() {
    let graph = Graph::answering(vec![]).await;
    let elsewhere =
        "2027-11-03T12:00:00Z http://127.0.0.1:9/v1.0/me/calendarView/delta?$deltatoken=A";

    let refused = read_at(&graph, elsewhere).await.unwrap_err();

    assert_eq!(refused.class, FailureClass::CursorExpired);
    assert_eq!(graph.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn who_sees_single_occurrences_only_has_them_as_events() {
    let page = delta(json!([occurrence("o1", 9, json!({}))]));
    let gone = json!({ "error": { "code": "ErrorItemNotFound", "message": "" } });
    let alone = occurrence("o1", 9, json!({}));
    let graph = Graph::answering(vec![(200, page), (404, gone), (200, alone)]).await;

    let read = read_at(&graph, &cursor(&graph)).await.unwrap();

    let [Change::Upserted(event)] = &read.changes[..] else {
        panic!("{:?}", read.changes)
    };
    assert_eq!((event.external_id.0.as_str(), &event.uid), ("o1", &None));
}

#[tokio::test]
async fn one_item_that_cannot_be_read_hides_no_other() {
    let page = delta(json!([{ "id": "odd", "subject": 5 }, event(json!({}))]));
    let graph = Graph::answering(vec![(200, page)]).await;

    let read = read_at(&graph, &cursor(&graph)).await.unwrap();

    assert!(matches!(
        &read.changes[..],
        [Change::Upserted(_), Change::Refused { .. }]
    ));
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_when() {
    for (status, after, code, class) in [
        (
            429,
            Some(17),
            "ApplicationThrottled",
            FailureClass::RateLimited,
        ),
        (410, None, "syncStateNotFound", FailureClass::CursorExpired),
        (
            401,
            None,
            "InvalidAuthenticationToken",
            FailureClass::Authentication,
        ),
        (503, Some(5), "serviceNotAvailable", FailureClass::Transient),
    ] {
        let graph = Graph::refusing(status, after, code).await;

        let refused = read_at(&graph, &cursor(&graph)).await.unwrap_err();

        assert_eq!(
            (refused.class, refused.retry_after_s),
            (class, after.map(u64::from))
        );
        assert_eq!(refused.detail, format!("{status} {code}: No."));
    }
}

#[tokio::test]
async fn calendars_are_in_the_zone_of_the_mailbox_if_it_may_be_known() {
    let calendars = list(json!([
        { "id": "A", "name": "Calendar", "canEdit": true, "isDefaultCalendar": true },
        { "id": "B", "name": "Holidays", "canEdit": false },
    ]));
    let forbidden = json!({ "error": { "code": "ErrorAccessDenied", "message": "" } });
    let zone = json!({ "timeZone": "Tokyo Standard Time" });
    for (status, settings, wanted) in [(200, zone, "Asia/Tokyo"), (403, forbidden, "UTC")] {
        let graph = Graph::answering(vec![(status, settings), (200, calendars.clone())]).await;

        let found = graph.client.calendars(&access()).await.unwrap();

        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.primary, one.writable))
            .collect();
        assert_eq!(shown, [(true, true), (false, false)]);
        assert_eq!(found[0].zone.name(), wanted);
    }
}
