//! Series: their patterns, their occurrences, and what differs in them.

use serde_json::{Value, json};

use super::harness::{EVENTS, Microsoft, berlin, each, id, weekly};

fn series(start: &str, pattern: &Value, range: &Value) -> Value {
    let end = start.replace("T10", "T11");
    json!({
        "subject": "Round", "start": berlin(start), "end": berlin(&end),
        "recurrence": { "pattern": pattern, "range": range },
    })
}

#[tokio::test]
async fn a_weekly_series_keeps_its_local_time_over_the_clock_change() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let instances = microsoft.instances(id(&series)).await;
    assert_eq!(
        each(&instances, "/start/dateTime"),
        [
            "2027-03-16T09:00:00.0000000",
            "2027-03-23T09:00:00.0000000",
            "2027-03-30T08:00:00.0000000",
            "2027-04-06T08:00:00.0000000",
        ]
    );
    assert_eq!(each(&instances, "/type"), ["occurrence"; 4]);
    assert_eq!(each(&instances, "/seriesMasterId"), [id(&series); 4]);
    assert_eq!(instances[1]["originalStart"], "2027-03-23T09:00:00Z");
    let uids = each(&instances, "/iCalUId");
    assert_ne!(uids[0], uids[1], "each occurrence has its own");
}

#[tokio::test]
async fn a_pattern_is_answered_with_what_its_type_does_not_use() {
    let microsoft = Microsoft::start().await;
    let mut event = weekly();
    event["recurrence"]["pattern"]["daysOfWeek"] = json!(["Tuesday"]);
    event["recurrence"]["range"]["type"] = json!("noEnd");
    let created = microsoft.create(event).await;
    assert_eq!(
        created["recurrence"],
        json!({
            "pattern": {
                "type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "index": "first",
                "daysOfWeek": ["tuesday"], "firstDayOfWeek": "sunday",
            },
            "range": {
                "type": "noEnd", "startDate": "2027-03-16", "endDate": "0001-01-01",
                "numberOfOccurrences": 0, "recurrenceTimeZone": "W. Europe Standard Time",
            },
        })
    );
}

#[tokio::test]
async fn every_kind_of_pattern_falls_on_its_days() {
    let microsoft = Microsoft::start().await;
    let numbered =
        |date: &str| json!({ "type": "numbered", "startDate": date, "numberOfOccurrences": 3 });
    let march = "2027-03-02T10:00:00";
    let cases = [
        (
            march,
            json!({ "type": "daily", "interval": 10 }),
            ["03-02", "03-12", "03-22"],
        ),
        (
            march,
            json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "tuesday"], "firstDayOfWeek": "monday" }),
            ["03-02", "03-07", "03-16"],
        ),
        (
            march,
            json!({ "type": "relativeMonthly", "interval": 1, "index": "last", "daysOfWeek": ["friday"] }),
            ["03-26", "04-30", "05-28"],
        ),
        (
            march,
            json!({ "type": "relativeMonthly", "interval": 1, "index": "first", "daysOfWeek": ["wednesday", "thursday"] }),
            ["03-03", "04-01", "05-05"],
        ),
        (
            "2027-03-31T10:00:00",
            json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31 }),
            ["03-31", "04-30", "05-31"],
        ),
        (
            march,
            json!({ "type": "absoluteYearly", "interval": 1, "month": 3, "dayOfMonth": 2 }),
            ["03-02", "03-02", "03-02"],
        ),
        (
            march,
            json!({ "type": "relativeYearly", "interval": 1, "month": 5, "index": "second", "daysOfWeek": ["monday"] }),
            ["05-10", "05-08", "05-14"],
        ),
    ];
    for (start, pattern, expected) in cases {
        let event = series(start, &pattern, &numbered(&start[..10]));
        let event = microsoft.create(event).await;
        let path = format!(
            "{EVENTS}/{}/instances?startDateTime=2027-01-01T00:00:00Z&endDateTime=2030-01-01T00:00:00Z",
            id(&event)
        );
        let instances = microsoft.get(&path).await;
        let starts = each(instances["value"].as_array().unwrap(), "/start/dateTime");
        let days: Vec<&str> = starts.iter().map(|start| &start[5..10]).collect();
        assert_eq!(days, expected, "{pattern}");
    }
}

