//! Answers of any kind: nothing breaks the reader.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::events::{changes, event, weekly};

/// JSON that looks like Graph's now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::sample::select(vec![
            "2026-11-02T08:00:00",
            "2026-13-02",
            "9999-12-31T23:59:59",
            "-0001-01-01T00:00:00",
            "0001-01-01",
            "UTC",
            "tzone://Microsoft/Custom",
            "weekly",
            "absoluteYearly",
            "endDate",
            "numbered",
            "monday",
            "last",
            "OID.AAMk1.9999-12-31",
            "OID..2026-11-09",
            "html",
            "<",
            "<a href=\"",
            "____________________________",
            "AAMk1",
            "exception",
            "occurrence",
            "seriesMaster",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A real event or series with some of its parts, however deep, replaced by anything.
fn nearly_an_event() -> impl Strategy<Value = Value> {
    let whole = weekly(json!({
        "exceptionOccurrences": [event(json!({ "seriesMasterId": "AAMk1", "type": "exception",
            "originalStart": "2026-11-09T08:00:00Z" }))],
        "cancelledOccurrences": ["OID.AAMk1.2026-11-16"],
        "isOnlineMeeting": true,
    }));
    let mut paths = Vec::new();
    pointers(&whole, String::new(), &mut paths);
    prop::collection::vec((proptest::sample::select(paths), any_json()), 0..5).prop_map(
        move |replaced| {
            let mut event = whole.clone();
            for (path, by) in replaced {
                if let Some(place) = event.pointer_mut(&path) {
                    *place = by;
                }
            }
            event
        },
    )
}

fn pointers(json: &Value, path: String, found: &mut Vec<String>) {
    match json {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(path);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_can_be_answered_breaks_the_reader(json in any_json()) {
        let _ = changes(json);
    }

    #[test]
    fn an_event_with_anything_in_it_is_held_or_refused(json in nearly_an_event()) {
        let has_id = json.get("id").is_some_and(Value::is_string);

        prop_assert_eq!(!changes(json).is_empty(), has_id);
    }
}
