//! What is in a window, and what has changed there since.

use serde_json::{Value, json};

use super::harness::{ADA, EVENTS, Microsoft, Replica, WINDOW, at, berlin, each, id, weekly};

/// What the round shows that the replica goes on with, in pages of fifty.
async fn round(microsoft: &Microsoft, replica: &mut Replica) -> Vec<Value> {
    let link = replica.link.clone().unwrap_or_else(|| WINDOW.to_owned());
    let page = microsoft.get_with(&link, "odata.maxpagesize=50").await;
    replica.link = page["@odata.deltaLink"].as_str().map(str::to_owned);
    page["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn occurrences_are_bare_and_stand_with_their_master() {
    let microsoft = Microsoft::start().await;
    microsoft.create(at(9)).await;
    let series = microsoft.create(weekly()).await;
    let mut replica = Replica::default();
    let shown = round(&microsoft, &mut replica).await;

    let kinds = [
        "singleInstance",
        "seriesMaster",
        "occurrence",
        "occurrence",
        "occurrence",
        "occurrence",
    ];
    assert_eq!(each(&shown, "/type"), kinds);
    assert_eq!(shown[1]["start"], series["start"], "the first occurrence's");
    let names: Vec<&String> = shown[2].as_object().unwrap().keys().collect();
    let bare = [
        "@odata.etag",
        "@odata.type",
        "end",
        "id",
        "seriesMasterId",
        "start",
        "type",
    ];
    assert_eq!(names, bare);
    assert_eq!(shown[0]["@odata.type"], "#microsoft.graph.event");

    let small = microsoft.get_with(WINDOW, "odata.maxpagesize=2").await;
    assert_eq!(
        small["value"].as_array().unwrap().len(),
        6,
        "a series is not split"
    );
}

#[tokio::test]
async fn every_spelling_of_the_function_is_understood() {
    let microsoft = Microsoft::start().await;
    microsoft.create(at(9)).await;
    for name in [
        "delta",
        "delta()",
        "Delta",
        "microsoft.graph.delta",
        "microsoft.graph.delta()",
    ] {
        let path = format!(
            "/v1.0/me/calendarview/{name}?startdatetime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z"
        );
        let page = microsoft.get(&path).await;
        assert_eq!(page["value"].as_array().unwrap().len(), 1, "{name}");
        let link = page["@odata.deltaLink"].as_str().unwrap();
        assert!(link.starts_with("http://127.0.0.1:8789/v1.0/me/"), "{link}");
        assert!(
            !link.contains("startDateTime"),
            "the link carries its window inside: {link}"
        );
    }
}

#[tokio::test]
async fn a_change_comes_once_and_silence_is_empty() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    microsoft.create(at(10)).await;
    let mut replica = Replica::default();
    round(&microsoft, &mut replica).await;
    assert_eq!(round(&microsoft, &mut replica).await, Vec::<Value>::new());

    microsoft
        .patch(id(&event), json!({ "subject": "Late" }))
        .await;
    let changed = round(&microsoft, &mut replica).await;
    assert_eq!(each(&changed, "/subject"), ["Late"]);
    microsoft.delete(id(&event)).await;
    let removed = round(&microsoft, &mut replica).await;
    let expected = json!([{
        "@odata.type": "#microsoft.graph.event", "id": id(&event), "@removed": { "reason": "deleted" },
    }]);
    assert_eq!(json!(removed), expected);
}

#[tokio::test]
async fn nothing_tells_of_one_occurrence_that_is_no_more() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let mut replica = Replica::default();
    let shown = round(&microsoft, &mut replica).await;
    microsoft.delete(id(&shown[2])).await;

    let changed = round(&microsoft, &mut replica).await;
    assert_eq!(each(&changed, "/@removed/reason"), [""; 4], "{changed:#?}");
    assert_eq!(id(&changed[0]), id(&series));
    let starts = each(&changed, "/start/dateTime");
    assert_eq!(&starts[1][..10], "2027-03-16");
    assert_eq!(&starts[2][..10], "2027-03-30");
}

