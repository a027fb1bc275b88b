//! The law of delta links, over random histories.

use proptest::prelude::*;
use serde_json::json;

use super::harness::{EVENTS, Microsoft, Replica, at, berlin, id, weekly};

#[derive(Clone, Debug)]
enum Act {
    Create,
    CreateSeries,
    Retitle(usize),
    /// Out of the window, or back into it.
    Shift(usize, bool),
    Delete(usize),
    /// Reads one page of the round under way.
    ReadPage,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Create),
        1 => Just(Act::CreateSeries),
        2 => (0..8_usize).prop_map(Act::Retitle),
        1 => (0..8_usize, any::<bool>()).prop_map(|(pick, out)| Act::Shift(pick, out)),
        1 => (0..8_usize).prop_map(Act::Delete),
        3 => Just(Act::ReadPage),
    ];
    proptest::collection::vec(act, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_follows_the_links_misses_nothing(acts in acts(), page_size in 1..4_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(&acts, page_size));
    }
}

/// Whoever follows the links ends with what a fresh round shows, whatever happens between two pages.
async fn follow(acts: &[Act], page_size: usize) {
    let microsoft = Microsoft::start().await;
    let mut replica = Replica::default();
    for (step, act) in acts.iter().enumerate() {
        match act {
            Act::Create => drop(microsoft.create(at(9)).await),
            Act::CreateSeries => drop(microsoft.create(weekly()).await),
            Act::Retitle(pick) => {
                if let Some(event) = pick_one(&microsoft, *pick, |_| true).await {
                    let title = json!({ "subject": step.to_string() });
                    microsoft.patch(&event, title).await;
                }
            }
            Act::Shift(pick, out) => {
                let single = |kind: &str| kind == "singleInstance";
                if let Some(event) = pick_one(&microsoft, *pick, single).await {
                    let month = if *out { "08" } else { "03" };
                    let to = json!({
                        "start": berlin(&format!("2027-{month}-09T10:00:00")),
                        "end": berlin(&format!("2027-{month}-09T11:00:00")),
                    });
                    microsoft.patch(&event, to).await;
                }
            }
            Act::Delete(pick) => {
                if let Some(event) = pick_one(&microsoft, *pick, |_| true).await {
                    microsoft.delete(&event).await;
                }
            }
            Act::ReadPage => microsoft.read_page(&mut replica, page_size).await,
        }
    }
    // The round under way is finished, and one more brings whatever came during its last page.
    microsoft.sync(&mut replica, page_size).await;
    microsoft.sync(&mut replica, page_size).await;
    let mut fresh = Replica::default();
    microsoft.sync(&mut fresh, 250).await;
    assert_eq!(replica.titles, fresh.titles);
}

async fn pick_one(
    microsoft: &Microsoft,
    pick: usize,
    wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let listed = microsoft.get(&format!("{EVENTS}?$top=100")).await;
    let listed = listed["value"].as_array().unwrap();
    let fitting: Vec<_> = listed
        .iter()
        .filter(|event| wanted(event["type"].as_str().unwrap()))
        .collect();
    let event = fitting.get(pick % fitting.len().max(1))?;
    Some(id(event).to_owned())
}
