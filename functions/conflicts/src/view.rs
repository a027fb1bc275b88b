//! From what is stored to what the pages show.

use std::collections::BTreeMap;

use domain::{
    conflict::{Conflict, ConflictState, Difference, Keep, Subject},
    connection::Idle,
    content::Content,
    time::Zone,
};
use jiff::Timestamp;
use shared::{
    names::Names,
    store::{StoreError, TenantStore},
    web::page::moment,
};
use ui::{
    components::{FieldError, sentence},
    layout::Frame,
    pages::conflicts::{self as shown, ConflictPage, Line, Row, Side, State},
};

use crate::answers::kept_external;

/// A conflict and what stands around it.
pub(crate) struct Seen<'a> {
    pub(crate) conflict: &'a Conflict,
    pub(crate) names: &'a Names,
    pub(crate) zone: Zone,
    pub(crate) undo_until: Option<Timestamp>,
    pub(crate) has_entry: bool,
    /// Why its connection stands still.
    pub(crate) idle: Option<Idle>,
    pub(crate) locked: Option<&'static str>,
}

/// The names of all that these conflicts speak of.
pub(crate) async fn names(
    store: &TenantStore,
    conflicts: &[Conflict],
) -> Result<Names, StoreError> {
    let connections = conflicts.iter().map(|conflict| conflict.connection);
    let deciders = conflicts
        .iter()
        .filter_map(|conflict| match conflict.state {
            ConflictState::Chosen { by, .. } => Some(by),
            ConflictState::Open
            | ConflictState::Settled { .. }
            | ConflictState::Undone { .. }
            | ConflictState::Dropped { .. } => None,
        });
    Names::of(store, connections, deciders).await
}

pub(crate) fn row(conflict: &Conflict, names: &Names, zone: &Zone) -> Row {
    let series = &conflict.base.timing.when;
    Row {
        id: conflict.id.to_string(),
        title: title(conflict),
        what: conflict.parts.words(Some(series)),
        calendar: names.calendar(conflict.calendar),
        since: moment(conflict.detected_at, zone),
        over: conflict.over_since().map(|at| moment(at, zone)),
        state: state(conflict, names, zone, None, None),
    }
}

pub(crate) fn page(
    frame: Frame,
    seen: &Seen,
    errors: Vec<FieldError>,
    typed: &BTreeMap<String, Keep>,
) -> ConflictPage {
    let conflict = seen.conflict;
    let differences = conflict.differences().into_iter();
    ConflictPage {
        frame,
        id: conflict.id.to_string(),
        version: conflict.version,
        title: title(conflict),
        entry: seen.has_entry.then(|| conflict.entry.to_string()),
        calendar: seen.names.calendar(conflict.calendar),
        since: moment(conflict.detected_at, &seen.zone),
        state: state(conflict, seen.names, &seen.zone, seen.undo_until, seen.idle),
        differences: differences
            .map(|difference| shown_difference(conflict, &difference, typed))
            .collect(),
        locked: seen.locked.map(str::to_owned),
        errors,
    }
}

fn state(
    conflict: &Conflict,
    names: &Names,
    zone: &Zone,
    undo_until: Option<Timestamp>,
    idle: Option<Idle>,
) -> State {
    match &conflict.state {
        ConflictState::Open => State::Open,
        ConflictState::Chosen { by, at, .. } => State::Chosen {
            by: names.member(*by),
            at: moment(*at, zone),
            waits: idle.map(|idle| {
                let words = match idle {
                    Idle::Paused => "The connection is paused: resume it first.",
                    Idle::NeedsReauth => "The connection has lost its access: reconnect it first.",
                    Idle::Ending => "The connection is being disconnected.",
                };
                words.to_owned()
            }),
        },
        ConflictState::Settled { at, external } => State::Settled {
            at: moment(*at, zone),
            decided: external.is_some(),
            undo_until: undo_until.map(|until| moment(until, zone)),
        },
        ConflictState::Undone { .. } => State::Undone,
        ConflictState::Dropped { at } => State::Dropped {
            at: moment(*at, zone),
        },
    }
}

fn title(conflict: &Conflict) -> String {
    match conflict.title() {
        "" => "Untitled entry".to_owned(),
        title => title.to_owned(),
    }
}

fn shown_difference(
    conflict: &Conflict,
    difference: &Difference,
    typed: &BTreeMap<String, Keep>,
) -> shown::Difference {
    let name = difference.subject.to_string();
    let external = typed
        .get(&name)
        .map(|keep| *keep == Keep::External)
        .or_else(|| kept_external(conflict, difference));
    let side = |content: Option<&Content>| match difference.words(content) {
        None => Side::Deleted,
        Some(words) => Side::Says(lines(words)),
    };
    shown::Difference {
        label: label(conflict, difference),
        before: side(Some(&conflict.base)),
        here: side(conflict.local.content()),
        there: side(conflict.external.content()),
        name,
        external,
    }
}

/// A value on its own needs no name: its difference has one.
fn lines(words: Vec<(String, String)>) -> Vec<Line> {
    let is_alone = words.len() == 1;
    let line = |(name, value)| Line {
        name: (!is_alone).then_some(name),
        value,
    };
    words.into_iter().map(line).collect()
}

pub(crate) fn label_of(conflict: &Conflict, name: &str) -> String {
    let differences = conflict.differences();
    let found = differences
        .iter()
        .find(|difference| difference.subject.to_string() == name);
    found.map_or_else(|| name.to_owned(), |found| label(conflict, found))
}

fn label(conflict: &Conflict, difference: &Difference) -> String {
    let series = &conflict.base.timing.when;
    let words = match difference.subject {
        Subject::Whole => "the whole entry".to_owned(),
        Subject::Field(field) => field.words().to_owned(),
        Subject::Occurrence(at) => at.words(Some(series)),
        Subject::OccurrenceField(..) => difference.parts.words(Some(series)),
    };
    sentence(&words)
}
