//! A connection as its member sees it: what it says, what can be chosen, and what is nobody else's business.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    calendar_user::operation,
    person::{Answer, Person},
    world::World,
};

use crate::support::{Connected, MIA, google_visit};

impl Connected {
    async fn choose_lines(&self, calendars: Value) -> Answer {
        let path = format!("/api/v1/connections/{}/calendars", self.connection);
        self.person
            .json(Method::PUT, &path, &json!({ "calendars": calendars }))
            .await
            .unwrap()
    }

    async fn page(&self) -> String {
        let path = format!("/connections/{}", self.connection);
        self.person
            .get(&path)
            .await
            .unwrap()
            .expect(200)
            .unwrap()
            .text
    }

    async fn primary(&self) -> String {
        let calendars = self.api("/calendars").await["calendars"].clone();
        let primary = calendars
            .as_array()
            .unwrap()
            .iter()
            .find(|calendar| calendar["primary"] == true)
            .cloned();
        primary.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_connection_says_how_it_stands() {
    let mia = Connected::start().await;

    let shown = mia.api("").await;

    assert_eq!(shown["account"], MIA);
    assert_eq!(shown["auth"]["state"], "granted");
    assert_eq!(shown["needs_reauth"], false);
    assert_eq!(shown["subscriptions"][0]["state"], "active", "{shown:#}");
    assert_eq!(shown["sync"]["state"], "idle");
    assert!(shown["sync"]["next_look_at"].is_string(), "{shown:#}");
    assert_eq!(shown["last_notice_at"], Value::Null);

    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;

    assert!(mia.api("").await["last_notice_at"].is_string());
}

#[tokio::test]
async fn a_second_press_while_a_sync_waits_is_answered_with_the_same_run() {
    let mia = Connected::start().await;

    let first = mia.press("sync").await.expect(202).unwrap();
    let second = mia.press("sync").await.expect(202).unwrap();

    let run = first.at("/run");
    assert_eq!(second.at("/run"), run);
    let path = format!("/api/v1/connections/{}/runs/{run}", mia.connection);
    assert_eq!(first.header("location"), path);
    assert_eq!(mia.api(&format!("/runs/{run}")).await["state"], "queued");
    assert_eq!(mia.api("").await["sync"]["run"], json!(run));

    mia.settle().await;

    let run = mia.api(&format!("/runs/{run}")).await;
    assert_eq!(
        (&run["state"], &run["outcome"]),
        (&json!("finished"), &json!("succeeded"))
    );
    assert_eq!(mia.api("").await["sync"]["run"], Value::Null);
}

#[tokio::test]
async fn the_first_run_of_a_connection_has_the_id_that_was_promised() {
    let world = World::start().await.unwrap();
    let person = Person::sign_in(&world, MIA).await.unwrap();
    let connection = person.connect(world.provider).await.unwrap();
    let path = format!("/api/v1/connections/{connection}");

    let asked = person
        .post(&format!("{path}/sync"), &json!({}))
        .await
        .unwrap()
        .expect(202)
        .unwrap();
    world.settle().await.unwrap();

    let run = person.get(asked.header("location")).await.unwrap();
    assert_eq!(run.at("/outcome"), "succeeded", "{run:?}");
}

#[tokio::test]
async fn somebody_elses_connection_is_not_there() {
    let mia = Connected::start().await;
    let path = format!("/api/v1/connections/{}", mia.connection);
    let missing = "/api/v1/connections/con_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8";

    for other in ["ada@northwind.test", "bob@contoso.test"] {
        let other = Person::sign_in(&mia.world, other).await.unwrap();
        for (method, rest) in [
            (Method::GET, ""),
            (Method::GET, "/calendars"),
            (Method::PUT, "/calendars"),
            (Method::POST, "/sync"),
            (Method::POST, "/pause"),
            (Method::POST, "/resume"),
            (Method::GET, "/runs"),
            (Method::GET, "/items"),
        ] {
            let body = json!({ "calendars": [] });
            let theirs = other
                .json(method.clone(), &format!("{path}{rest}"), &body)
                .await
                .unwrap();
            let nobodys = other
                .json(method, &format!("{missing}{rest}"), &body)
                .await
                .unwrap();
            assert_eq!(theirs.status, 404, "{rest}");
            assert_eq!(theirs.said(), nobodys.said(), "{rest}");
        }
        let page = format!("/connections/{}", mia.connection);
        assert_eq!(other.get(&page).await.unwrap().status, 404);
        let form = other.submit(&format!("{page}/pause"), &[]).await.unwrap();
        assert_ne!(form.status, 303);
    }
    assert_eq!(mia.api("").await["paused_at"], Value::Null);
}

#[tokio::test]
async fn a_paused_connection_does_not_sync_until_it_is_resumed() {
    let mia = Connected::start().await;
    let paused = mia.press("pause").await.expect(200).unwrap();
    assert!(paused.json()["paused_at"].is_string());

    let refused = mia.press("sync").await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "paused");
    let before = mia.last_run().await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    mia.settle().await;
    assert_eq!(mia.last_run().await, before, "what never looked is no run");
    assert!(mia.page().await.contains("Resume first"));

    mia.world
        .clock
        .advance(SignedDuration::from_secs(1))
        .unwrap();
    mia.press("resume").await.expect(202).unwrap();
    mia.settle().await;
    let run = mia.last_run().await;
    assert_eq!(run["counts"]["entries_created"], 1, "{run:#}");
}

#[tokio::test]
async fn a_choice_is_taken_as_a_whole_or_not_at_all() {
    let mia = Connected::start().await;
    let line = |changes: Value, id: &str| {
        let mut line =
            json!({ "id": id, "selected": true, "direction": "bidirectional", "history_days": 30 });
        for (name, value) in changes.as_object().unwrap() {
            line[name] = value.clone();
        }
        line
    };
    let primary = mia.primary().await;
    let foreign = "cal_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8";
    let mut forgotten = line(json!({}), &primary);
    forgotten.as_object_mut().unwrap().remove("history_days");

    for (choice, pointer) in [
        (json!([line(json!({}), foreign)]), "/calendars/0/id"),
        (
            json!([line(json!({}), &primary), line(json!({}), &primary)]),
            "/calendars/1/id",
        ),
        (
            json!([line(
                json!({ "direction": "from_external", "receives_new": true }),
                &primary
            )]),
            "/calendars/0/receives_new",
        ),
        (json!([forgotten]), "/calendars/0"),
        (
            json!([line(json!({ "privacy": "secret" }), &primary)]),
            "/calendars/0/privacy",
        ),
        (
            json!([line(json!({ "colour": "red" }), &primary)]),
            "/calendars/0/colour",
        ),
    ] {
        let refused = mia.choose_lines(choice).await.expect(422).unwrap();
        assert_eq!(refused.at("/errors/0/pointer"), pointer, "{}", refused.text);
    }

    let saved = mia.choose_lines(json!([line(json!({}), &primary)])).await;
    assert!(!saved.expect(202).unwrap().at("/run").is_empty());
    let calendars = mia.api("/calendars").await;
    let receives = calendars["calendars"]
        .as_array()
        .unwrap()
        .iter()
        .find(|calendar| calendar["receives_new"] == true);
    assert_eq!(receives.unwrap()["id"], json!(primary));
}

#[tokio::test]
async fn the_settings_form_saves_what_it_shows() {
    let mia = Connected::start().await;
    let primary = mia.primary().await;
    let (selected, direction) = (
        format!("selected.{primary}"),
        format!("direction.{primary}"),
    );

    let saved = mia
        .submit_settings(&[
            (&selected, "on"),
            (&direction, "from_external"),
            ("history_days", "90"),
            ("receives_new", ""),
        ])
        .await
        .expect(303)
        .unwrap();

    assert_eq!(
        saved.header("location"),
        format!("/connections/{}", mia.connection)
    );
    let page = mia.page().await;
    assert!(page.contains("Settings saved. A sync has started."));
    assert!(page.contains("<option value=\"90\" selected>"));
    assert!(page.contains("<option value=\"from_external\" selected>"));
    assert!(
        !mia.page().await.contains("Settings saved"),
        "words are shown once"
    );

    let refused = mia
        .submit_settings(&[
            (&selected, "on"),
            (&direction, "from_external"),
            ("receives_new", &primary),
        ])
        .await
        .expect(422)
        .unwrap();
    assert!(
        refused
            .text
            .contains("New entries can only go to a calendar")
    );
}

#[tokio::test]
async fn sync_now_is_seen_to_wait_and_then_to_be_done() {
    let mia = Connected::start().await;
    let path = format!("/connections/{}/sync", mia.connection);

    mia.person
        .submit(&path, &[])
        .await
        .unwrap()
        .expect(303)
        .unwrap();

    let page = mia.page().await;
    assert!(page.contains("About to sync") && page.contains("Sync now"));
    assert!(page.contains("data-running"), "the page looks again soon");

    mia.settle().await;

    let page = mia.page().await;
    assert!(page.contains("In sync") && !page.contains("data-running"));
    let list = mia
        .person
        .get("/connections")
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    assert!(list.text.contains(MIA) && list.text.contains("In sync"));
}

#[tokio::test]
async fn reconnecting_leads_to_the_provider_and_keeps_the_connection() {
    let mia = Connected::start().await;
    let path = format!("/connections/{}/reconnect", mia.connection);

    let page = mia
        .person
        .submit(&path, &[])
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let (_, rest) = page.text.split_once("url=").unwrap();
    let url = rest.split('"').next().unwrap().replace("&amp;", "&");
    let back = mia.person.consent(&url, &[]).await.unwrap();
    let done = mia.person.get(&back).await.unwrap().expect(303).unwrap();

    assert_eq!(
        done.header("location"),
        format!("/connections/{}", mia.connection)
    );
    let list = mia.person.get("/api/v1/connections").await.unwrap().json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_press_of_a_button_that_there_is_not_does_nothing() {
    let mia = Connected::start().await;

    let path = format!("/connections/{}/explode", mia.connection);
    assert_eq!(mia.person.submit(&path, &[]).await.unwrap().status, 404);
}

#[tokio::test]
async fn pages_that_list_an_account_at_the_same_time_find_each_calendar_once() {
    let world = World::start().await.unwrap();
    let list = operation(world.provider, "calendarList.list");
    let down = json!({ "name": "server_error", "scope": list, "count": 20 });
    crate::support::control(&world, "faults", &down).await;
    let person = Person::sign_in(&world, MIA).await.unwrap();
    let connection = person.connect(world.provider).await.unwrap();
    let id = connection.parse().unwrap();
    let store = world.tenant_of(MIA).await.unwrap();
    assert!(store.calendars(id).await.unwrap().is_empty());
    let up = world.provider_base().join("/_sim/faults").unwrap();
    crate::support::http().delete(up).send().await.unwrap();

    let path = format!("/api/v1/connections/{connection}/calendars");
    let all = (0..5).map(|_| person.get(&path));
    for answer in futures::future::try_join_all(all).await.unwrap() {
        answer.expect(200).unwrap();
    }

    let known = store.calendars(id).await.unwrap();
    let mut names: Vec<_> = known.iter().map(|own| &own.external_id).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert!(count > 0 && names.len() == count, "{names:?}");
}
