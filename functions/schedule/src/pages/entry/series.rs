//! An entry that repeats, as its pages show it: which occurrences differ, and saving or deleting at one of them.

use axum::{extract::State, response::Response};
use domain::{
    content::{Content, Field},
    entry::{Entry, EntryEdit, NotEdited, TypedEntry},
    id::EntryId,
    series::{Changes, Exception, OriginalStart},
    time::{LocalTime, When, Zone},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{Form, Path, Session, page},
};
use ui::{
    pages::entry::{Differs, Occurrence, OfSeries, Scope},
    routes,
};

use crate::{
    entries::{self, Cut, NotWritten, no_occurrence},
    occurrences::check_visible,
};

/// More than anyone reads beside a form.
const LISTED_MAX: usize = 30;

/// The occurrence that an address or a form names, if it names one.
pub(super) fn named(original: &str) -> Result<Option<OriginalStart>, Problem> {
    if original.is_empty() {
        return Ok(None);
    }
    original.parse().map(Some).map_err(no_occurrence)
}

/// One occurrence of a series, as it takes place or would.
pub(super) fn content_at(
    session: &Session,
    entry: &Entry,
    at: OriginalStart,
) -> Result<Content, Problem> {
    check_visible(session, entry, at)?;
    let plain = entry.content.as_series_has_it(at).map_err(no_occurrence)?;
    Ok(entry.content.occurrence(at).unwrap_or(plain))
}

/// What the page of an entry says of its series. `scope` is what was chosen last.
pub(super) fn shown(
    content: &Content,
    at: Option<OriginalStart>,
    scope: Scope,
    zone: &Zone,
) -> Option<OfSeries> {
    if !content.repeats() {
        return None;
    }
    Some(match at {
        Some(at) => OfSeries::One {
            occurrence: occurrence(content, at, zone)?,
            rule: content.recurrence_words(),
            scope,
        },
        None => OfSeries::Whole {
            differing: content
                .exceptions
                .iter()
                .take(LISTED_MAX)
                .filter_map(|(at, _)| occurrence(content, at, zone))
                .collect(),
            more: content.exceptions.len().saturating_sub(LISTED_MAX),
        },
    })
}

fn occurrence(content: &Content, at: OriginalStart, zone: &Zone) -> Option<Occurrence> {
    let plain = content.plain_occurrence(at)?;
    let differs = match content.exceptions.get(at) {
        None => Differs::Not,
        Some(Exception::Cancelled) => Differs::Cancelled,
        Some(Exception::Changed(changes)) => Differs::In(in_words(changes)),
    };
    Some(Occurrence {
        original: at.to_string(),
        when: starts(&plain.timing.when, zone),
        differs,
    })
}

fn starts(when: &When, zone: &Zone) -> String {
    match when {
        When::AllDay { start, .. } => start.strftime("%a %-d %B %Y").to_string(),
        When::Timed { start, .. } => LocalTime::at(start.instant(), zone.clone())
            .local
            .strftime("%a %-d %B %Y, %H:%M")
            .to_string(),
    }
}

