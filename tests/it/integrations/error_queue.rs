//! Items that wait, over all connections.

use domain::{
    failure::Refusal,
    id::ConnectionId,
    item::{ItemState, StuckItem},
};
use serde_json::{Value, json};
use shared::store::item_id;
use tests::{person::Person, world::World};

use super::{DASHBOARD, IVO, logged, read};
use crate::support::{ADA, Connected, MIA};

const QUEUE: &str = "/api/integrations/error-queue";
const PAGE: &str = "/integrations/error-queue";

async fn queue(person: &Person, filter: &str) -> Vec<Value> {
    let found = read(person, &format!("{QUEUE}{filter}")).await;
    found["items"].as_array().unwrap().clone()
}

async fn counted(person: &Person) -> (Value, Value) {
    let summary = read(person, DASHBOARD).await["error_summary"].clone();
    (
        summary["pending_retries"].clone(),
        summary["dead_letter_queue_count"].clone(),
    )
}

#[tokio::test]
async fn what_is_counted_as_waiting_is_what_the_queue_holds() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let mia = Connected::with(world, MIA).await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    mia.breaks(&event).await;
    mia.retitle(&poisoned, "poisoned, late").await;
    mia.settle().await;

    assert_eq!(counted(&ada).await, (json!(1), json!(0)));
    let waiting = queue(&ada, "?state=retrying").await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["account"], MIA);
    assert!(
        !waiting[0].to_string().contains("poisoned"),
        "a title stays with its owner"
    );
    assert_eq!(queue(&ada, "?state=dead_letter").await, Vec::<Value>::new());

    mia.hours_pass(24).await;

    assert_eq!(counted(&ada).await, (json!(0), json!(1)));
    let dead = queue(
        &ada,
        &format!("?state=dead_letter&connection={}", mia.connection),
    )
    .await;
    assert_eq!(dead.len(), 1);
    let page = format!("/integrations/{}", mia.world.provider.name());
    let page = ada.get(&page).await.unwrap().expect(200).unwrap();
    assert!(page.text.contains("1 item set aside"), "at its account");
    assert_eq!(dead[0]["attempts"], 8);
    let told = logged(&ada, "event_type=item.dead_lettered").await;
    assert_eq!(told.len(), 1, "once");
    assert_eq!(
        (&told[0]["item_id"], &told[0]["retry_count"]),
        (&dead[0]["id"], &json!(7))
    );
    let retry = async |item: &Value| {
        let (connection, item) = (&mia.connection, item["id"].as_str().unwrap());
        let path = format!("{QUEUE}/{connection}/{item}/retry");
        let asked = ada.post(&path, &json!({})).await.unwrap();
        asked.expect(202).unwrap()
    };
    retry(&dead[0]).await;
    let recounted = read(&ada, &format!("{DASHBOARD}?refresh=true")).await["error_summary"].clone();
    assert_eq!(
        (
            &recounted["pending_retries"],
            &recounted["dead_letter_queue_count"]
        ),
        (&json!(1), &json!(0)),
        "counted again at once, and not only with the run that was asked for"
    );
    mia.settle().await;
    mia.hours_pass(24).await;
    let dead = queue(&ada, "?state=dead_letter").await;
    assert_eq!(dead.len(), 1);

    mia.mended().await;
    let asked = retry(&dead[0]).await;
    assert!(asked.at("/run").starts_with("run_"));
    mia.settle().await;

    mia.event("poisoned, late").await;
    assert_eq!(queue(&ada, "").await, Vec::<Value>::new());
    assert_eq!(counted(&ada).await, (json!(0), json!(0)));
}

