//! One entry as a form: to add, change and delete it, and where it is synced.

mod fields;
mod history;
mod look;
mod series;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    content::Content,
    entry::{Entry, TypedEntry},
    id::EntryId,
    time::{LocalTime, Zone},
};
use jiff::{
    ToSpan,
    civil::{Date, DateTime},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Path, Query, Session,
        page::{self, Visitor},
    },
};
use ui::{
    components::FieldError,
    layout::{Frame, Section},
    pages::{
        confirmation::Confirmation,
        entry::{EntryPage, Scope},
    },
    routes,
};

use self::{
    fields::{Fields, complaints, form_of, lost_words},
    look::{look, saved_page, week_of},
    series::{AskedAt, content_at, named},
};
use super::{week::parse_day, zone_of};
use crate::entries::{self, NotWritten};
pub(crate) use series::restore;

#[derive(Deserialize)]
pub(crate) struct BlankQuery {
    date: Option<String>,
}

pub(crate) async fn blank(
    State(app): State<App>,
    Visitor { frame, .. }: Visitor,
    headers: HeaderMap,
    Query(query): Query<BlankQuery>,
) -> Result<Response, Problem> {
    let zone = zone_of(&headers, None);
    let now = LocalTime::at(app.clock.now(), zone.clone()).local;
    let day = query.date.as_deref().and_then(parse_day);
    let typed = TypedEntry::blank(first_guess(day, now), &zone);
    let page = new_page(frame, &typed, &zone, Vec::new());
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn create(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let zone = zone_of(&headers, None);
    let typed = fields.typed();
    let created = match typed.apply(None, session.member) {
        Ok(draft) => entries::create(&app, &session, draft, None).await,
        Err(problems) => Err(NotWritten::Invalid(problems)),
    };
    match created {
        Ok(entry) => Ok(saved(&app, &routes::entry(&entry.id.to_string()))),
        Err(NotWritten::Invalid(problems)) => {
            let page = new_page(frame, &typed, &zone, complaints(problems));
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(other @ (NotWritten::Stale(_) | NotWritten::Other(_))) => Err(other.into()),
    }
}

/// Which occurrence of a series is looked at; none is the whole.
#[derive(Deserialize)]
pub(crate) struct OccurrenceQuery {
    #[serde(default)]
    occurrence: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Path(id): Path<EntryId>,
    Query(query): Query<OccurrenceQuery>,
) -> Result<Response, Problem> {
    let at = named(&query.occurrence)?;
    let (entry, _) = entries::find(&app, &session, id).await?;
    let zone = zone_of(&headers, None);
    let (look, typed) = look(&session, &entry, at, Scope::default(), &zone)?;
    let page = saved_page(&app, &session, frame, &look, &typed, &zone).await?;
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn save(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Path(id): Path<EntryId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (version, at, scope) = (
        fields.version()?,
        named(&fields.occurrence)?,
        fields.scope(),
    );
    let typed = fields.typed();
    let change = match at {
        Some(at) => {
            let asked = AskedAt {
                id,
                version,
                at,
                scope,
            };
            series::save(&app, &session, asked, &typed).await
        }
        None => entries::change(&app, &session, id, Some(version), |before| {
            typed.apply(Some(before), session.member)
        })
        .await
        .map(|entry| routes::entry(&entry.id.to_string())),
    };
    let zone = zone_of(&headers, None);
    let (status, entry, errors) = match change {
        Ok(seen_at) => return Ok(saved(&app, &seen_at)),
        Err(NotWritten::Invalid(problems)) => {
            let (entry, _) = entries::find(&app, &session, id).await?;
            // The form still stands on the version that it was filled from.
            let entry = Entry { version, ..entry };
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                entry,
                Some(complaints(problems)),
            )
        }
        Err(NotWritten::Stale(newest)) => (StatusCode::CONFLICT, *newest, None),
        Err(NotWritten::Other(problem)) => return Err(problem),
    };
    let (look, current) = look(&session, &entry, at, scope, &zone)?;
    let (shown, errors) = match errors {
        Some(errors) => (&typed, errors),
        None => (&current, lost_words(&typed, &current)),
    };
    let page = saved_page(&app, &session, frame, &look, shown, &zone).await?;
    let page = EntryPage { errors, ..page };
    Ok(page::html(status, page.render()))
}

pub(crate) async fn ask_delete(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    Path(id): Path<EntryId>,
    Query(query): Query<OccurrenceQuery>,
) -> Result<Response, Problem> {
    let at = named(&query.occurrence)?;
    let entry = entries::find_to_write(&app, &session, id).await?;
    let (repeats, version) = (entry.content.repeats(), entry.version);
    let content = match at {
        Some(at) => content_at(&session, &entry, at)?,
        None => entry.content,
    };
    let (id, original) = (id.to_string(), at.map(|at| at.to_string()));
    let title = title_of(&content);
    let page = Confirmation {
        confirm: EntryPage::delete(&id, version, &title, repeats, original.as_deref()),
        section: Section::Schedule,
        frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Path(id): Path<EntryId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (version, at, scope) = (
        fields.version()?,
        named(&fields.occurrence)?,
        fields.scope(),
    );
    let entry = entries::find_to_write(&app, &session, id).await?;
    let (when, deleted) = if let Some(at) = at {
        let asked = AskedAt {
            id,
            version,
            at,
            scope,
        };
        let content = content_at(&session, &entry, at)?;
        let deleted = series::delete(&app, &session, asked).await;
        (content.timing.when, deleted)
    } else {
        let deleted = entries::delete(&app, &session, id, Some(version)).await;
        (entry.content.timing.when, deleted.map(drop))
    };
    match deleted {
        Ok(()) => {
            let week = week_of(&when, &zone_of(&headers, None));
            let words = "Deleted. Calendars follow within seconds.";
            Ok(page::done(
                &app.config,
                &routes::schedule_week(&week),
                words,
            ))
        }
        Err(NotWritten::Stale(_)) => {
            let words = "Not deleted: somebody changed it meanwhile. Look at what stands here now.";
            let original = at.map(|at| at.to_string());
            let entry = routes::occurrence(&id.to_string(), original.as_deref());
            Ok(page::not_done(&app.config, &entry, words))
        }
        Err(other @ (NotWritten::Invalid(_) | NotWritten::Other(_))) => Err(other.into()),
    }
}

/// What people call it.
pub(super) fn title_of(content: &Content) -> String {
    if content.title.is_empty() {
        "Untitled entry".to_owned()
    } else {
        content.title.clone()
    }
}

fn saved(app: &App, seen_at: &str) -> Response {
    let words = "Saved. Calendars follow within seconds.";
    page::done(&app.config, seen_at, words)
}

/// Today the next full hour, on other days nine o'clock.
fn first_guess(day: Option<Date>, now: DateTime) -> DateTime {
    match day.filter(|day| *day != now.date()) {
        Some(day) => day.at(9, 0, 0, 0),
        None => now.date().at(now.hour(), 0, 0, 0).saturating_add(1.hour()),
    }
}

fn new_page(frame: Frame, typed: &TypedEntry, zone: &Zone, errors: Vec<FieldError>) -> EntryPage {
    EntryPage {
        frame,
        saved: None,
        form: form_of(typed, None, zone),
        errors,
        locked: None,
        changeable: true,
        week: typed.start_date.clone(),
    }
}
