//! The shapes of the API's answers.

use domain::{
    conflict::{Conflict, ConflictState, Difference, Keep, UNDO_TIME},
    content::{Content, Parts},
    id::{CalendarId, ConflictId, ConnectionId, EntryId, MemberId},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConflictList")]
pub(crate) struct List {
    pub(crate) items: Vec<ConflictAnswer>,
    /// Always null: the list comes in one piece.
    pub(crate) next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conflict")]
pub(crate) struct ConflictAnswer {
    id: ConflictId,
    version: u64,
    state: Standing,
    entry: EntryId,
    connection: ConnectionId,
    calendar: CalendarId,
    /// Whose calendar it is.
    member: MemberId,
    external_id: String,
    detected_at: Timestamp,
    decided_by: Option<MemberId>,
    decided_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    undo_until: Option<Timestamp>,
    /// What both last agreed on.
    base: Content,
    /// Null where that side was deleted.
    local: Option<Content>,
    external: Option<Content>,
    /// What can be chosen, each by its name.
    differences: Vec<DifferenceAnswer>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConflictState")]
enum Standing {
    Open,
    /// Decided, and not carried out yet.
    Chosen,
    Settled,
    Undone,
    /// Its account was disconnected before anything was written.
    Dropped,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
struct DifferenceAnswer {
    name: String,
    base: Vec<Value>,
    local: Option<Vec<Value>>,
    external: Option<Vec<Value>>,
    /// Once it is decided.
    kept: Option<Keep>,
}

/// In words.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DifferenceValue")]
struct Value {
    of: String,
    says: String,
}

/// Whether their side was chosen for a difference, if anything was.
pub(crate) fn kept_external(conflict: &Conflict, difference: &Difference) -> Option<bool> {
    let external: Option<&Parts> = match &conflict.state {
        ConflictState::Open | ConflictState::Undone { .. } | ConflictState::Dropped { .. } => None,
        ConflictState::Chosen { external, .. } => Some(external),
        ConflictState::Settled { external, .. } => external.as_ref(),
    };
    external.map(|external| !difference.parts.and(external).is_empty())
}

/// Until when a decision can be taken back.
pub(crate) fn undo_until(conflict: &Conflict, entry: Option<&Content>) -> Option<Timestamp> {
    let at = conflict.over_since()?;
    conflict.undo(entry, at).ok().map(|_| at + UNDO_TIME)
}

impl ConflictAnswer {
    pub(crate) fn new(conflict: Conflict, undo_until: Option<Timestamp>) -> Self {
        let values = |words: Vec<(String, String)>| -> Vec<Value> {
            let value = |(of, says)| Value { of, says };
            words.into_iter().map(value).collect()
        };
        let differences = conflict.differences().into_iter().map(|difference| {
            let kept = kept_external(&conflict, &difference);
            DifferenceAnswer {
                name: difference.subject.to_string(),
                base: values(conflict.base.parts_words(&difference.parts)),
                local: difference.words(conflict.local.content()).map(values),
                external: difference.words(conflict.external.content()).map(values),
                kept: kept.map(|external| {
                    if external {
                        Keep::External
                    } else {
                        Keep::Local
                    }
                }),
            }
        });
        let (state, decided) = match &conflict.state {
            ConflictState::Open => (Standing::Open, None),
            ConflictState::Chosen { by, at, .. } => (Standing::Chosen, Some((*by, *at))),
            ConflictState::Settled { .. } => (Standing::Settled, None),
            ConflictState::Undone { .. } => (Standing::Undone, None),
            ConflictState::Dropped { .. } => (Standing::Dropped, None),
        };
        let (decided_by, decided_at) = decided.unzip();
        Self {
            id: conflict.id,
            version: conflict.version,
            state,
            entry: conflict.entry,
            connection: conflict.connection,
            calendar: conflict.calendar,
            member: conflict.member,
            external_id: conflict.external_id.0.clone(),
            detected_at: conflict.detected_at,
            decided_by,
            decided_at,
            settled_at: conflict.over_since(),
            undo_until,
            differences: differences.collect(),
            local: conflict.local.content().cloned(),
            external: conflict.external.content().cloned(),
            base: conflict.base,
        }
    }
}