fn in_words(changes: &Changes) -> String {
    let words = changes.fields();
    let words = words.iter().map(|field| match field {
        Field::Title => "title",
        Field::Notes => "notes",
        Field::Location => "place",
        Field::Timing => "time",
        Field::Private => "privacy",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What was asked for at one occurrence of an entry, by someone who had read `version`.
#[derive(Clone, Copy)]
pub(super) struct AskedAt {
    pub(super) id: EntryId,
    pub(super) version: u64,
    pub(super) at: OriginalStart,
    pub(super) scope: Scope,
}

impl AskedAt {
    /// What is asked of the first occurrence and all that follow is asked of all.
    async fn settled(self, app: &App, session: &Session) -> Result<Self, Problem> {
        let entry = entries::find_to_write(app, session, self.id).await?;
        content_at(session, &entry, self.at)?;
        let is_first = self.at == OriginalStart::of(&entry.content.timing.when);
        let scope = match self.scope {
            Scope::Following if is_first => Scope::All,
            scope @ (Scope::This | Scope::Following | Scope::All) => scope,
        };
        Ok(Self { scope, ..self })
    }
}

/// Saves what was typed over an occurrence. Answers where it can be seen.
pub(super) async fn save(
    app: &App,
    session: &Session,
    asked: AskedAt,
    typed: &TypedEntry,
) -> Result<String, NotWritten> {
    let AskedAt {
        id,
        version,
        at,
        scope,
    } = asked.settled(app, session).await?;
    let (owner, version) = (session.member, Some(version));
    match scope {
        Scope::This => {
            entries::change(app, session, id, version, |series| {
                let shown = series.occurrence(at)?;
                let edited = typed.apply(Some(&shown), owner)?;
                let series = series.with_occurrence(at, Some(&edited.content))?;
                Ok::<_, NotEdited>(series)
            })
            .await?;
            Ok(routes::occurrence(&id.to_string(), Some(&at.to_string())))
        }
        Scope::Following => {
            let Cut { following, .. } =
                entries::cut(app, session, (id, at), version, |following| {
                    let shown = following.occurrence(at)?;
                    let make = |edit: EntryEdit| edit.apply_from(following, at, owner);
                    Ok(Some(typed.apply_with(Some(&shown), make)?))
                })
                .await?;
            let id = following.map_or(id, |entry| entry.id);
            Ok(routes::entry(&id.to_string()))
        }
        Scope::All => {
            entries::change(app, session, id, version, |series| {
                let shown = series.occurrence(at)?;
                let edited =
                    typed.apply_with(Some(&shown), |edit| edit.apply_from(series, at, owner));
                Ok::<_, NotEdited>(edited?)
            })
            .await?;
            Ok(routes::entry(&id.to_string()))
        }
    }
}

/// Cancels an occurrence, ends its series there, or deletes it all.
pub(super) async fn delete(app: &App, session: &Session, asked: AskedAt) -> Result<(), NotWritten> {
    let AskedAt {
        id,
        version,
        at,
        scope,
    } = asked.settled(app, session).await?;
    let version = Some(version);
    match scope {
        Scope::This => {
            entries::change(app, session, id, version, |series| series.cancelled(at)).await?;
        }
        Scope::Following => {
            entries::cut(app, session, (id, at), version, |_| Ok(None)).await?;
        }
        Scope::All => {
            entries::delete(app, session, id, version).await?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
pub(crate) struct Restored {
    #[serde(default)]
    occurrence: String,
    #[serde(default)]
    version: String,
}

pub(crate) async fn restore(
    State(app): State<App>,
    session: Session,
    Path(id): Path<EntryId>,
    Form(fields): Form<Restored>,
) -> Result<Response, Problem> {
    let version = super::fields::version(&fields.version)?;
    let at = named(&fields.occurrence)?;
    let at = at.ok_or_else(|| {
        Problem::invalid("occurrence", "The form is incomplete. Load the page again.")
    })?;
    let entry = entries::find_to_write(&app, &session, id).await?;
    content_at(&session, &entry, at)?;
    let page = routes::occurrence(&id.to_string(), Some(&at.to_string()));
    let restored = entries::change(&app, &session, id, Some(version), |series| {
        series.restored(at)
    });
    match restored.await {
        Ok(_) => {
            let words = "It is as the series has it again. Calendars follow within seconds.";
            Ok(page::done(&app.config, &page, words))
        }
        Err(NotWritten::Stale(_)) => {
            let words =
                "Not restored: somebody changed it meanwhile. Look at what stands here now.";
            Ok(page::not_done(&app.config, &page, words))
        }
        Err(other @ (NotWritten::Invalid(_) | NotWritten::Other(_))) => Err(other.into()),
    }
}
