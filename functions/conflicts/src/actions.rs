//! Deciding and taking back, the same for people and for programs.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    access::{self, Access},
    conflict::{Conflict, ConflictState, Keep, NotNow, Undecided},
    content::{Content, Parts},
    entry::{Draft, Entry},
    id::TraceId,
    link::{EventLink, LinkState},
    run::Trigger,
    trace::{Deed, Trace, TracedBy},
};
use jiff::Timestamp;
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    store::{EntryWrite, LinkWrite, StoreError, WrittenBy},
    sync::ask,
    web::Session,
};

use crate::own::Own;

/// A write starts over when the entry, or where an assignee's entries are copied to, changed meanwhile.
const WRITE_TRIES_MAX: u32 = 5;

pub(crate) enum Decision {
    All(Keep),
    /// By the names of the differences.
    Each(BTreeMap<String, Keep>),
}

/// Why there is no decision.
pub(crate) enum NotDecided {
    Undecided(Vec<Undecided>),
    Other(Problem),
}

impl From<Problem> for NotDecided {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<StoreError> for NotDecided {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<NotDecided> for Problem {
    fn from(error: NotDecided) -> Self {
        let pointed = |undecided: Undecided| {
            let (Undecided::Missing(name) | Undecided::Unknown(name)) = &undecided;
            let name = name.replace('~', "~0").replace('/', "~1");
            FieldProblem {
                pointer: format!("/fields/{name}"),
                detail: undecided.to_string(),
            }
        };
        match error {
            NotDecided::Undecided(all) => {
                Self::invalid_fields(all.into_iter().map(pointed).collect())
            }
            NotDecided::Other(problem) => problem,
        }
    }
}

/// Writes the decision down and asks for the sync that carries it out.
pub(crate) async fn resolve(
    app: &App,
    session: &Session,
    own: &Own,
    version: u64,
    decision: Decision,
) -> Result<Conflict, NotDecided> {
    let conflict = &own.conflict;
    check(own, Some(version))?;
    let external = match decision {
        Decision::All(keep) => conflict.all_of(keep),
        Decision::Each(chosen) => conflict.decided(&chosen).map_err(NotDecided::Undecided)?,
    };
    let choice = conflict.choose(&external).map_err(refused)?;
    let link = own
        .store
        .link_of_entry(conflict.entry, conflict.connection)
        .await?;
    let state = link.as_ref().map(|link| link.state.clone());
    let (Some(link), Some(LinkState::Conflict { base, sent, .. })) = (link, state) else {
        return Err(refused(NotNow::Changed).into());
    };
    let link = EventLink {
        state: LinkState::Conflict {
            conflict: conflict.id,
            base,
            choice: Some(choice),
            sent,
        },
        ..link
    };
    let now = app.clock.now();
    let decided = Conflict {
        state: ConflictState::Chosen {
            by: session.member,
            at: now,
            external: external.clone(),
        },
        ..conflict.clone()
    };
    let trace = trace(session, conflict, external, now);
    let beside = vec![
        LinkWrite::Conflict(decided.clone()),
        LinkWrite::Trace(trace),
    ];
    own.store.write_wish(link, beside, now).await?;
    tracing::info!(
        tenant = %session.tenant(), connection = %conflict.connection, conflict = %conflict.id, "conflict decided"
    );
    sync(app, own).await?;
    Ok(Conflict {
        version: decided.version + 1,
        ..decided
    })
}

/// A connection that stands still carries it out once it goes on.
async fn sync(app: &App, own: &Own) -> Result<(), Problem> {
    let row = own.store.connection(own.conflict.connection).await?;
    if let Some(row) = row.filter(|row| row.connection.idle().is_none()) {
        ask::ask(app, &own.store, &row.connection, Trigger::Member).await?;
    }
    Ok(())
}

fn trace(session: &Session, conflict: &Conflict, external: Parts, now: Timestamp) -> Trace {
    Trace {
        id: ids::mint(session.tenant(), now, TraceId::from_parts),
        entry: conflict.entry,
        at: now,
        by: TracedBy::Member {
            member: session.member,
        },
        deed: Deed::Decide { external },
        overwritten: Vec::new(),
    }
}

/// Puts back what the decision overwrote, as an edit of the entry like any other.
pub(crate) async fn undo(
    app: &App,
    session: &Session,
    own: &Own,
    version: Option<u64>,
) -> Result<Conflict, Problem> {
    let conflict = &own.conflict;
    check(own, version)?;
    for _ in 0..WRITE_TRIES_MAX {
        let now = app.clock.now();
        let before = own.store.entry(conflict.entry).await?;
        let content = before.as_ref().map(|entry| &entry.content);
        let content = conflict.undo(content, now).map_err(refused)?;
        let after = if let Some(entry) = &before {
            edited(session, entry, content, now)?
        } else {
            let gone = own.store.deleted_entry(conflict.entry, now).await?;
            let gone = gone.ok_or_else(|| refused(NotNow::NothingToUndo))?;
            gone.entry.brought_back(content, now)
        };
        let undone = Conflict {
            state: ConflictState::Undone { at: now },
            ..conflict.clone()
        };
        let write = EntryWrite {
            before: before.as_ref(),
            after: Some(&after),
            by: WrittenBy::Member(session.member),
            links: vec![LinkWrite::Conflict(undone.clone())],
            now,
        };
        match own.store.write_entry(write).await {
            Err(StoreError::Conflict) => {}
            done => {
                return Ok(done.map(|()| Conflict {
                    version: undone.version + 1,
                    ..undone
                })?);
            }
        }
    }
    Err(StoreError::Conflict.into())
}

fn edited(
    session: &Session,
    entry: &Entry,
    content: Content,
    now: Timestamp,
) -> Result<Entry, Problem> {
    let private = entry.content.private;
    match access::may(
        session.member,
        &session.permissions,
        &entry.assignees,
        private,
    ) {
        Access::Write => Ok(entry.changed_to(
            Draft {
                content,
                ..entry.draft()
            },
            now,
        )),
        Access::Read | Access::Busy => Err(Problem::forbidden(
            "not_yours",
            "You are no longer assigned to this entry. Ask an assignee or an admin.",
        )),
    }
}

fn check(own: &Own, version: Option<u64>) -> Result<(), Problem> {
    if let Some(reason) = own.locked() {
        return Err(Problem::forbidden("role", reason));
    }
    if version.is_some_and(|version| version != own.conflict.version) {
        return Err(refused(NotNow::Changed));
    }
    Ok(())
}

pub(crate) fn refused(why: NotNow) -> Problem {
    match why {
        NotNow::Changed => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "version",
            "The conflict changed meanwhile. Look at it again, and decide about what it says now.",
        ),
        NotNow::Settled => Problem::conflict(
            "settled",
            "The conflict is settled already. Edit the entry, or take the decision back.",
        ),
        NotNow::NothingToUndo => Problem::conflict(
            "nothing_to_undo",
            "Nothing was overwritten that could be put back. The history of the entry has every version.",
        ),
        NotNow::EditedSince => Problem::conflict(
            "edited_since",
            "Somebody edited what was decided. Undoing would overwrite that: change the entry by hand.",
        ),
        NotNow::TooLate => Problem::conflict(
            "too_late",
            "A decision can be taken back for a day. Copy what you need from the history of the entry.",
        ),
        NotNow::NotInConflict => Problem::invalid(
            "/fields",
            "Choose a side for what is in conflict, and for that only.",
        ),
    }
}
