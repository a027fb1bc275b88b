//! What the table holds, to tell whether a request changed any of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::world::World;

/// Counted tries, signed-in browsers, and what is written down of requests: written by requests that change nothing else.
const FLEETING: [&str; 4] = ["throttle", "session", "standing_session", "audit"];

/// Every item by its key, and how many messages and notices were sent so far.
#[derive(PartialEq, Eq)]
pub(crate) struct Kept {
    items: BTreeMap<String, Value>,
    sends: u64,
}

impl Kept {
    pub(crate) async fn of(world: &World) -> Self {
        let dump = world.aws.dump_table(&world.app.config.table).await.unwrap();
        let items = serde_json::Deserializer::from_str(&dump)
            .into_iter::<Vec<Value>>()
            .flat_map(Result::unwrap)
            .filter(|item| !FLEETING.iter().any(|kind| item["et"]["S"] == *kind))
            .map(|item| (format!("{} {}", item["PK"]["S"], item["SK"]["S"]), item))
            .collect();
        Self {
            items,
            sends: world.aws.counters().queue_sends,
        }
    }

    /// The keys of what differs.
    pub(crate) fn differs_from(&self, before: &Self) -> BTreeSet<String> {
        let changed = |this: &Self, other: &Self| -> BTreeSet<String> {
            this.items
                .iter()
                .filter(|(key, item)| other.items.get(*key) != Some(item))
                .map(|(key, _)| key.clone())
                .collect()
        };
        let mut keys = changed(self, before);
        keys.extend(changed(before, self));
        if self.sends != before.sends {
            keys.insert(format!("{} messages", self.sends - before.sends));
        }
        keys
    }
}

/// Whether this key is of an hour that an API key was used in: written with every request that brings one.
pub(crate) fn is_use_of_key(key: &str) -> bool {
    key.contains("#INT") && key.contains("#api_keys#")
}
