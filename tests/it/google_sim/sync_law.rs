//! The law of sync tokens, over random histories.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::{EVENTS, Google, Replica, at};

#[derive(Clone, Debug)]
enum Act {
    Insert,
    Retitle(usize),
    Delete(usize),
    /// Reads one page of the round under way.
    ReadPage,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Insert),
        2 => (0..8_usize).prop_map(Act::Retitle),
        1 => (0..8_usize).prop_map(Act::Delete),
        3 => Just(Act::ReadPage),
    ];
    proptest::collection::vec(act, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_follows_the_tokens_misses_nothing(acts in acts(), page_size in 1..4_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(follow(&acts, page_size));
    }
}

/// Found by the law above.
#[tokio::test]
async fn a_deletion_while_a_full_listing_is_paged_comes_with_the_next_round() {
    let acts = [Act::Insert, Act::Insert, Act::ReadPage, Act::Delete(0)];
    follow(&acts, 1).await;
    let other = [Act::Insert, Act::Insert, Act::ReadPage, Act::Delete(1)];
    follow(&other, 1).await;
}

/// Whoever follows pages and tokens ends with what a fresh listing shows, whatever happens between two pages.
async fn follow(acts: &[Act], page_size: usize) {
    let google = Google::start().await;
    let mut replica = Replica::default();
    for (step, act) in acts.iter().enumerate() {
        match act {
            Act::Insert => drop(google.insert(at(9)).await),
            Act::Retitle(pick) => {
                let title = json!({ "summary": step.to_string() });
                change(&google, *pick, "PATCH", title).await;
            }
            Act::Delete(pick) => change(&google, *pick, "DELETE", Value::Null).await,
            Act::ReadPage => google.read_page(&mut replica, page_size).await,
        }
    }
    // The round under way is finished, and one more brings whatever came during its last page.
    google.sync(&mut replica, page_size).await;
    google.sync(&mut replica, page_size).await;
    let mut fresh = Replica::default();
    google.sync(&mut fresh, 250).await;
    assert_eq!(replica.titles, fresh.titles);
}

async fn change(google: &Google, pick: usize, method: &str, body: Value) {
    let listed = google.get(EVENTS).await;
    let listed = listed["items"].as_array().unwrap();
    if let Some(event) = listed.get(pick % listed.len().max(1)) {
        let path = format!("{EVENTS}/{}", event["id"].as_str().unwrap());
        let (status, answer) = google.call(method, &path, body).await;
        assert!(status < 300, "{answer}");
    }
}
