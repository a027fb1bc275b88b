//! Single events: created, read, changed, deleted, and what is refused of them.

use serde_json::{Value, json};

use super::harness::{ADA, EVENTS, Microsoft, at, berlin, id};

#[tokio::test]
async fn a_time_is_shown_in_utc_unless_the_caller_prefers_a_zone() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    let path = format!("{EVENTS}/{}", id(&event));

    let utc = json!({ "dateTime": "2027-03-02T08:00:00.0000000", "timeZone": "UTC" });
    assert_eq!(event["start"], utc);
    assert_eq!(event["originalStartTimeZone"], "W. Europe Standard Time");
    let preferred = microsoft
        .get_with(&path, r#"outlook.timezone="Pacific Standard Time""#)
        .await;
    let pacific =
        json!({ "dateTime": "2027-03-02T00:00:00.0000000", "timeZone": "Pacific Standard Time" });
    assert_eq!(preferred["start"], pacific);
}

#[tokio::test]
async fn a_zone_may_be_named_as_windows_or_the_iana_do_but_must_be_known() {
    let microsoft = Microsoft::start().await;
    let mut event = at(9);
    event["start"]["timeZone"] = json!("Europe/Vienna");
    let created = microsoft.create(event.clone()).await;
    assert_eq!(created["originalStartTimeZone"], "W. Europe Standard Time");
    event["start"]["timeZone"] = json!("Asia/Kolkata");
    event["start"]["dateTime"] = json!("2027-03-02T09:00:00");
    let created = microsoft.create(event.clone()).await;
    assert_eq!(created["start"]["dateTime"], "2027-03-02T03:30:00.0000000");

    for unknown in ["Mars/Olympus", "Middle-earth Standard Time", ""] {
        event["start"]["timeZone"] = json!(unknown);
        let refused = microsoft.call("POST", EVENTS, event.clone()).await;
        assert_eq!(refused.code(), (400, "TimeZoneNotSupportedException"));
    }
    event["start"] = json!({ "dateTime": "2027-03-02T09:00:00Z", "timeZone": "UTC" });
    let refused = microsoft.call("POST", EVENTS, event).await;
    assert_eq!(refused.status, 400, "an offset has no place here");
}

#[tokio::test]
async fn the_same_transaction_makes_one_event() {
    let microsoft = Microsoft::start().await;
    let mut event = at(9);
    event["transactionId"] = json!("once");
    let fault = json!({ "name": "drop_response", "scope": "events.create", "count": 1 });
    microsoft.fault(fault).await;
    let lost = microsoft.call("POST", EVENTS, event.clone()).await;
    assert_eq!(lost.status, 0, "the answer is lost, the event is there");

    let first = microsoft.create(event.clone()).await;
    let again = microsoft.create(event.clone()).await;
    assert_eq!(id(&first), id(&again));
    assert_eq!(again["transactionId"], "once");
    let all = microsoft.get(EVENTS).await;
    assert_eq!(all["value"].as_array().unwrap().len(), 1);

    let conflict = json!({ "repeated": "conflict" });
    microsoft.control("transactions", conflict).await;
    let refused = microsoft.call("POST", EVENTS, event).await;
    assert_eq!(refused.code(), (409, "ErrorDuplicateTransactionId"));
    let path = format!("{EVENTS}/{}", id(&first));
    let change = json!({ "transactionId": "twice" });
    assert_eq!(microsoft.call("PATCH", &path, change).await.status, 400);
}

#[tokio::test]
async fn a_stale_writer_is_stopped() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    let path = format!("{EVENTS}/{}", id(&event));
    let seen = event["@odata.etag"].as_str().unwrap();
    assert_eq!(
        seen,
        format!("W/\"{}\"", event["changeKey"].as_str().unwrap())
    );
    let write = async |method, title: &str| {
        let headers = [("if-match", seen)];
        let body = json!({ "subject": title });
        microsoft.send(method, &path, &headers, &body).await
    };

    assert_eq!(write("PATCH", "mine").await.status, 200);
    let stale = (412, "ErrorIrresolvableConflict");
    assert_eq!(write("PATCH", "theirs").await.code(), stale);
    assert_eq!(write("DELETE", "").await.code(), stale);
    assert_eq!(microsoft.get(&path).await["subject"], "mine");
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    microsoft.delete(id(&event)).await;
    let path = format!("{EVENTS}/{}", id(&event));
    for method in ["GET", "DELETE"] {
        let answer = microsoft.call(method, &path, Value::Null).await;
        assert_eq!(answer.code(), (404, "ErrorItemNotFound"));
    }
    let answer = microsoft
        .call("GET", "/v1.0/me/events/x", Value::Null)
        .await;
    assert_eq!(answer.code(), (400, "ErrorInvalidIdMalformed"));
}