#[tokio::test]
async fn all_that_a_filter_names_is_counted_before_it_is_retried() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let mia = Connected::with(world, MIA).await;
    let mut entries = Vec::new();
    for (title, day) in [("one", 4), ("two", 5)] {
        let (entry, event) = mia.synced(title, day).await;
        mia.breaks(&event).await;
        entries.push(entry);
    }
    for entry in &entries {
        mia.retitle(entry, "late").await;
        mia.settle().await;
    }
    let retry = async |body: Value| {
        let path = format!("{QUEUE}/retry");
        let answer = ada.post(&path, &body).await.unwrap().expect(200).unwrap();
        serde_json::from_str::<Value>(&answer.text).unwrap()
    };

    let none = retry(json!({ "preview": true, "filter": { "state": "dead_letter" } })).await;
    assert_eq!(none["items"], 0);
    let preview = retry(json!({ "preview": true, "filter": { "state": "retrying" } })).await;
    assert_eq!(
        preview,
        json!({ "items": 2, "has_more": false, "runs": [] })
    );
    assert_eq!(counted(&ada).await, (json!(2), json!(0)));

    mia.mended().await;
    let retried = retry(json!({ "filter": { "state": "retrying" } })).await;
    assert_eq!(
        (&retried["items"], retried["runs"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    mia.settle().await;

    assert_eq!(counted(&ada).await, (json!(0), json!(0)));
    let mut there = mia.titles_there().await;
    there.retain(|title| title == "late");
    assert_eq!(there.len(), 2);
}

#[tokio::test]
async fn only_who_manages_integrations_retries() {
    let world = World::start().await.unwrap();
    let ivo = Person::sign_in(&world, IVO).await.unwrap();

    let refused = ivo
        .post(&format!("{QUEUE}/retry"), &json!({}))
        .await
        .unwrap();

    assert_eq!(refused.status, 403);
    assert_eq!(queue(&ivo, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_disconnected_waits_no_more() {
    let world = World::start().await.unwrap();
    let other = Connected::with(world.clone(), ADA).await;
    let mia = Connected::with(world, MIA).await;
    for one in [&other, &mia] {
        let (poisoned, event) = one.synced("poisoned", 4).await;
        one.breaks(&event).await;
        one.retitle(&poisoned, "poisoned, late").await;
        one.settle().await;
    }
    let ada = &other.person;
    assert_eq!(counted(ada).await, (json!(2), json!(0)));

    let path = format!("/api/v1/connections/{}", mia.connection);
    mia.person.delete(&path).await.unwrap().expect(202).unwrap();

    assert_eq!(counted(ada).await, (json!(1), json!(0)));
    let waiting = queue(ada, "").await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["connection_id"], other.connection.as_str());
    let retry = ada.post(&format!("{QUEUE}/retry"), &json!({})).await;
    let retried = retry.unwrap().expect(200).unwrap();
    assert_eq!(retried.json()["items"], 1, "what stays is retried");
    mia.mended().await;
    mia.settle().await;
    assert_eq!(queue(ada, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_further_page_of_the_queue_stays_where_it_is() {
    let world = World::start().await.unwrap();
    let mia = Connected::with(world.clone(), MIA).await;
    for (title, day) in [("one", 4), ("two", 5)] {
        let (entry, event) = mia.synced(title, day).await;
        mia.breaks(&event).await;
        mia.retitle(&entry, &format!("{title}, late")).await;
        mia.settle().await;
    }
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let first = read(&ada, &format!("{QUEUE}?limit=1")).await;
    let cursor = ui::routes::url_encoded(first["next_cursor"].as_str().unwrap());

    let here = format!("{PAGE}?state=&integration_type=&cursor=");
    let page = ada.get(&format!("{here}{cursor}")).await.unwrap();
    let page = page.expect(200).unwrap().text;

    let shown = first["items"][0]["id"].as_str().unwrap();
    let shown = &format!("id=\"item-{shown}\"");
    assert!(!page.contains(shown), "it begins after the first");
    let (_, again) = page.split_once("hx-get=\"").unwrap();
    let again = again.split_once('"').unwrap().0.replace("&amp;", "&");
    let again = ada.get(&again).await.unwrap().expect(200).unwrap().text;
    assert!(!again.contains(shown), "also when it keeps itself fresh");
    let begins = here.strip_suffix("&cursor=").unwrap().replace('&', "&amp;");
    assert!(page.contains(&format!("href=\"{begins}\"")), "{page}");
}

#[tokio::test]
async fn the_page_says_what_its_filter_cannot_name_and_is_come_back_to() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for (asked, words) in [
        (
            "state=late",
            "There is no such state. Choose retrying or dead_letter.",
        ),
        ("integration_type=outlook", "There is no such integration."),
        ("level=1", "There is no filter &quot;level&quot;."),
    ] {
        let shown = ada.get(&format!("{PAGE}?{asked}")).await.unwrap();
        let shown = shown.expect(422).unwrap().text;
        assert!(shown.contains(words), "{asked}: {shown}");
        let question = ada.get(&format!("{PAGE}/retry?{asked}")).await.unwrap();
        assert_eq!(question.status, 422, "{asked}: nothing of everything");
    }

    let mia = Connected::with(world, MIA).await;
    let (poisoned, event) = mia.synced("poisoned", 4).await;
    mia.breaks(&event).await;
    mia.retitle(&poisoned, "poisoned, late").await;
    mia.settle().await;
    let here = format!("{PAGE}?state=retrying&integration_type=");
    let shown = ada.get(&here).await.unwrap().expect(200).unwrap().text;
    assert!(shown.contains(&format!("value=\"{}\"", here.replace('&', "&amp;"))));
    let item = queue(&ada, "").await[0]["id"].clone();
    for (next, led) in [(here.as_str(), here.as_str()), ("//evil.test", PAGE)] {
        let retry = format!("{PAGE}/{}/{}/retry", mia.connection, item.as_str().unwrap());
        let pressed = ada.submit(&retry, &[("next", next)]).await.unwrap();
        let pressed = pressed.expect(303).unwrap();
        assert_eq!(pressed.header("location"), led);
    }
}

impl Connected {
    /// Items that wait, and some that cannot be held, as many runs would leave them.
    async fn leaves_waiting(&self, failing: u32, refused: u32) {
        let store = self.world.tenant_of(ADA).await.unwrap();
        let id: ConnectionId = self.connection.parse().unwrap();
        let connection = store.connection(id).await.unwrap().unwrap().connection;
        let calendar = store.calendars(id).await.unwrap().remove(0).id;
        let now = self.world.clock.now();
        for number in 0..failing + refused {
            let item = format!("event-{number}");
            let state = if number < failing {
                ItemState::Dead {
                    error: "503".into(),
                }
            } else {
                ItemState::Refused {
                    refusal: Refusal::BeforeHistory,
                }
            };
            let stuck = StuckItem {
                id: item_id(&connection, calendar, &item),
                calendar,
                item,
                entry: None,
                title: String::new(),
                attempts: 8,
                first_seen_at: now,
                last_seen_at: now,
                state,
            };
            store.put_stuck_item(id, &stuck, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_retry_goes_on_behind_what_waits_for_its_run_already() {
    let world = World::start().await.unwrap();
    let ada = Connected::with(world.clone(), ADA).await;
    let mia = Connected::with(world, MIA).await;
    for one in [&ada, &mia] {
        one.press("pause").await.expect(200).unwrap();
        one.leaves_waiting(70, 250).await;
    }
    let retry = async |body: Value| {
        let path = format!("{QUEUE}/retry");
        let answer = ada.person.post(&path, &body).await.unwrap();
        let answer = answer.expect(200).unwrap().json();
        (answer["items"].clone(), answer["has_more"].clone())
    };

    assert_eq!(
        retry(json!({ "preview": true })).await,
        (json!(100), json!(true))
    );
    assert_eq!(retry(json!({})).await, (json!(100), json!(true)));
    assert_eq!(retry(json!({})).await, (json!(40), json!(false)));
    assert_eq!(retry(json!({})).await, (json!(0), json!(false)));
    let page = "/integrations/error-queue/retry";
    let asked = ada.person.get(page).await.unwrap().expect(200).unwrap();
    let words = "or is tried with the next run of its connection";
    assert!(asked.text.contains(words), "{}", asked.text);
    let path = ui::routes::connection_retry_all(&ada.connection);
    let pressed = ada.person.submit(&path, &[]).await.unwrap();
    let back = pressed.expect(303).unwrap().header("location").to_owned();
    let shown = ada.person.get(&back).await.unwrap().text;
    assert!(shown.contains("They are tried again once the connection syncs."));
    for filter in ["", "state=retrying"] {
        let list = read(&ada.person, &format!("{QUEUE}?limit=200&{filter}")).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 140, "{filter}");
    }
}

#[tokio::test]
async fn what_is_no_place_of_the_queue_is_said_to_be_none() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    for cursor in ["%F4%8F%BF%BF", "con_1", &"x".repeat(1_100)] {
        let answer = ada.get(&format!("{QUEUE}?cursor={cursor}")).await.unwrap();
        assert_eq!(answer.expect(422).unwrap().at("/code"), "invalid");
        let page = ada.get(&format!("{PAGE}?cursor={cursor}")).await.unwrap();
        let page = page.expect(422).unwrap().text;
        assert!(page.contains("The list cannot go on from there"), "{page}");
    }
}