#[tokio::test]
async fn a_pattern_that_cannot_be_is_refused() {
    let microsoft = Microsoft::start().await;
    let start = "2027-03-16T10:00:00";
    let on = json!({ "type": "noEnd", "startDate": "2027-03-16" });
    let daily = json!({ "type": "daily", "interval": 1 });
    let cases = [
        (json!({ "type": "weekly", "interval": 1 }), on.clone()),
        (
            json!({ "type": "absoluteMonthly", "interval": 1 }),
            on.clone(),
        ),
        (json!({ "type": "daily" }), on.clone()),
        (
            json!({ "type": "daily", "interval": 1, "dayOfMonth": 32 }),
            on,
        ),
        (
            daily.clone(),
            json!({ "type": "noEnd", "startDate": "2027-03-17" }),
        ),
        (
            daily.clone(),
            json!({ "type": "numbered", "startDate": "2027-03-16" }),
        ),
        (
            daily,
            json!({ "type": "endDate", "startDate": "2027-03-16", "endDate": "2027-03-15" }),
        ),
    ];
    for (pattern, range) in cases {
        let event = series(start, &pattern, &range);
        let refused = microsoft.call("POST", EVENTS, event).await;
        let code = (400, "ErrorPropertyValidationFailure");
        assert_eq!(refused.code(), code, "{pattern} {range}");
    }
}

#[tokio::test]
async fn a_series_begins_where_its_pattern_does() {
    let microsoft = Microsoft::start().await;
    let mut event = weekly();
    event["recurrence"]["pattern"]["daysOfWeek"] = json!(["friday"]);
    let created = microsoft.create(event).await;
    assert_eq!(created["start"]["dateTime"], "2027-03-19T09:00:00.0000000");
    assert_eq!(created["recurrence"]["range"]["startDate"], "2027-03-19");
}

#[tokio::test]
async fn an_end_date_is_a_day_of_the_series() {
    let microsoft = Microsoft::start().await;
    let mut event = weekly();
    event["recurrence"]["range"] =
        json!({ "type": "endDate", "startDate": "2027-03-16", "endDate": "2027-03-30" });
    let series = microsoft.create(event).await;
    assert_eq!(microsoft.instances(id(&series)).await.len(), 3);
}

#[tokio::test]
async fn an_occurrence_differs_by_itself_and_follows_its_series_in_the_rest() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let second = microsoft.instances(id(&series)).await[1].clone();
    let moved =
        json!({ "start": berlin("2027-03-24T15:00:00"), "end": berlin("2027-03-24T16:00:00") });
    let moved = microsoft.patch(id(&second), moved).await;
    assert_eq!(moved["type"], "exception");
    assert_eq!(id(&moved), id(&second), "it stays the same event");
    assert_eq!(moved["originalStart"], "2027-03-23T09:00:00Z");

    microsoft
        .patch(id(&series), json!({ "subject": "Tour" }))
        .await;
    let instances = microsoft.instances(id(&series)).await;
    assert_eq!(each(&instances, "/subject"), ["Tour"; 4]);
    assert_eq!(
        instances[1]["start"]["dateTime"],
        "2027-03-24T14:00:00.0000000"
    );

    let path = format!("{EVENTS}/{}?$expand=exceptionOccurrences", id(&series));
    let master = microsoft.get(&path).await;
    assert_eq!(
        each(master["exceptionOccurrences"].as_array().unwrap(), "/id"),
        [id(&second)]
    );
}