#[tokio::test]
async fn an_all_day_event_lies_between_two_midnights_of_one_zone() {
    let microsoft = Microsoft::start().await;
    let day = |start: &str, end: &str| json!({ "subject": "Away", "isAllDay": true, "start": berlin(start), "end": berlin(end) });
    let event = day("2027-03-02T00:00:00", "2027-03-04T00:00:00");
    let created = microsoft.create(event.clone()).await;
    assert_eq!(created["start"]["dateTime"], "2027-03-02T00:00:00.0000000");
    assert_eq!(created["end"]["dateTime"], "2027-03-04T00:00:00.0000000");

    let refused = async |event: Value| {
        let answer = microsoft.call("POST", EVENTS, event).await;
        assert_eq!(answer.code(), (400, "ErrorInvalidRequest"));
        answer.body["error"]["message"].as_str().unwrap().to_owned()
    };
    let late = refused(day("2027-03-02T01:00:00", "2027-03-03T00:00:00")).await;
    assert!(
        late.contains("Event.Start property for an all-day event"),
        "{late}"
    );
    let early = refused(day("2027-03-02T00:00:00", "2027-03-02T23:00:00")).await;
    assert!(
        early.contains("Event.End property for an all-day event"),
        "{early}"
    );
    refused(day("2027-03-02T00:00:00", "2027-03-02T00:00:00")).await;
    let mut two_zones = event;
    two_zones["end"]["timeZone"] = json!("UTC");
    refused(two_zones).await;
}

#[tokio::test]
async fn what_graph_does_not_know_is_refused_by_name_and_recorded() {
    let microsoft = Microsoft::start().await;
    let refused = async |name: &str, value: Value| {
        let mut event = at(9);
        event[name] = value;
        let answer = microsoft.call("POST", EVENTS, event).await;
        (answer.status, answer.code().1.to_owned())
    };
    let unreadable = (400, "RequestBodyRead".to_owned());
    let read_only = (400, "ErrorInvalidPropertySet".to_owned());
    assert_eq!(refused("sujet", json!("typo")).await, unreadable);
    assert_eq!(refused("iCalUId", json!("x")).await, read_only);
    assert_eq!(refused("showAs", json!("outOfOffice")).await, unreadable);
    assert_eq!(refused("isAllDay", json!("yes")).await, unreadable);
    assert_eq!(
        refused("@odata.type", json!("#microsoft.graph.message")).await,
        unreadable
    );
    let path = format!("{EVENTS}?$top=5&$color=red");
    let answer = microsoft.call("GET", &path, Value::Null).await;
    assert_eq!(answer.code(), (400, "ErrorInvalidUrlQuery"));
    let path = format!("{EVENTS}?$select=subject,sujet");
    assert_eq!(microsoft.call("GET", &path, Value::Null).await.status, 400);
    let answer = microsoft
        .call("GET", "/v1.0/me/kalender", Value::Null)
        .await;
    assert_eq!(answer.code(), (400, "BadRequest"));

    let log = microsoft.get("/_sim/requests?since=0").await;
    let refusals = log["violations"].as_array().unwrap();
    let words: Vec<&str> = refusals
        .iter()
        .map(|entry| entry["refused"].as_str().unwrap())
        .collect();
    assert_eq!(words.len(), 6, "a wrong value is no misspelling: {words:?}");
    assert!(
        words[0].starts_with("The property 'sujet' does not exist"),
        "{words:?}"
    );
}

#[tokio::test]
async fn the_clients_own_type_names_and_any_case_are_understood() {
    let microsoft = Microsoft::start().await;
    let mut event = at(9);
    event["@odata.type"] = json!("#microsoft.graph.event");
    event["start"]["@odata.type"] = json!("microsoft.graph.dateTimeTimeZone");
    event["showAs"] = json!("Oof");
    let created = microsoft.create(event).await;
    assert_eq!(created["showAs"], "oof");
    let path = format!("/v1.0/ME/Events/{}", id(&created));
    assert_eq!(microsoft.get(&path).await["subject"], "At 9");
}

