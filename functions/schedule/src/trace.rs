//! What happened to an entry, for those it is assigned to and for operators.

use std::collections::BTreeSet;

use axum::extract::State;
use domain::{
    access::Access,
    calendar::Privacy,
    content::Content,
    entry::Entry,
    id::{CalendarId, ConnectionId, EntryId, MemberId, TraceId},
    link::Origin,
    permission::Permission,
    trace::{Deed, Trace, TracedBy},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    names::Names,
    problem::Problem,
    store::TenantStore,
    web::{Path, Session},
};

use crate::access::may;

pub(crate) const TRACE: &str = "/api/v1/schedule/entries/{id}/trace";

#[derive(Serialize, JsonSchema)]
pub(crate) struct TraceList {
    items: Vec<Told>,
    /// Always null: the latest two hundred come in one piece.
    next_cursor: Option<String>,
}

/// One trace as its reader may see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
pub(crate) struct Told {
    pub(crate) id: TraceId,
    pub(crate) at: Timestamp,
    pub(crate) by: Author,
    #[serde(flatten)]
    deed: Deed,
    pub(crate) words: String,
    pub(crate) overwritten: Vec<Was>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TraceAuthor")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Author {
    Member {
        member: MemberId,
        name: String,
    },
    Sync {
        connection: ConnectionId,
        calendar: CalendarId,
        /// Null in a colleague's calendar.
        external_id: Option<String>,
        name: String,
    },
}

impl Author {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Member { name, .. } | Self::Sync { name, .. } => name,
        }
    }
}

/// What was replaced, whole and as text to copy from.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Overwritten")]
pub(crate) struct Was {
    pub(crate) side: Origin,
    content: Content,
    pub(crate) words: String,
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
) -> Result<axum::Json<TraceList>, Problem> {
    let store = app.store.tenant(&session);
    let mut entry = store.entry(id).await?;
    // What happened to a deleted entry is what is asked most.
    if entry.is_none() {
        let gone = store.deleted_entry(id, app.clock.now()).await?;
        entry = gone.map(|gone| gone.entry);
    }
    let entry = entry.filter(|entry| may(&session, entry) != Access::Busy);
    let entry = entry.ok_or_else(|| Problem::not_found("entry"))?;
    if !may_read(&session, &entry) {
        return Err(Problem::forbidden(
            "not_yours",
            "Only its assignees and operators may see what happened to this entry.",
        ));
    }
    Ok(axum::Json(TraceList {
        items: of(&store, &session, &entry).await?,
        next_cursor: None,
    }))
}

/// Whether the member may see what happened to an entry that they see.
pub(crate) fn may_read(session: &Session, entry: &Entry) -> bool {
    entry.assignees.contains(&session.member) || is_operator(session)
}

fn is_operator(session: &Session) -> bool {
    session.may(Permission::IntegrationsRead)
}

/// Newest first.
pub(crate) async fn of(
    store: &TenantStore,
    session: &Session,
    entry: &Entry,
) -> Result<Vec<Told>, Problem> {
    let traces = store.traces(entry.id).await?;
    let mut seen: BTreeSet<ConnectionId> = traces.iter().filter_map(connection_of).collect();
    if !is_operator(session) {
        let own = store.connections_of(session.member).await?;
        let own: BTreeSet<_> = own.iter().map(|row| row.connection.id).collect();
        seen.retain(|connection| own.contains(connection));
    }
    let members = traces.iter().filter_map(|trace| match trace.by {
        TracedBy::Member { member } => Some(member),
        TracedBy::Sync { .. } => None,
    });
    let names = Names::of(store, seen.iter().copied(), members).await?;
    let is_assigned = entry.assignees.contains(&session.member);
    let told = traces.into_iter().map(|trace| Told {
        words: trace.words(),
        overwritten: overwritten(&trace, is_assigned),
        by: author(trace.by, &seen, &names),
        id: trace.id,
        at: trace.at,
        deed: trace.deed,
    });
    Ok(told.collect())
}

fn connection_of(trace: &Trace) -> Option<ConnectionId> {
    match trace.by {
        TracedBy::Sync { connection, .. } => Some(connection),
        TracedBy::Member { .. } => None,
    }
}

/// The names of colleagues' calendars are theirs; operators, who have to help, see them.
fn author(by: TracedBy, seen: &BTreeSet<ConnectionId>, names: &Names) -> Author {
    match by {
        TracedBy::Member { member } => Author::Member {
            member,
            name: names.member(member),
        },
        TracedBy::Sync {
            connection,
            calendar,
            external_id,
        } => {
            let is_seen = seen.contains(&connection);
            Author::Sync {
                connection,
                calendar,
                external_id: is_seen.then_some(external_id),
                name: if is_seen {
                    names.calendar(calendar)
                } else {
                    "a colleague's calendar".to_owned()
                },
            }
        }
    }
}

/// What was private once is private still.
fn overwritten(trace: &Trace, is_assigned: bool) -> Vec<Was> {
    let was = trace.overwritten.iter().map(|was| {
        let content = was.content.clone();
        let content = if content.private && !is_assigned {
            Privacy::BusyOnly.shown(content)
        } else {
            content
        };
        Was {
            side: was.side,
            words: content.all_words(),
            content,
        }
    });
    was.collect()
}
