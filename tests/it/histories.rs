//! Random histories of people, workers and a misbehaving provider: whatever happens, nobody is harmed.

use std::ops::Range;

use tests::histories::{History, Outcome, known};

/// Plays these; whatever breaks a law is told with all of it, and how to play it again.
async fn harm_nobody(seeds: Range<u64>) {
    let mut broken = Vec::new();
    for seed in seeds {
        let history = History::drawn(seed).unwrap();
        if let Some(words) = wrong(&history.play().await) {
            broken.push(format!(
                "history {seed}: {words}\n{history:?}\nagain: cargo run -p tests --bin bench -- --history {seed}"
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

fn wrong(played: &anyhow::Result<Outcome>) -> Option<String> {
    match played {
        Err(error) => Some(format!("it did not end: {error:#}")),
        Ok(outcome) if outcome.findings.is_empty() => None,
        Ok(outcome) => {
            let words = outcome.findings.iter().map(ToString::to_string);
            Some(words.collect::<Vec<_>>().join("\n"))
        }
    }
}

#[tokio::test]
async fn a_first_handful_of_random_histories_harms_nobody() {
    harm_nobody(0..12).await;
}

#[tokio::test]
async fn a_second_handful_of_random_histories_harms_nobody() {
    harm_nobody(12..24).await;
}

#[tokio::test]
async fn a_third_handful_of_random_histories_harms_nobody() {
    harm_nobody(24..36).await;
}

#[tokio::test]
async fn a_fourth_handful_of_random_histories_harms_nobody() {
    harm_nobody(36..48).await;
}

#[tokio::test]
async fn short_histories_harm_nobody_where_something_is_at_stake() {
    let mut broken = Vec::new();
    for (stake, history) in known() {
        let words = wrong(&history.play().await);
        broken.extend(words.map(|words| format!("{stake}: {words}\n{history:?}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