#[tokio::test]
async fn guests_are_written_to_whether_the_caller_wants_it_or_not() {
    let microsoft = Microsoft::start().await;
    let guest = |address: &str| json!({ "emailAddress": { "address": address } });
    let mut event = at(9);
    event["attendees"] = json!([guest("one@example.com")]);
    let event = microsoft.create(event).await;
    microsoft
        .patch(id(&event), json!({ "subject": "Later" }))
        .await;
    let both = json!({ "attendees": [guest("one@example.com"), guest("two@example.com")] });
    microsoft.patch(id(&event), both).await;
    microsoft.delete(id(&event)).await;

    let mails = microsoft.get("/_sim/mail").await;
    let kinds: Vec<&str> = mails["mails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["kind"].as_str().unwrap())
        .collect();
    let expected = [
        "invitation",
        "update",
        "invitation",
        "cancellation",
        "cancellation",
    ];
    assert_eq!(
        kinds, expected,
        "attendees alone are news for the new ones only"
    );
}

#[tokio::test]
async fn an_extended_property_is_kept_found_and_shown_only_on_request() {
    let microsoft = Microsoft::start().await;
    let name = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name LocalId";
    let mut event = at(9);
    event["singleValueExtendedProperties"] = json!([{ "id": name, "value": "42" }]);
    let event = microsoft.create(event).await;
    microsoft.create(at(10)).await;
    let path = format!("{EVENTS}/{}", id(&event));
    let property = "singleValueExtendedProperties";
    assert_eq!(microsoft.get(&path).await.get(property), None);

    let encoded = name
        .replace(' ', "%20")
        .replace('{', "%7B")
        .replace('}', "%7D");
    let expand = format!("{path}?$expand={property}($filter=id%20eq%20'{encoded}')");
    assert_eq!(microsoft.get(&expand).await[property][0]["value"], "42");
    let any = format!(
        "{EVENTS}?$filter={property}/Any(ep:%20ep/id%20eq%20'{encoded}'%20and%20ep/value%20eq%20'42')"
    );
    let found = microsoft.get(&any).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let none = any.replace("'42'", "'43'");
    assert_eq!(microsoft.get(&none).await["value"], json!([]));

    let mut odd = at(9);
    odd["singleValueExtendedProperties"] = json!([{ "id": "LocalId", "value": "42" }]);
    let refused = microsoft.call("POST", EVENTS, odd).await;
    assert_eq!(refused.code(), (400, "ErrorInvalidExtendedProperty"));
}

#[tokio::test]
async fn an_event_has_two_ids_and_only_one_of_them_survives_a_move() {
    let microsoft = Microsoft::start().await;
    let other = microsoft.sim.add_calendar(ADA, "Other");
    let event = microsoft.create(at(9)).await;
    let path = format!("{EVENTS}/{}", id(&event));
    let kept = microsoft.get_with(&path, r#"IdType="ImmutableId""#).await;
    assert_ne!(id(&event), id(&kept));

    let wish = json!({ "account": ADA, "event": id(&event), "calendar": other });
    let moved = microsoft.control("move", wish).await;
    assert_eq!(microsoft.call("GET", &path, Value::Null).await.status, 404);
    let by_new = microsoft.get(&format!("{EVENTS}/{}", id(&moved))).await;
    let by_kept = microsoft.get(&format!("{EVENTS}/{}", id(&kept))).await;
    assert_eq!(by_new["iCalUId"], by_kept["iCalUId"]);
    assert_eq!(microsoft.get(EVENTS).await["value"], json!([]));
    let lower = format!("{EVENTS}/{}", id(&kept).to_lowercase());
    assert_ne!(microsoft.call("GET", &lower, Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_listing_is_chosen_sorted_and_paged_by_its_link() {
    let microsoft = Microsoft::start().await;
    for hour in [11, 9, 10] {
        microsoft.create(at(hour)).await;
    }
    let path = format!("{EVENTS}?$top=2&$orderby=start/dateTime&$select=subject");
    let first = microsoft.get(&path).await;
    let names: Vec<&String> = first["value"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["@odata.etag", "id", "subject"]);
    let next = first["@odata.nextLink"].as_str().unwrap();
    let second = microsoft.get(next).await;
    assert_eq!(second.get("@odata.nextLink"), None);
    let shown = [&first["value"][0], &first["value"][1], &second["value"][0]];
    let shown = shown.map(|event| event["subject"].as_str().unwrap());
    assert_eq!(shown, ["At 9", "At 10", "At 11"]);
    let late = format!("{EVENTS}?$filter=start/dateTime%20ge%20'2027-03-02T09:00:00'");
    assert_eq!(
        microsoft.get(&late).await["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_calendar_that_is_only_shared_for_reading_takes_no_writes() {
    let microsoft = Microsoft::start().await;
    let new = json!({ "account": ADA, "name": "Holidays", "can_edit": false });
    let calendar = microsoft.control("calendars", new).await;
    let path = format!("/v1.0/me/calendars/{}/events", id(&calendar));
    let refused = microsoft.call("POST", &path, at(9)).await;
    assert_eq!(refused.code(), (403, "ErrorAccessDenied"));

    let all = microsoft
        .get("/v1.0/me/calendars?$select=id,name,canEdit")
        .await;
    let edits: Vec<bool> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|calendar| calendar["canEdit"].as_bool().unwrap())
        .collect();
    assert_eq!(edits, [true, false]);
}
