//! "Why is it not here?", answered for everything that is known under a title or an id.

use serde_json::{Value, json};

use super::{delete_entry, id};
use crate::support::{Connected, google_visit, visit};

async fn why(mia: &Connected, asked: &str) -> Vec<(String, String)> {
    let answer = mia.api(&format!("/trace?q={asked}")).await;
    assert_eq!(answer["complete"], true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = answer["items"].as_array().unwrap().iter();
    let mut found: Vec<_> = items
        .map(|one| (text(&one["title"]), text(&one["state"])))
        .collect();
    found.sort();
    found
}

fn known(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(title, state): &(&str, &str)| ((*title).to_owned(), (*state).to_owned());
    all.iter().map(owned).collect()
}

/// An event with a longer place than we keep.
fn far_away() -> Value {
    let mut event = google_visit("pump far away", 10);
    event["location"] = json!("far ".repeat(300));
    event
}

#[tokio::test]
async fn whatever_is_called_so_says_where_it_stands_and_why() {
    let mia = Connected::start().await;
    let synced = id(&mia.create_entry(&visit("Pump synced", 4)).await);
    let gone = id(&mia.create_entry(&visit("pump gone", 5)).await);
    mia.create_entry(&visit("pump removed", 8)).await;
    mia.settle().await;
    delete_entry(&mia, &gone).await;
    let removed = id(&mia.event("pump removed").await);
    mia.calendar.delete(&removed).await.unwrap();
    mia.settle().await;
    mia.fall_apart("pump apart", 9).await;
    let refused = id(&mia.calendar.insert(far_away()).await.unwrap());
    mia.settle().await;
    let paused = format!("/api/v1/connections/{}/pause", mia.connection);
    mia.person.post(&paused, &json!({})).await.unwrap();
    mia.create_entry(&visit("pump paused", 11)).await;
    mia.create_entry(&visit("valve", 11)).await;
    mia.settle().await;

    assert_eq!(
        why(&mia, "PUMP").await,
        known(&[
            ("Pump synced", "linked"),
            ("pump apart, ours", "conflict"),
            ("pump far away", "refused"),
            ("pump gone", "deleted"),
            ("pump paused", "waiting"),
            ("pump removed", "removed_there"),
        ])
    );
    let exactly = [
        (synced, "Pump synced", "linked"),
        (refused, "pump far away", "refused"),
        (removed, "pump removed", "removed_there"),
        (gone, "pump gone", "deleted"),
    ];
    for (asked, title, state) in exactly {
        assert_eq!(why(&mia, &asked).await, known(&[(title, state)]));
    }
    assert_eq!(why(&mia, "sink").await, known(&[]));
    let path = format!("/api/v1/connections/{}/trace?q=%20", mia.connection);
    let nothing = mia.person.get(&path).await.unwrap();
    let nothing = nothing.expect(422).unwrap();
    assert_eq!(nothing.at("/errors/0/pointer"), "q");
}

#[tokio::test]
async fn the_page_of_a_connection_asks_and_answers_without_scripts() {
    let mia = Connected::start().await;
    mia.fall_apart("pump", 4).await;
    let page = format!("/connections/{}", mia.connection);
    let shown = mia.person.get(&page).await.unwrap().text;
    assert!(shown.contains(&format!("action=\"{page}/trace\"")));
    assert!(shown.contains("Decide about 1 conflict"), "{shown}");

    let answer = mia.person.get(&format!("{page}/trace?q=pump")).await;
    let answer = answer.unwrap().expect(200).unwrap().text;
    let words = "Nothing is written until someone decides";
    assert!(answer.contains(words), "{answer}");
    let answer = mia.person.get(&format!("{page}/trace?q=sink")).await;
    let answer = answer.unwrap().text;
    assert!(
        answer.contains("Nothing called “sink” was seen"),
        "{answer}"
    );
}
