//! One entry as a form: to add, change and delete it, and where it is synced.

mod fields;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    content::Content,
    entry::{Entry, TypedEntry},
    id::{EntryId, MemberId},
    member::Role,
    time::{LocalTime, When, Zone},
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
        entry::{Copy, EntryPage, Saved},
    },
    routes,
};

use self::fields::{Fields, complaints, form_of, lost_words};
use super::{moment, week::parse_day, zone_of};
use crate::{
    access::{Access, may, may_add},
    copies::Connected,
    entries::{self, NotWritten},
};

#[derive(Deserialize)]
pub(crate) struct BlankQuery {
    date: Option<String>,
}

pub(crate) async fn blank(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Query(query): Query<BlankQuery>,
) -> Result<Response, Problem> {
    if !may_add(&session) {
        return Err(Problem::forbidden("role", "Your role may not add entries."));
    }
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
        Ok(draft) => entries::create(&app, &session, draft).await,
        Err(problems) => Err(NotWritten::Invalid(problems)),
    };
    match created {
        Ok(entry) => Ok(saved(&app, entry.id)),
        Err(NotWritten::Invalid(problems)) => {
            let page = new_page(frame, &typed, &zone, complaints(problems));
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(other @ (NotWritten::Stale(_) | NotWritten::Other(_))) => Err(other.into()),
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Path(id): Path<EntryId>,
) -> Result<Response, Problem> {
    let (entry, _) = entries::find(&app, &session, id).await?;
    let zone = zone_of(&headers, None);
    let typed = TypedEntry::of(&entry.draft(), &zone);
    let page = saved_page(&app, &session, frame, &entry, &typed, &zone).await?;
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn save(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Path(id): Path<EntryId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let version = fields.version()?;
    let typed = fields.typed();
    let change = entries::change(&app, &session, id, Some(version), |before| {
        typed.apply(Some(before), session.member)
    });
    let zone = zone_of(&headers, None);
    let (status, entry, shown, errors) = match change.await {
        Ok(entry) => return Ok(saved(&app, entry.id)),
        Err(NotWritten::Invalid(problems)) => {
            let (entry, _) = entries::find(&app, &session, id).await?;
            let errors = complaints(problems);
            // The form still stands on the version that it was filled from.
            let entry = Entry { version, ..entry };
            (StatusCode::UNPROCESSABLE_ENTITY, entry, typed, errors)
        }
        Err(NotWritten::Stale(newest)) => {
            let current = TypedEntry::of(&newest.draft(), &zone);
            let errors = lost_words(&typed, &current);
            (StatusCode::CONFLICT, *newest, current, errors)
        }
        Err(NotWritten::Other(problem)) => return Err(problem),
    };
    let page = saved_page(&app, &session, frame, &entry, &shown, &zone).await?;
    let page = EntryPage { errors, ..page };
    Ok(page::html(status, page.render()))
}

pub(crate) async fn ask_delete(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    Path(id): Path<EntryId>,
) -> Result<Response, Problem> {
    let entry = entries::find_to_write(&app, &session, id).await?;
    let content = &entry.content;
    let repeats = content.repeats();
    let id = id.to_string();
    let page = Confirmation {
        confirm: EntryPage::delete(&id, entry.version, &title_of(content), repeats),
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
    let version = fields.version()?;
    match entries::delete(&app, &session, id, Some(version)).await {
        Ok(entry) => {
            let week = week_of(&entry, &zone_of(&headers, None));
            let words = "Deleted. Calendars follow within seconds.";
            Ok(page::done(
                &app.config,
                &routes::schedule_week(&week),
                words,
            ))
        }
        Err(NotWritten::Stale(_)) => {
            let words = "Not deleted: somebody changed it meanwhile. Look at what stands here now.";
            let entry = routes::entry(&id.to_string());
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

fn saved(app: &App, id: EntryId) -> Response {
    let words = "Saved. Calendars follow within seconds.";
    page::done(&app.config, &routes::entry(&id.to_string()), words)
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
        week: typed.start_date.clone(),
    }
}

async fn saved_page(
    app: &App,
    session: &Session,
    frame: Frame,
    entry: &Entry,
    typed: &TypedEntry,
    zone: &Zone,
) -> Result<EntryPage, Problem> {
    let locked = match (may(session, entry), session.role) {
        (Access::Write, _) => None,
        (Access::Read | Access::Busy, Role::Viewer) => {
            Some("Your role lets you see the schedule but not change it.")
        }
        (
            Access::Read | Access::Busy,
            Role::Admin | Role::ItManager | Role::TeamMember | Role::User,
        ) => Some("Only its assignees and admins may change this entry."),
    };
    Ok(EntryPage {
        frame,
        saved: Some(Saved {
            id: entry.id.to_string(),
            version: entry.version,
            copies: copies(app, session, entry, zone).await?,
        }),
        form: form_of(typed, Some(&entry.content), zone),
        errors: Vec::new(),
        locked: locked.map(str::to_owned),
        week: week_of(entry, zone),
    })
}

/// Where the entry is synced. The names of colleagues' calendars are theirs; an admin, who has to help, sees them.
async fn copies(
    app: &App,
    session: &Session,
    entry: &Entry,
    zone: &Zone,
) -> Result<Vec<Copy>, Problem> {
    let store = app.store.tenant(session);
    let whose: Vec<MemberId> = entry
        .assignees
        .iter()
        .filter(|member| session.role == Role::Admin || **member == session.member)
        .copied()
        .collect();
    let mut copies = Vec::new();
    for member in whose {
        let connected = Connected::of(app, &store, member, &[entry.id]).await?;
        copies.extend(connected.copies(entry).into_iter().map(|copy| Copy {
            calendar: copy.calendar,
            state: copy.state,
            last_synced: copy.synced_at.map(|at| moment(at, zone)),
            reason: copy.reason,
        }));
    }
    Ok(copies)
}

/// A day of the week in which the entry first shows.
fn week_of(entry: &Entry, zone: &Zone) -> String {
    let day = match &entry.content.timing.when {
        When::AllDay { start, .. } => *start,
        When::Timed { start, .. } => LocalTime::at(start.instant(), zone.clone()).local.date(),
    };
    day.to_string()
}
