//! What people and meetings leave in bodies, and what no application can make.

use serde_json::json;

use super::harness::{ADA, EVENTS, Microsoft, at, id};

#[tokio::test]
async fn a_body_is_a_document_of_html_unless_text_is_preferred() {
    let microsoft = Microsoft::start().await;
    let mut event = at(9);
    event["body"] =
        json!({ "contentType": "HTML", "content": "<p>Bring <b>keys</b> &amp; tea</p>" });
    let html = microsoft.create(event.clone()).await;
    assert_eq!(html["body"]["contentType"], "html");
    let content = html["body"]["content"].as_str().unwrap();
    assert!(
        content.starts_with("<html>") && content.contains("<b>keys</b>"),
        "{content}"
    );
    assert_eq!(html["bodyPreview"], "Bring keys & tea");
    let path = format!("{EVENTS}/{}", id(&html));
    let text = microsoft
        .get_with(&path, r#"outlook.body-content-type="text""#)
        .await;
    let expected = json!({ "contentType": "text", "content": "Bring keys & tea" });
    assert_eq!(text["body"], expected);

    event["body"] = json!({ "contentType": "text", "content": "1 < 2\nnext" });
    let text = microsoft.create(event).await;
    let content = text["body"]["content"].as_str().unwrap();
    assert!(content.contains("1 &lt; 2<br>\r\nnext"), "{content}");
}

#[tokio::test]
async fn a_meeting_lives_in_its_body() {
    let microsoft = Microsoft::start().await;
    let mut event = at(9);
    event["isOnlineMeeting"] = json!(true);
    let event = microsoft.create(event).await;
    let url = event["onlineMeeting"]["joinUrl"].as_str().unwrap();
    let body = event["body"]["content"].as_str().unwrap();
    assert!(body.contains(url));

    let still = microsoft
        .patch(id(&event), json!({ "isOnlineMeeting": false }))
        .await;
    assert_eq!(still["isOnlineMeeting"], true);
    let more = json!({ "body": { "contentType": "html", "content": format!("Hello {body}") } });
    let kept = microsoft.patch(id(&event), more).await;
    assert_eq!(kept["onlineMeeting"]["joinUrl"], url);
    let less = json!({ "body": { "contentType": "html", "content": "Hello" } });
    let lost = microsoft.patch(id(&event), less).await;
    assert_eq!(lost["onlineMeeting"], json!(null));
    assert_eq!(lost["isOnlineMeeting"], false);
}

#[tokio::test]
async fn people_leave_what_no_application_could() {
    let microsoft = Microsoft::start().await;
    let deed = json!({
        "account": ADA, "method": "POST", "path": "me/events", "body": at(9),
        "custom_zone": true, "organizer": "boss@elsewhere.test",
    });
    let event = microsoft.control("people", deed).await;
    let path = format!("{EVENTS}/{}", id(&event));
    let seen = microsoft.get(&path).await;
    assert_eq!(seen["originalStartTimeZone"], "tzone://Microsoft/Custom");
    assert_eq!(seen["start"]["dateTime"], "2027-03-02T08:00:00.0000000");
    assert_eq!(seen["isOrganizer"], false);
    assert_eq!(
        seen["organizer"]["emailAddress"]["address"],
        "boss@elsewhere.test"
    );

    let deed = json!({
        "account": ADA, "method": "PATCH", "path": format!("me/events/{}", id(&event)),
        "body": { "subject": "Off" }, "is_cancelled": true,
    });
    microsoft.control("people", deed).await;
    assert_eq!(microsoft.get(&path).await["isCancelled"], true);
    let log = microsoft.get("/_sim/requests?since=0").await;
    let calls = log["operations"].as_object().unwrap();
    assert!(
        !calls.contains_key("events.create"),
        "people are no application: {calls:?}"
    );
}

#[tokio::test]
async fn a_person_sees_and_changes_a_day() {
    let microsoft = Microsoft::start().await;
    microsoft.create(at(9)).await;
    let calendar = microsoft.get("/v1.0/me/calendar").await;
    let calendar = id(&calendar);
    let day = format!("/day?account={ADA}&calendar={calendar}&date=2027-03-02");
    let page = microsoft.call("GET", &day, json!(null)).await;
    assert!(
        page.text.contains("At 9") && page.text.contains("09:00 to 09:30"),
        "{}",
        page.text
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let add = format!(
        "account={ADA}&calendar={calendar}&day=2027-03-02&title=Lunch&start=12:00&end=13:00"
    );
    let added = microsoft.send("POST", "/day/add", &form, &json!(add)).await;
    assert_eq!(added.status, 303, "{}", added.text);

    let view = "/v1.0/me/calendarView?startDateTime=2027-03-02T00:00:00Z&endDateTime=2027-03-03T00:00:00Z&$orderby=start/dateTime";
    let events = microsoft.get(view).await["value"].clone();
    assert_eq!(events[1]["subject"], "Lunch");
    assert_eq!(
        events[1]["start"]["dateTime"],
        "2027-03-02T11:00:00.0000000"
    );
    let lunch = id(&events[1]);
    let put_off = format!(
        "account={ADA}&calendar={calendar}&event={lunch}&date=2027-03-03&start=12:00&end=13:00"
    );
    let put_off = microsoft
        .send("POST", "/day/move", &form, &json!(put_off))
        .await;
    assert_eq!(put_off.status, 303, "{}", put_off.text);
    assert_eq!(
        microsoft.get(view).await["value"].as_array().unwrap().len(),
        1
    );
    let delete = format!("account={ADA}&calendar={calendar}&day=2027-03-03&event={lunch}");
    microsoft
        .send("POST", "/day/delete", &form, &json!(delete))
        .await;
    assert_eq!(
        microsoft.get(EVENTS).await["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
