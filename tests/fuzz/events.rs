//! Events of both providers.

use domain::{event::Change, recurrence::Recurrence, time::Zone};
use proptest::prelude::*;
use serde_json::Value;
use shared::providers::{google, microsoft};

use crate::{
    alone::check,
    edits::{bytes, edited_json, edits},
};

const GOOGLE: &str = include_str!("samples/google_events.json");
const GRAPH: &str = include_str!("samples/graph_events.json");

fn edited(samples: &str) -> impl Strategy<Value = Value> + use<> {
    let samples: Vec<Value> = serde_json::from_str(samples).unwrap();
    (any::<u16>(), edits()).prop_map(move |(which, edits)| edited_json(&samples, which, &edits))
}

fn zone() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn has_id(json: &Value) -> bool {
    json.get("id").is_some_and(Value::is_string)
}

/// What was read can be kept, read again and compared.
fn is_usable(change: &Change) {
    if let Change::Upserted(event) = change {
        let timing = &event.content.timing;
        let (start, end) = timing.when.bounds(&zone());
        assert!(start <= end);
        let lines = timing.recurrence.lines();
        let (recurrence, _) = Recurrence::parse(lines, &timing.when).unwrap();
        assert_eq!(recurrence, timing.recurrence);
        let kept = serde_json::to_string(&event.content).unwrap();
        assert_eq!(
            serde_json::from_str(&kept).ok(),
            Some(event.content.clone())
        );
    }
}

#[test]
fn any_bytes_from_a_provider_are_events_or_none() {
    check(bytes(), |bytes| {
        if let Ok(json) = serde_json::from_slice::<Value>(&bytes) {
            google::convert::item(json.clone(), &zone());
            microsoft::convert::changes(json, &zone());
        }
        Ok(())
    });
}

#[test]
fn an_edited_event_of_google_is_held_or_refused() {
    check(edited(GOOGLE), |json| {
        let has_id = has_id(&json);
        let change = google::convert::item(json, &zone());
        prop_assert_eq!(change.is_some(), has_id);
        change.iter().for_each(is_usable);
        Ok(())
    });
}

#[test]
fn an_edited_event_of_graph_is_held_or_refused() {
    check(edited(GRAPH), |json| {
        let has_id = has_id(&json);
        let changes = microsoft::convert::changes(json, &zone());
        prop_assert_eq!(!changes.is_empty(), has_id);
        changes.iter().for_each(is_usable);
        Ok(())
    });
}
