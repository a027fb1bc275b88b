//! Creating, finding, deleting, subscribing.

use domain::{
    event::{Change, ExternalEventId, Revision},
    failure::FailureClass,
    time::When,
};
use jiff::civil::date;
use serde_json::{Value, json};
use shared::providers::{CalendarProvider as _, Created, SubscriptionRequest, Tried};

use super::scripted::{Graph, access, calendar, content, event, list, occurrence, series};

fn name() -> ExternalEventId {
    ExternalEventId("kalends.abc".into())
}

fn gone() -> Value {
    json!({ "error": { "code": "ErrorItemNotFound", "message": "" } })
}

fn request() -> SubscriptionRequest {
    SubscriptionRequest {
        id: "sub_01JCMZ4Q5R6S7T8V9W0X1Y2Z3A".parse().unwrap(),
        address: "https://kalends.test/webhooks/microsoft".parse().unwrap(),
        channel_token: "v1.proof".into(),
    }
}

#[tokio::test]
async fn a_copy_is_created_under_its_name_in_one_call_and_gets_an_id() {
    let graph = Graph::answering(vec![(201, event(json!({ "id": "AAMk7" })))]).await;
    let wanted = content(date(2026, 11, 2), &[]);

    let made = graph.create(&name(), &wanted, Tried::Never).await.unwrap();

    let Created::New(made) = made else {
        panic!("{made:?}")
    };
    assert_eq!(
        (made.external_id.0.as_str(), &made.content),
        ("AAMk7", &wanted)
    );
    let asked = graph.asked();
    assert_eq!(graph.calls(), ["POST /me/calendars/CAL/events"]);
    let mut body = asked[0].body.clone();
    let property = body["singleValueExtendedProperties"].take();
    assert_eq!(property[0]["value"], "kalends.abc");
    let moment = |hour| json!({ "dateTime": format!("2026-11-02T{hour}:00:00"), "timeZone": "W. Europe Standard Time" });
    let written = json!({
        "subject": "Repair", "body": { "contentType": "text", "content": "Bring it" },
        "location": { "displayName": "Hall 4" }, "start": moment("09"), "end": moment("10"), "isAllDay": false,
        "sensitivity": "normal", "transactionId": "kalends.abc", "singleValueExtendedProperties": null,
    });
    assert_eq!(body, written);
}

#[tokio::test]
async fn a_copy_that_an_earlier_try_created_is_found_by_its_name_and_not_created_again() {
    let found = list(json!([{ "id": "AAMk7" }]));
    let there = event(json!({ "id": "AAMk7", "subject": "Edited since" }));
    let graph = Graph::answering(vec![(200, found), (200, there)]).await;
    let wanted = content(date(2026, 11, 2), &[]);

    let made = graph
        .create(&name(), &wanted, Tried::Perhaps)
        .await
        .unwrap();

    let Created::Existing(made) = made else {
        panic!("{made:?}")
    };
    assert_eq!(
        (made.external_id.0.as_str(), made.content.title.as_str()),
        ("AAMk7", "Edited since")
    );
    assert_eq!(
        graph.calls(),
        [
            "GET /me/calendars/CAL/events",
            "GET /me/calendars/CAL/events/AAMk7"
        ]
    );
    assert!(
        graph.asked()[0].query.contains("kalends.abc"),
        "{}",
        graph.asked()[0].query
    );
}

#[tokio::test]
async fn a_copy_that_appears_while_it_is_looked_for_is_adopted() {
    let taken = json!({ "error": { "code": "ErrorDuplicateTransactionId", "message": "" } });
    let found = list(json!([{ "id": "AAMk7" }]));
    let there = event(json!({ "id": "AAMk7" }));
    let answers = vec![
        (200, list(json!([]))),
        (409, taken),
        (200, found),
        (200, there),
    ];
    let graph = Graph::answering(answers).await;
    let wanted = content(date(2026, 11, 2), &[]);

    let made = graph
        .create(&name(), &wanted, Tried::Perhaps)
        .await
        .unwrap();

    assert!(matches!(made, Created::Existing(made) if made.external_id.0 == "AAMk7"));
}

#[tokio::test]
async fn a_series_is_created_with_its_pattern_and_without_what_is_left_out() {
    let whole =
        series(json!({ "cancelledOccurrences": ["OID.AAMk1.2026-11-09", "OID.AAMk1.2026-11-23"] }));
    let instances = list(json!([
        occurrence("o9", 9, json!({})),
        occurrence("o16", 16, json!({})),
        occurrence("o23", 23, json!({})),
    ]));
    let answers = vec![
        (201, series(json!({}))),
        (200, instances),
        (204, Value::Null),
        (204, Value::Null),
        (200, whole),
    ];
    let graph = Graph::answering(answers).await;
    let lines = [
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "EXDATE:20261109T090000,20261123T090000",
    ];
    let wanted = content(date(2026, 11, 2), &lines);

    let made = graph.create(&name(), &wanted, Tried::Never).await.unwrap();

    let Created::New(made) = made else {
        panic!("{made:?}")
    };
    assert_eq!(made.content, wanted);
    let calls = graph.calls();
    assert_eq!(
        calls[1..],
        [
            "GET /me/calendars/CAL/events/AAMk1/instances",
            "DELETE /me/calendars/CAL/events/o9",
            "DELETE /me/calendars/CAL/events/o23",
            "GET /me/calendars/CAL/events/AAMk1",
        ]
    );
    let recurrence = &graph.asked()[0].body["recurrence"];
    assert_eq!(recurrence["pattern"]["daysOfWeek"], json!(["monday"]));
    assert_eq!(
        recurrence["range"]["recurrenceTimeZone"],
        "W. Europe Standard Time"
    );
}

