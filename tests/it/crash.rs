//! The world can make the worker die at any of its own requests, and nothing else.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::world::{CrashPoint, Crashes};

use crate::support::{Connected, google_visit, http, visit};

/// Not further: what comes after is another run's.
async fn step_into_the_crash(mia: &Connected) {
    for _ in 0..60 {
        let second = SignedDuration::from_secs(1);
        mia.world.clock.advance(second).unwrap();
        mia.world.step().await.unwrap();
        if mia.world.crashes().stopped_runs > 0 {
            return;
        }
    }
    panic!("no run was stopped within a minute");
}

#[tokio::test]
async fn a_crash_before_a_request_keeps_it_from_going_out() {
    let mia = Connected::start().await;
    mia.world
        .crash_next_run(mia.crash_point("before", "events.insert"));

    mia.create_entry(&visit("pump", 4)).await;
    step_into_the_crash(&mia).await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 0);
    assert_eq!(mia.calls("events.insert").await, 0);
}

#[tokio::test]
async fn a_crash_after_a_request_leaves_its_effect_and_the_run_unfinished() {
    let mia = Connected::start().await;
    mia.world
        .crash_next_run(mia.crash_point("after", "events.insert"));

    mia.create_entry(&visit("pump", 4)).await;
    step_into_the_crash(&mia).await;

    assert_eq!(mia.calendar.events().await.unwrap().len(), 1);
    assert_eq!(mia.last_run().await["state"], "running");
    mia.settle().await;
    assert_eq!(mia.last_run().await["outcome"], "succeeded");
    assert_eq!(mia.calendar.events().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_entry_that_is_back_before_its_deletion_was_finished_stays() {
    for made_here in [true, false] {
        let mia = Connected::start().await;
        if made_here {
            mia.create_entry(&visit("pump", 4)).await;
        } else {
            mia.calendar.insert(google_visit("pump", 4)).await.unwrap();
        }
        mia.settle().await;
        let entry = mia.entry("pump").await["id"].as_str().unwrap().to_owned();
        mia.world
            .crash_next_run(mia.crash_point("after", "events.delete"));
        let path = format!("/api/v1/schedule/entries/{entry}");
        let deleted = mia.person.delete(&path).await.unwrap();
        deleted.expect(204).unwrap();
        step_into_the_crash(&mia).await;

        let restore = format!("/api/v1/schedule/deleted/{entry}/restore");
        let back = mia.person.post(&restore, &json!({})).await.unwrap();
        back.expect(200).unwrap();
        mia.settle().await;

        assert_eq!(mia.entry("pump").await["id"], entry);
        mia.event("pump").await;
    }
}

#[tokio::test]
async fn a_point_that_no_run_reaches_is_still_there_afterwards() {
    let mia = Connected::start().await;
    let far = CrashPoint::before(9_999);
    mia.world.crash_next_run(far.clone());

    mia.sync_now().await;

    assert_eq!(mia.world.unreached_point(), Some(far));
    assert_eq!(mia.world.unreached_point(), None);
}

#[tokio::test]
async fn a_run_that_slept_through_its_lease_creates_nothing_twice() {
    let mia = Connected::start().await;
    mia.world
        .stall_next_run(mia.crash_point("before", "events.insert"));
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    mia.event("pump").await;
    let before = (mia.entries().await, mia.calendar.events().await.unwrap());

    mia.world.resume_stalled_runs().await.unwrap();
    mia.settle().await;

    let after = (mia.entries().await, mia.calendar.events().await.unwrap());
    assert_eq!(after, before);
    assert_eq!(mia.calls("events.insert").await, 2);
}

async fn ask(mia: &Connected, method: reqwest::Method, body: &Value) -> (u16, Value) {
    let url = mia.world.product_base.join("/_world/crash").unwrap();
    let answer = http().request(method, url).json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

#[tokio::test]
async fn crashes_are_asked_for_over_the_control_port() {
    use reqwest::Method;

    let mia = Connected::start().await;
    for point in ["before:3", "after:12", "after:google.events.patch"] {
        let (status, answer) = ask(&mia, Method::POST, &json!({ "point": point })).await;
        assert_eq!(
            (status, &answer),
            (200, &json!({ "armed": point, "stopped_runs": 0 }))
        );
    }
    let (_, answer) = ask(&mia, Method::DELETE, &Value::Null).await;
    assert_eq!(answer["unreached"], "after:google.events.patch");

    for point in ["", "3", "before:0", "between:3", "after:google.events.fly"] {
        let (status, answer) = ask(&mia, Method::POST, &json!({ "point": point })).await;
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{answer}");
        assert!(error.contains("before:N"), "{error}");
        assert!(error.contains("dynamodb.TransactWriteItems"), "{error}");
    }
    let none = Crashes {
        armed: None,
        stopped_runs: 0,
    };
    assert_eq!(mia.world.crashes(), none);
}