#[tokio::test]
async fn what_leaves_the_window_looks_as_if_it_were_deleted() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    let mut replica = Replica::default();
    round(&microsoft, &mut replica).await;

    let away =
        json!({ "start": berlin("2027-08-02T09:00:00"), "end": berlin("2027-08-02T10:00:00") });
    microsoft.patch(id(&event), away.clone()).await;
    let mut far = at(9);
    far["start"] = away["start"].clone();
    far["end"] = away["end"].clone();
    let far = microsoft.create(far).await;
    let changed = round(&microsoft, &mut replica).await;
    assert_eq!(each(&changed, "/id"), [id(&event), id(&far)]);
    assert_eq!(each(&changed, "/@removed/reason"), ["deleted"; 2]);
    let path = format!("{EVENTS}/{}", id(&event));
    assert_eq!(
        microsoft.get(&path).await["subject"],
        "At 9",
        "it is there all the same"
    );

    let mut fresh = Replica::default();
    assert_eq!(round(&microsoft, &mut fresh).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_event_that_is_dragged_to_another_calendar_goes_here_and_comes_there() {
    let microsoft = Microsoft::start().await;
    let other = microsoft.sim.add_calendar(ADA, "Other");
    let event = microsoft.create(at(9)).await;
    let mut here = Replica::default();
    round(&microsoft, &mut here).await;
    let mut there = Replica {
        link: Some(WINDOW.replace("me/", &format!("me/calendars/{other}/"))),
        ..Replica::default()
    };
    round(&microsoft, &mut there).await;

    let wish = json!({ "account": ADA, "event": id(&event), "calendar": other });
    let moved = microsoft.control("move", wish).await;
    let gone = round(&microsoft, &mut here).await;
    assert_eq!(
        (id(&gone[0]), &gone[0]["@removed"]["reason"]),
        (id(&event), &json!("deleted"))
    );
    assert_eq!(
        each(&round(&microsoft, &mut there).await, "/id"),
        [id(&moved)]
    );
}

#[tokio::test]
async fn preferences_are_of_one_request_and_queries_are_none_of_its_business() {
    let microsoft = Microsoft::start().await;
    microsoft.create(at(9)).await;
    microsoft.create(at(10)).await;
    let prefer =
        r#"odata.maxpagesize=1, outlook.timezone="Tokyo Standard Time", IdType="ImmutableId""#;
    let first = microsoft.get_with(WINDOW, prefer).await;
    assert_eq!(
        first["value"][0]["start"]["timeZone"],
        "Tokyo Standard Time"
    );
    let next = first["@odata.nextLink"].as_str().unwrap();
    let second = microsoft.get(next).await;
    assert_eq!(second["value"][0]["start"]["timeZone"], "UTC");

    for query in [
        "$select=subject",
        "$filter=subject%20eq%20'x'",
        "$top=3",
        "$expand=instances",
    ] {
        let refused = microsoft
            .call("GET", &format!("{WINDOW}&{query}"), Value::Null)
            .await;
        assert_eq!(refused.code(), (400, "ErrorInvalidUrlQuery"), "{query}");
    }
    let altered = microsoft
        .call(
            "GET",
            &format!("{next}&startDateTime=2027-01-01"),
            Value::Null,
        )
        .await;
    assert_eq!(altered.status, 400, "a link is followed as it is");
    let cut = microsoft
        .call("GET", &next[..next.len() - 9], Value::Null)
        .await;
    assert_eq!(cut.code(), (400, "BadRequest"));
    let header = [("prefer", "odata.pagesize=3")];
    assert_eq!(
        microsoft
            .send("GET", WINDOW, &header, &Value::Null)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_link_that_is_too_old_says_where_to_begin_anew() {
    let microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    let mut replica = Replica::default();
    round(&microsoft, &mut replica).await;
    let fault = json!({ "name": "cursor_expired", "count": 1, "reason": "resyncRequired" });
    microsoft.fault(fault).await;
    let link = replica.link.clone().unwrap();
    let gone = microsoft.call("GET", &link, Value::Null).await;
    assert_eq!(gone.code(), (410, "resyncRequired"));
    let location = gone.headers["location"].to_str().unwrap();
    assert!(location.ends_with("%24deltatoken="), "{location}");
    let anew = microsoft.get(location).await;
    assert_eq!(each(anew["value"].as_array().unwrap(), "/id"), [id(&event)]);

    assert_eq!(round(&microsoft, &mut replica).await, Vec::<Value>::new());
    microsoft.delete(id(&event)).await;
    let link = replica.link.clone().unwrap();
    microsoft.control("forget_deleted", json!({})).await;
    let gone = microsoft.call("GET", &link, Value::Null).await;
    assert_eq!(gone.code(), (410, "SyncStateNotFound"));
}

#[tokio::test]
async fn a_thin_page_still_leads_on() {
    let microsoft = Microsoft::start().await;
    for hour in 9..12 {
        microsoft.create(at(hour)).await;
    }
    microsoft
        .fault(json!({ "name": "empty_page", "count": 1 }))
        .await;
    let empty = microsoft.get(WINDOW).await;
    assert_eq!(empty["value"], json!([]));
    let mut replica = Replica {
        link: empty["@odata.nextLink"].as_str().map(str::to_owned),
        ..Replica::default()
    };
    microsoft.sync(&mut replica, 2).await;
    assert_eq!(replica.titles.len(), 3);
}