#[tokio::test]
async fn what_outlook_cannot_repeat_is_refused_in_words_and_not_sent() {
    let graph = Graph::answering(vec![]).await;
    let wanted = content(date(2026, 11, 30), &["RRULE:FREQ=MONTHLY;BYDAY=5MO"]);

    let made = graph.create(&name(), &wanted, Tried::Never).await;

    let refused = made.unwrap_err();
    assert_eq!(refused.class, FailureClass::Rejected);
    assert!(refused.detail.contains("the fifth"), "{}", refused.detail);
    assert_eq!(graph.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn whole_days_are_days_of_the_mailbox() {
    let graph = Graph::answering(vec![(201, event(json!({})))]).await;
    let mut wanted = content(date(2026, 11, 2), &[]);
    wanted.timing.when = When::AllDay {
        start: date(2026, 11, 2),
        end: date(2026, 11, 4),
    };

    graph.create(&name(), &wanted, Tried::Never).await.unwrap();

    let body = &graph.asked()[0].body;
    let midnight = |day| json!({ "dateTime": format!("2026-11-{day}T00:00:00"), "timeZone": "W. Europe Standard Time" });
    assert_eq!(
        (&body["start"], &body["end"]),
        (&midnight("02"), &midnight("04"))
    );
    assert_eq!(body["isAllDay"], true);
}

#[tokio::test]
async fn an_event_is_found_by_its_name_as_by_its_id() {
    let answers = vec![
        (200, list(json!([{ "id": "AAMk7" }]))),
        (200, event(json!({ "id": "AAMk7" }))),
        (200, list(json!([]))),
        (404, gone()),
    ];
    let graph = Graph::answering(answers).await;
    let get = async |id: &str| {
        let id = ExternalEventId(id.into());
        graph.client.get(&access(), &calendar(), &id).await.unwrap()
    };

    assert!(
        matches!(get("kalends.abc").await, Some(Change::Upserted(event)) if event.external_id.0 == "AAMk7")
    );
    assert_eq!(get("kalends.def").await, None);
    assert_eq!(get("AAMk8").await, None);
}

#[tokio::test]
async fn an_event_is_deleted_as_it_was_seen_and_once_is_enough() {
    let graph = Graph::answering(vec![(204, Value::Null), (404, gone()), (412, gone())]).await;
    let id = ExternalEventId("AAMk7".into());
    let revision = Revision("W/\"1\"".into());
    let delete = async || {
        graph
            .client
            .delete(&access(), &calendar(), &id, Some(&revision))
            .await
    };

    delete().await.unwrap();
    delete().await.unwrap();

    assert_eq!(delete().await.unwrap_err().class, FailureClass::Conflict);
    assert_eq!(graph.asked()[0].if_match.as_deref(), Some("W/\"1\""));
}

#[tokio::test]
async fn the_mailbox_is_subscribed_to_for_as_long_as_it_may_be() {
    let answer = json!({ "id": "S1", "resource": "me/events", "expirationDateTime": "2026-11-09T11:50:00Z" });
    let graph = Graph::answering(vec![(201, answer)]).await;

    let granted = graph
        .client
        .subscribe(&access(), &calendar(), &request())
        .await
        .unwrap();

    assert_eq!(granted.external_id, "S1");
    let written = json!({
        "changeType": "created,updated,deleted", "resource": "me/events", "clientState": "v1.proof",
        "notificationUrl": "https://kalends.test/webhooks/microsoft",
        "lifecycleNotificationUrl": "https://kalends.test/webhooks/microsoft/lifecycle",
        "expirationDateTime": "2026-11-09T11:50:00Z",
    });
    assert_eq!(graph.asked()[0].body, written);
    assert!(graph.asked()[0].prefer.contains("ImmutableId"));
}

#[tokio::test]
async fn a_subscription_that_nobody_remembers_makes_room_for_a_new_one() {
    let ours =
        json!({ "id": "S0", "resource": "/me/events", "notificationUrl": request().address });
    let theirs =
        json!({ "id": "S9", "resource": "me/events", "notificationUrl": "https://other.test/" });
    let answer = json!({ "id": "S1", "expirationDateTime": "2026-11-09T11:50:00Z" });
    let taken = json!({ "error": { "code": "ObjectIdentifierInUse", "message": "" } });
    let answers = vec![
        (409, taken),
        (200, list(json!([theirs, ours]))),
        (204, Value::Null),
        (201, answer),
    ];
    let graph = Graph::answering(answers).await;

    let granted = graph
        .client
        .subscribe(&access(), &calendar(), &request())
        .await
        .unwrap();

    assert_eq!(granted.external_id, "S1");
    assert_eq!(
        graph.calls()[1..],
        [
            "GET /subscriptions",
            "DELETE /subscriptions/S0",
            "POST /subscriptions"
        ]
    );
}

#[tokio::test]
async fn a_subscription_is_prolonged_unless_it_has_ended() {
    let answer = json!({ "id": "S1", "expirationDateTime": "2026-11-09T11:50:00.0000000Z" });
    let graph = Graph::answering(vec![(200, answer), (404, gone())]).await;

    let renewed = graph.client.renew(&access(), "S1").await.unwrap();
    let ended = graph.client.renew(&access(), "S1").await.unwrap();

    assert_eq!(
        renewed.unwrap().expires_at,
        "2026-11-09T11:50:00Z".parse().unwrap()
    );
    assert!(ended.is_none());
    assert_eq!(
        graph.calls(),
        ["PATCH /subscriptions/S1", "PATCH /subscriptions/S1"]
    );
}
