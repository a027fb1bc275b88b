//! A connection with everything that one can have, and what is left of it.

use std::collections::BTreeSet;

use shared::store::{AtEnd, FATES};
use tests::world::World;

use super::*;
use crate::support::kinds_that_name;

pub(super) fn stays(kind: &str) -> bool {
    let fate = FATES.iter().find(|(known, _)| *known == kind);
    matches!(fate, Some((_, (AtEnd::Stays(_), _))))
}

/// What names one of these ids, and should have gone with the connection.
pub(super) async fn left_behind(world: &World, ids: &[String]) -> Vec<String> {
    let kinds = kinds_that_name(world, ids).await.into_keys();
    kinds.filter(|kind| !stays(kind)).collect()
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_that_had_everything() {
    let mia = Connected::everything().await;
    let ids = mia.ids().await;
    let before = kinds_that_name(&mia.world, &ids).await;
    let goes = FATES.iter().filter(|(kind, _)| !stays(kind));
    let missing: Vec<_> = goes
        .filter(|(kind, _)| !before.contains_key(*kind))
        .collect();
    assert!(
        missing.is_empty(),
        "the story lacks {missing:?}: {before:#?}"
    );
    let (here, there) = (mia.titles_here().await, mia.titles_there().await);

    let receipt = mia.disconnect_whole(false).await;

    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
    assert_eq!(mia.titles_here().await, here);
    assert_eq!(mia.titles_there().await, there);
    assert_eq!(receipt["copies_removed"], 0);
    // Twenty-two whose entries were deleted, the series, the conflict's and the poisoned one.
    assert_eq!(receipt["copies_kept"], 25, "{receipt:#}");
    let conflicts = mia.person.get("/api/v1/conflicts").await.unwrap().json();
    assert_eq!(conflicts["items"], json!([]), "none waits any more");
    let events = mia.world.aws.events_put();
    let named = |name: &str| {
        events
            .iter()
            .filter(|event| event.detail_type == name)
            .count()
    };
    assert_eq!(named("CALENDAR_DISCONNECTED"), 1);
    assert_eq!(named("CALENDAR_DISCONNECTION_COMPLETED"), 1);
}

#[tokio::test]
async fn the_copies_go_where_that_was_asked_for_and_nothing_else_does() {
    let mia = Connected::everything().await;
    let ids = mia.ids().await;
    let here = mia.titles_here().await;

    let receipt = mia.disconnect_whole(true).await;

    assert_eq!(mia.titles_there().await, ["theirs"]);
    assert_eq!(mia.titles_here().await, here);
    assert_eq!(
        (&receipt["copies_removed"], &receipt["copies_kept"]),
        (&json!(25), &json!(0))
    );
    assert_eq!(left_behind(&mia.world, &ids).await, Vec::<String>::new());
    assert_eq!(
        mia.calendar
            .control(Method::GET, "mail", &Value::Null)
            .await
            .unwrap()["count"],
        0
    );
}

/// A new kind of item does not compile into oblivion: somebody has to say what becomes of it.
#[test]
fn it_is_said_of_every_kind_of_item_what_becomes_of_it() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/src/store");
    let mut folders = vec![std::path::PathBuf::from(store)];
    let mut stored = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let calls = ["Item::new(", "own(", "\":et\", text("]
                .map(|call| text.split(call).skip(1).collect::<Vec<_>>());
            for call in calls.into_iter().flatten() {
                let argument = call.trim_start();
                if let Some(rest) = argument.strip_prefix('"') {
                    stored.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    let said: BTreeSet<String> = FATES.iter().map(|(kind, _)| (*kind).to_owned()).collect();

    assert!(stored.len() > 25, "{stored:?}");
    assert_eq!(stored, said);
    assert_eq!(said.len(), FATES.len(), "each once");
}
