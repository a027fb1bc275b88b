//! What is the same for every call: who may, how often, and how refusals look.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::harness::{ADA, EVENTS, Microsoft, Replica, at, id, weekly};

#[tokio::test]
async fn every_answer_names_its_request_and_an_error_repeats_it() {
    let microsoft = Microsoft::start().await;
    let named = [("client-request-id", "my-own")];
    let path = format!("{EVENTS}/AAMkADeHg_=");
    let answer = microsoft.send("GET", &path, &named, &Value::Null).await;
    assert_eq!(answer.headers["client-request-id"], "my-own");
    let inner = &answer.body["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "my-own");
    assert_eq!(
        inner["request-id"],
        answer.headers["request-id"].to_str().unwrap()
    );
    assert_eq!(inner["date"], "2027-03-01T08:00:00");
    let fine = microsoft.call("GET", EVENTS, Value::Null).await;
    assert_eq!(
        fine.headers["request-id"],
        fine.headers["client-request-id"]
    );
}

#[tokio::test]
async fn an_access_token_dies_by_the_clock_and_only_knows_its_own_mailbox() {
    let mut microsoft = Microsoft::start().await;
    let event = microsoft.create(at(9)).await;
    microsoft
        .sim
        .add_account("bob@contoso.test", "Europe/Berlin");
    let ada = microsoft.token.clone();
    microsoft.token = microsoft.token_of("bob@contoso.test").await;
    let path = format!("{EVENTS}/{}", id(&event));
    assert_eq!(microsoft.call("GET", &path, Value::Null).await.status, 404);
    assert_eq!(microsoft.get("/v1.0/me").await["mail"], "bob@contoso.test");
    microsoft.token = ada;

    microsoft
        .clock
        .advance(SignedDuration::from_secs(3598))
        .unwrap();
    assert_eq!(microsoft.call("GET", EVENTS, Value::Null).await.status, 200);
    microsoft
        .clock
        .advance(SignedDuration::from_secs(1))
        .unwrap();
    let dead = microsoft.call("GET", EVENTS, Value::Null).await;
    assert_eq!(dead.code(), (401, "InvalidAuthenticationToken"));
    assert!(
        dead.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .starts_with("Bearer")
    );
}

#[tokio::test]
async fn a_fifth_call_at_once_is_one_too_many() {
    let microsoft = Microsoft::start().await;
    let slow = json!({ "name": "slow", "scope": "events.list", "count": 4, "delay_s": 0.2 });
    microsoft.fault(slow).await;
    let call = || microsoft.call("GET", EVENTS, Value::Null);
    let answers = futures::join!(call(), call(), call(), call(), call());
    assert_eq!(answers.4.code(), (429, "ApplicationThrottled"));
    assert_eq!(answers.4.headers["retry-after"], "10");
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(call().await.status, 200, "the places are given back");
}

#[tokio::test]
async fn a_caller_who_goes_away_gives_his_place_back() {
    let microsoft = Microsoft::start().await;
    microsoft
        .fault(json!({ "name": "slow", "count": 4, "delay_s": 60.0 }))
        .await;
    for _ in 0..4 {
        let call = microsoft.call("GET", EVENTS, Value::Null);
        let gone = tokio::time::timeout(Duration::from_millis(5), call).await;
        assert!(gone.is_err());
    }
    assert_eq!(microsoft.call("GET", EVENTS, Value::Null).await.status, 200);
}

#[tokio::test]
async fn ten_minutes_have_a_limit_for_each_mailbox() {
    let microsoft = Microsoft::start().await;
    microsoft
        .control("quota", json!({ "per_ten_minutes": 2 }))
        .await;
    let call = || microsoft.call("GET", EVENTS, Value::Null);
    assert_eq!(
        [
            call().await.status,
            call().await.status,
            call().await.status
        ],
        [200, 200, 429]
    );
    microsoft
        .clock
        .advance(SignedDuration::from_mins(10))
        .unwrap();
    assert_eq!(call().await.status, 200);
}

#[tokio::test]
async fn switches_strike_as_often_as_they_say_and_where() {
    let microsoft = Microsoft::start().await;
    microsoft
        .fault(json!({ "name": "rate_limited", "scope": "events.list", "count": 1, "retry_after_s": 7 }))
        .await;
    microsoft
        .fault(json!({ "name": "server_error", "scope": ADA, "count": 1 }))
        .await;
    let limited = microsoft.call("GET", EVENTS, Value::Null).await;
    assert_eq!(limited.code(), (429, "ApplicationThrottled"));
    assert_eq!(limited.headers["retry-after"], "7");
    let failed = microsoft.call("GET", EVENTS, Value::Null).await;
    assert_eq!(failed.code(), (503, "ServiceUnavailable"));
    assert_eq!(microsoft.call("GET", EVENTS, Value::Null).await.status, 200);
    let nonsense = json!({ "name": "token_revoked", "reason": "12345" });
    let refused = microsoft.call("POST", "/_sim/faults", nonsense).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn a_person_who_takes_the_access_away_ends_it_at_once() {
    let microsoft = Microsoft::start().await;
    microsoft
        .fault(json!({ "name": "token_revoked", "count": 1 }))
        .await;
    let dead = microsoft.call("GET", EVENTS, Value::Null).await;
    assert_eq!(dead.status, 401);
}

#[tokio::test]
async fn the_time_zones_are_listed_by_both_kinds_of_names() {
    let microsoft = Microsoft::start().await;
    let path = "/v1.0/me/outlook/supportedTimeZones";
    let windows = microsoft.get(path).await;
    let iana = format!("{path}(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')");
    let iana = microsoft.get(&iana).await;
    let has = |zones: &Value, name: &str| {
        let zones = zones["value"].as_array().unwrap();
        zones.iter().any(|zone| zone["alias"] == name)
    };
    assert!(has(&windows, "W. Europe Standard Time") && !has(&windows, "Europe/Berlin"));
    assert!(has(&iana, "Europe/Berlin"));
}

#[tokio::test]
async fn a_mailbox_tells_its_time_zone_by_the_name_that_windows_has_for_it() {
    let microsoft = Microsoft::start().await;
    let settings = microsoft.get("/v1.0/me/mailboxSettings").await;
    assert_eq!(settings["timeZone"], "W. Europe Standard Time");
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let folder = std::env::temp_dir().join(format!("microsoft-sim-{}", std::process::id()));
    let file = folder.join("microsoft.json");
    let first = Microsoft::open(Some(file.clone())).await;
    let series = first.create(weekly()).await;
    let instances = first.instances(id(&series)).await;
    first
        .patch(id(&instances[0]), json!({ "subject": "Other" }))
        .await;
    let mut replica = Replica::default();
    first.sync(&mut replica, 10).await;
    assert!(first.sim.is_dirty());
    first.sim.save().unwrap();
    assert!(!first.sim.is_dirty());

    let second = Microsoft::open(Some(file)).await;
    let again = second.instances(id(&series)).await;
    assert_eq!(again[0]["subject"], "Other");
    second.create(at(9)).await;
    second.sync(&mut replica, 10).await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        replica.titles.len(),
        2,
        "the old link still holds: {replica:?}"
    );
}
