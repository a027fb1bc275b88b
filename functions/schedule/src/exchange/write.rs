//! What a file makes of the schedule, written.

use std::collections::BTreeSet;

use domain::{entry::Entry, id::EntryId, integration::File};
use serde_json::json;
use shared::{
    app::App,
    problem::Problem,
    store::{EntryWrite, LinkWrite, Others, Progress, StoreError, TenantStore, WrittenBy},
    telemetry::chain,
    web::Session,
};

use super::{
    Format, finished,
    import::{Outcome, Said},
    plan::{Change, Plan},
};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Stands,
    /// All or nothing was asked for, and somebody else wrote first.
    TakenBack,
}

/// Each entry is written as an edit of it would be: on condition that it is still what was read.
pub(super) async fn write(
    app: &App,
    session: &Session,
    plan: &mut Plan,
    format: Format,
    all_or_nothing: bool,
) -> Result<Written, Problem> {
    let store = app.store.tenant(session);
    let others = if all_or_nothing {
        Others::Stop
    } else {
        Others::GoOn
    };
    let mut progress = Progress::default();
    let changes = plan.changes.values();
    let changes = changes.map(|change| change.write(session, app)).collect();
    let done = store.write_each_entry(changes, others, &mut progress).await;
    plan.refuse_late(&progress.late, all_or_nothing);
    let gives_up = all_or_nothing && (done.is_err() || !progress.late.is_empty());
    let mut stands = progress.written;
    if gives_up {
        stands = take_back(app, session, &store, plan, stands).await;
        plan.say_what_stands(&stands);
    }
    match done {
        Ok(()) if gives_up => Ok(Written::TakenBack),
        Ok(()) => Ok(Written::Stands),
        Err(error) => {
            broke_off(app, session, format, stands.len()).await;
            Err(error.into())
        }
    }
}

impl Change {
    fn write(&self, session: &Session, app: &App) -> EntryWrite<'_> {
        EntryWrite {
            before: self.before.as_ref(),
            after: Some(&self.after),
            by: WrittenBy::Member(session.member),
            links: self
                .claim
                .clone()
                .map(LinkWrite::Claim)
                .into_iter()
                .collect(),
            now: app.clock.now(),
        }
    }
}

/// Makes of entries again what they were. Answers those of which somebody has made something else meanwhile.
async fn take_back(
    app: &App,
    session: &Session,
    store: &TenantStore,
    plan: &Plan,
    mut written: BTreeSet<EntryId>,
) -> BTreeSet<EntryId> {
    let now = app.clock.now();
    let changes = written.iter().filter_map(|id| plan.changes.get(id));
    let as_before = |change: &Change| {
        let before = change.before.as_ref();
        before.map(|before| change.after.changed_to(before.draft(), now))
    };
    let changes: Vec<(&Entry, Option<Entry>)> = changes
        .map(|change| (&change.after, as_before(change)))
        .collect();
    let writes = changes.iter().map(|(is, was)| EntryWrite {
        before: Some(is),
        after: was.as_ref(),
        by: WrittenBy::Member(session.member),
        links: Vec::new(),
        now,
    });
    let mut progress = Progress::default();
    let done: Result<(), StoreError> = store
        .write_each_entry(writes.collect(), Others::GoOn, &mut progress)
        .await;
    if let Err(error) = done {
        tracing::error!(error = %chain(&error), "import not taken back");
    }
    written.retain(|id| !progress.written.contains(id));
    written
}

/// Whoever looks after the schedule has to know that a part of a file is in it. The answer is the error itself.
async fn broke_off(app: &App, session: &Session, format: Format, written: usize) {
    let what = json!({ "format": format.name(), "broke_off": true, "written": written });
    let written = u32::try_from(written).unwrap_or(u32::MAX);
    let file = File::BrokenOff { written };
    if let Err(error) = finished(app, session, &file, session.member, what).await {
        tracing::error!(?error, "import that broke off not written down");
    }
}

impl Plan {
    fn refuse_late(&mut self, late: &BTreeSet<EntryId>, together: bool) {
        let words = if together {
            "Somebody changed it, or one that was written with it, at the same moment: import the file again"
        } else {
            "Somebody changed it at the same moment: import the file again"
        };
        for line in &mut self.lines {
            let is_late = line.entry.is_some_and(|id| late.contains(&id));
            if is_late && line.outcome != Outcome::Unchanged {
                line.outcome = Outcome::Refused;
                line.entry = None;
                line.reason = Some(words.to_owned());
            }
        }
    }

    fn say_what_stands(&mut self, stands: &BTreeSet<EntryId>) {
        for line in &self.lines {
            if line.entry.is_some_and(|id| stands.contains(&id)) {
                let words = "It was written, and is not taken back: somebody has changed it since.";
                self.remarks.push(Said {
                    line: Some(line.line),
                    words: words.to_owned(),
                });
            }
        }
    }
}
