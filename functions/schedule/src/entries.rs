//! Reading and writing one entry: permission, version and what the tenant knows are checked here, for the API and for
//! the pages alike.

use std::error::Error;

use axum::http::StatusCode;
use domain::{
    entry::{Draft, Entry, InvalidField, NotEdited},
    id::{EntryId, MemberId},
    series::OriginalStart,
};
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    store::{EntryWrite, StoreError, TenantStore, WrittenBy},
    web::{CallId, Session},
};

use crate::access::{Access, keep_hidden, may, may_assign};

/// A write starts over when the entry, or where an assignee's entries are copied to, changed meanwhile.
pub(crate) const WRITE_TRIES_MAX: u32 = 5;

/// Why an entry was not written.
pub(crate) enum NotWritten {
    Invalid(Vec<InvalidField>),
    /// The writer has read another version than this newest one.
    Stale(Box<Entry>),
    Other(Problem),
}

impl From<Problem> for NotWritten {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<StoreError> for NotWritten {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<Vec<InvalidField>> for NotWritten {
    fn from(problems: Vec<InvalidField>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<NotEdited> for NotWritten {
    fn from(error: NotEdited) -> Self {
        match error {
            NotEdited::NoOccurrence(words) => Self::Other(no_occurrence(words)),
            NotEdited::Cancelled => Self::Other(cancelled()),
            NotEdited::First => Self::Other(first_occurrence()),
            NotEdited::Invalid(problems) => Self::Invalid(problems),
        }
    }
}

pub(crate) fn cancelled() -> Problem {
    let words = "This occurrence is cancelled. Restore it first.";
    Problem::conflict("cancelled", words)
}

pub(crate) fn first_occurrence() -> Problem {
    let words =
        "The series begins with this occurrence: change or delete the whole series instead.";
    Problem::conflict("first_occurrence", words)
}

/// There is no such occurrence, for a reason.
pub(crate) fn no_occurrence(reason: impl Into<Box<dyn Error>>) -> Problem {
    let detail = format!("There is no such occurrence: {}.", reason.into());
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

impl From<NotWritten> for Problem {
    fn from(error: NotWritten) -> Self {
        match error {
            NotWritten::Invalid(fields) => {
                Self::invalid_fields(fields.into_iter().map(pointed).collect())
            }
            NotWritten::Stale(newest) => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version",
                format!(
                    "Somebody was faster: the entry is at version {}.",
                    newest.version
                ),
            ),
            NotWritten::Other(problem) => problem,
        }
    }
}

/// A field of the domain as the JSON of the API names it.
pub(crate) fn pointed(problem: InvalidField) -> FieldProblem {
    let InvalidField {
        line,
        field,
        reason,
    } = problem;
    let pointer = match (line, field) {
        (Some(line), field) => format!("/overrides/{line}/{field}"),
        // The document as a whole.
        (None, "") => String::new(),
        (None, field) => format!("/{field}"),
    };
    FieldProblem {
        pointer,
        detail: reason,
    }
}

/// The entry, if the member may see what it is.
pub(crate) async fn find(
    app: &App,
    session: &Session,
    id: EntryId,
) -> Result<(Entry, Access), Problem> {
    let entry = app.store.tenant(session).entry(id).await?;
    let entry = entry.ok_or_else(|| Problem::not_found("entry"))?;
    match may(session, &entry) {
        Access::Busy => Err(Problem::not_found("entry")),
        access @ (Access::Read | Access::Write) => Ok((entry, access)),
    }
}

/// Like [`find`], for one that the member may change.
pub(crate) async fn find_to_write(
    app: &App,
    session: &Session,
    id: EntryId,
) -> Result<Entry, Problem> {
    match find(app, session, id).await? {
        (entry, Access::Write) => Ok(entry),
        (_, Access::Read | Access::Busy) => Err(Problem::forbidden(
            "not_yours",
            "Only its assignees and admins may change this entry.",
        )),
    }
}

pub(crate) async fn create(
    app: &App,
    session: &Session,
    draft: Draft,
    call: Option<&CallId>,
) -> Result<Entry, NotWritten> {
    let store = app.store.tenant(session);
    check_assignees(session, &store, &[], &draft.assignees).await?;
    let now = app.clock.now();
    let id = match call {
        Some(call) => call.derive(EntryId::from_parts),
        None => ids::mint(session.tenant(), now, EntryId::from_parts),
    };
    let entry = draft.into_entry(id, session.tenant(), now);
    for _ in 0..WRITE_TRIES_MAX {
        match write(app, session, None, Some(&entry)).await {
            Err(StoreError::Conflict) => {
                // The same call was carried out before, and died before it was answered.
                if let Some(there) = store.entry(id).await? {
                    return Ok(there);
                }
            }
            done => return Ok(done.map(|()| entry)?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Makes the change to the newest version, or to `expected` if the writer insists on it. A change that changes nothing
/// is not written, so that no calendar is bothered with it.
pub(crate) async fn change<E>(
    app: &App,
    session: &Session,
    id: EntryId,
    expected: Option<u64>,
    edit: impl Fn(&Draft) -> Result<Draft, E>,
) -> Result<Entry, NotWritten>
where
    NotWritten: From<E>,
{
    let store = app.store.tenant(session);
    for _ in 0..WRITE_TRIES_MAX {
        let before = find_version(app, session, id, expected).await?;
        let old = before.draft();
        let mut new = edit(&old)?;
        keep_hidden(session, &old, &mut new);
        if new == old {
            return Ok(before);
        }
        check_assignees(session, &store, &old.assignees, &new.assignees).await?;
        let after = before.changed_to(new, app.clock.now());
        match write(app, session, Some(&before), Some(&after)).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done.map(|()| after)?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Deletes the entry and returns what it was.
pub(crate) async fn delete(
    app: &App,
    session: &Session,
    id: EntryId,
    expected: Option<u64>,
) -> Result<Entry, NotWritten> {
    for _ in 0..WRITE_TRIES_MAX {
        let before = find_version(app, session, id, expected).await?;
        match write(app, session, Some(&before), None).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done.map(|()| before)?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// What became of a series that was cut in two.
pub(crate) struct Cut {
    /// Absent where nothing of it takes place before the cut: then the entry is deleted.
    pub(crate) earlier: Option<Entry>,
    /// Absent where the series ends there.
    pub(crate) following: Option<Entry>,
}

/// Ends the series before one of its occurrences; what `edit` makes of the rest becomes an entry of its own. Both are
/// written together.
pub(crate) async fn cut(
    app: &App,
    session: &Session,
    (id, at): (EntryId, OriginalStart),
    expected: Option<u64>,
    edit: impl Fn(&Draft) -> Result<Option<Draft>, NotWritten>,
) -> Result<Cut, NotWritten> {
    let store = app.store.tenant(session);
    for _ in 0..WRITE_TRIES_MAX {
        let before = find_version(app, session, id, expected).await?;
        let old = before.draft();
        let (earlier, following) = old.split(at)?;
        let following = edit(&following)?;
        if let Some(new) = &following {
            check_assignees(session, &store, &old.assignees, &new.assignees).await?;
        }
        let now = app.clock.now();
        let earlier = earlier.map(|earlier| before.changed_to(earlier, now));
        let following = following.map(|following| {
            let id = ids::mint(session.tenant(), now, EntryId::from_parts);
            following.into_entry(id, session.tenant(), now)
        });
        let mut changes = vec![entry_write(app, session, Some(&before), earlier.as_ref())];
        if let Some(following) = &following {
            changes.push(entry_write(app, session, None, Some(following)));
        }
        match store.write_entries(changes).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done.map(|()| Cut { earlier, following })?),
        }
    }
    Err(StoreError::Conflict.into())
}

/// The entry to change, in the version that the writer has read if they say which.
async fn find_version(
    app: &App,
    session: &Session,
    id: EntryId,
    expected: Option<u64>,
) -> Result<Entry, NotWritten> {
    let entry = find_to_write(app, session, id).await?;
    if expected.is_some_and(|expected| expected != entry.version) {
        return Err(NotWritten::Stale(entry.into()));
    }
    Ok(entry)
}

pub(crate) async fn write(
    app: &App,
    session: &Session,
    before: Option<&Entry>,
    after: Option<&Entry>,
) -> Result<(), StoreError> {
    let store = app.store.tenant(session);
    store
        .write_entry(entry_write(app, session, before, after))
        .await
}

fn entry_write<'a>(
    app: &App,
    session: &Session,
    before: Option<&'a Entry>,
    after: Option<&'a Entry>,
) -> EntryWrite<'a> {
    EntryWrite {
        before,
        after,
        by: WrittenBy::Member(session.member),
        links: Vec::new(),
        now: app.clock.now(),
    }
}

async fn check_assignees(
    session: &Session,
    store: &TenantStore,
    before: &[MemberId],
    after: &[MemberId],
) -> Result<(), NotWritten> {
    if !may_assign(session, before, after) {
        let detail = "Only an admin assigns entries to colleagues.";
        return Err(Problem::forbidden("assignees", detail).into());
    }
    let added: Vec<MemberId> = after
        .iter()
        .filter(|member| !before.contains(member))
        .copied()
        .collect();
    if added.is_empty() {
        return Ok(());
    }
    let known = store.members(&added).await?;
    let unknown: Vec<InvalidField> = added
        .iter()
        .filter(|id| !known.iter().any(|member| member.id == **id))
        .map(|id| InvalidField::new("assignees", format!("there is no member {id}")))
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(NotWritten::Invalid(unknown))
    }
}