#[tokio::test]
async fn an_occurrence_cannot_pass_its_neighbour() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let second = microsoft.instances(id(&series)).await[1].clone();
    let path = format!("{EVENTS}/{}", id(&second));
    for day in ["2027-03-16", "2027-03-30", "2027-03-31", "2027-03-10"] {
        let to = json!({
            "start": berlin(&format!("{day}T18:00:00")), "end": berlin(&format!("{day}T19:00:00")),
        });
        let refused = microsoft.call("PATCH", &path, to).await;
        assert_eq!(
            refused.code(),
            (400, "ErrorOccurrenceCrossingBoundary"),
            "{day}"
        );
    }
}

#[tokio::test]
async fn a_cancelled_occurrence_is_told_only_by_its_master() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let second = microsoft.instances(id(&series)).await[1].clone();
    microsoft.delete(id(&second)).await;
    let path = format!("{EVENTS}/{}", id(&second));
    assert_eq!(microsoft.call("GET", &path, Value::Null).await.status, 404);
    assert_eq!(microsoft.instances(id(&series)).await.len(), 3);

    let master = format!("{EVENTS}/{}", id(&series));
    let untold = microsoft.get(&master).await;
    assert_eq!(untold.get("cancelledOccurrences"), None);
    let told = microsoft
        .get(&format!("{master}?$select=cancelledOccurrences"))
        .await;
    let expected = format!("OID.{}.2027-03-23", id(&series));
    assert_eq!(told["cancelledOccurrences"], json!([expected]));
    let listed = format!("{EVENTS}?$select=cancelledOccurrences");
    assert_eq!(
        microsoft.call("GET", &listed, Value::Null).await.status,
        400
    );
}

#[tokio::test]
async fn another_time_of_the_series_takes_back_what_differed_and_a_later_end_does_not() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let instances = microsoft.instances(id(&series)).await;
    microsoft
        .patch(id(&instances[1]), json!({ "subject": "Other" }))
        .await;
    microsoft.delete(id(&instances[2])).await;

    let mut longer = weekly()["recurrence"].clone();
    longer["range"]["numberOfOccurrences"] = json!(6);
    microsoft
        .patch(id(&series), json!({ "recurrence": longer }))
        .await;
    let subjects = microsoft.instances(id(&series)).await;
    assert_eq!(
        each(&subjects, "/subject"),
        ["Round", "Other", "Round", "Round", "Round"]
    );

    let earlier =
        json!({ "start": berlin("2027-03-16T09:00:00"), "end": berlin("2027-03-16T10:00:00") });
    microsoft.patch(id(&series), earlier).await;
    let subjects = microsoft.instances(id(&series)).await;
    assert_eq!(each(&subjects, "/subject"), ["Round"; 6]);
}

#[tokio::test]
async fn a_window_shows_occurrences_and_a_listing_shows_masters() {
    let microsoft = Microsoft::start().await;
    let series = microsoft.create(weekly()).await;
    let listed = microsoft.get(EVENTS).await;
    assert_eq!(
        each(listed["value"].as_array().unwrap(), "/type"),
        ["seriesMaster"]
    );
    let view = "/v1.0/me/calendarView?startDateTime=2027-03-20T00:00:00Z&endDateTime=2027-04-01T00:00:00%2B02:00";
    let seen = microsoft.get(view).await;
    assert_eq!(seen["value"].as_array().unwrap().len(), 2);
    let no_window = microsoft
        .call("GET", "/v1.0/me/calendarView", Value::Null)
        .await;
    assert_eq!(no_window.code(), (400, "ErrorInvalidParameter"));

    microsoft
        .patch(id(&series), json!({ "recurrence": null }))
        .await;
    assert_eq!(microsoft.get(view).await["value"], json!([]));
    let single = microsoft.get(&format!("{EVENTS}/{}", id(&series))).await;
    assert_eq!(single["type"], "singleInstance");
}
