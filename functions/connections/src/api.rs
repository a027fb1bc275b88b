//! Connections for programs.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{
        Calendar, CalendarSettings, ConflictPolicy, Direction, Flaw, History, Privacy, Setting,
        check_choice,
    },
    id::{CalendarId, ConnectionId, ItemId, RunId},
    item::{ItemState, StuckItem},
    run::Trigger,
};
use futures::future::{try_join, try_join_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use shared::{
    app::App,
    problem::{FieldProblem, Problem},
    store::{ConnectionRow, TenantStore},
    web::{IfMatch, Json, Path, Query, Session, etag},
};

use crate::{
    actions,
    answers::{
        CalendarAnswer, CalendarsAnswer, ConnectionAnswer, ItemAnswer, List, RetryAnswer,
        RunAnswer, RunAsked,
    },
    own::Own,
};

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<List<ConnectionAnswer>>, Problem> {
    let store = app.store.tenant(&session);
    let rows = store.connections_of(session.member).await?;
    let answers = rows.into_iter().map(|row| answer(&app, &store, row));
    Ok(Answer(try_join_all(answers).await?.into()))
}

pub(crate) async fn show(
    State(app): State<App>,
    own: Own,
) -> Result<Answer<ConnectionAnswer>, Problem> {
    Ok(Answer(answer(&app, &own.store, own.row).await?))
}

async fn answer(
    app: &App,
    store: &TenantStore,
    row: ConnectionRow,
) -> Result<ConnectionAnswer, Problem> {
    let id = row.connection.id;
    let (asked, subscriptions) = try_join(store.demand(id), store.subscriptions(id)).await?;
    Ok(ConnectionAnswer::new(
        row,
        asked.as_ref(),
        &subscriptions,
        app.clock.now(),
    ))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarsQuery {
    /// Asks the provider anew.
    #[serde(default)]
    refresh: bool,
}

pub(crate) async fn calendars(
    State(app): State<App>,
    own: Own,
    Query(query): Query<CalendarsQuery>,
) -> Result<Response, Problem> {
    let calendars = actions::calendars(&app, &own, query.refresh).await?;
    let tag = etag(Calendar::version_of_all(&calendars));
    let calendars = calendars.into_iter().map(CalendarAnswer::from).collect();
    let answer = Answer(CalendarsAnswer { calendars });
    Ok(([(header::ETAG, tag)], answer).into_response())
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CalendarsChoice")]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    calendars: Vec<CalendarChoice>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CalendarChoice {
    id: CalendarId,
    selected: bool,
    direction: Direction,
    /// Null is everything.
    #[serde(deserialize_with = "present")]
    #[schemars(schema_with = "days")]
    history_days: Option<u16>,
    #[serde(default)]
    receives_new: bool,
    #[serde(default)]
    privacy: Privacy,
    #[serde(default)]
    conflicts: ConflictPolicy,
}

/// Null is a choice here, so leaving the field out must not be taken for it.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Option::deserialize(deserializer)
}

fn days(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Option<u16>>()
}

/// Replaces the whole choice: a calendar that is not named is not synced.
pub(crate) async fn choose_calendars(
    State(app): State<App>,
    own: Own,
    IfMatch(expected): IfMatch,
    Json(choice): Json<Choice>,
) -> Result<Response, Problem> {
    let known = own.store.calendars(own.connection().id).await?;
    let chosen = checked(&known, &choice)?;
    let (version, run) = actions::choose(&app, &own, &chosen, expected).await?;
    let tagged = [(header::ETAG, etag(version))];
    Ok((tagged, accepted(own.connection().id, run)).into_response())
}

type Chosen = BTreeMap<CalendarId, CalendarSettings>;

pub(crate) fn checked(known: &[Calendar], choice: &Choice) -> Result<Chosen, Problem> {
    let lines: Vec<_> = choice.calendars.iter().map(line).collect();
    check_choice(known, &lines).map_err(|flaws| invalid(&flaws))
}

fn line(choice: &CalendarChoice) -> (CalendarId, CalendarSettings) {
    let settings = CalendarSettings {
        selected: choice.selected,
        direction: choice.direction,
        history: History::from_days(choice.history_days),
        receives_new: choice.receives_new,
        privacy: choice.privacy,
        conflicts: choice.conflicts,
    };
    (choice.id, settings)
}

fn invalid(flaws: &[Flaw]) -> Problem {
    let pointed = flaws.iter().map(|flaw| {
        let field = match flaw.setting {
            Setting::Calendar => "id",
            Setting::Direction => "direction",
            Setting::ReceivesNew => "receives_new",
        };
        FieldProblem {
            pointer: format!("/calendars/{}/{field}", flaw.line),
            detail: flaw.words.into(),
        }
    });
    Problem::invalid_fields(pointed.collect())
}

pub(crate) async fn sync(State(app): State<App>, own: Own) -> Result<Response, Problem> {
    let run = actions::sync(&app, &own, Trigger::Member).await?;
    Ok(accepted(own.connection().id, Some(run)))
}

pub(crate) async fn pause(
    State(app): State<App>,
    mut own: Own,
) -> Result<Answer<ConnectionAnswer>, Problem> {
    actions::pause(&app, &mut own).await?;
    Ok(Answer(answer(&app, &own.store, own.row).await?))
}

pub(crate) async fn resume(State(app): State<App>, mut own: Own) -> Result<Response, Problem> {
    let run = actions::resume(&app, &mut own).await?;
    Ok(accepted(own.connection().id, run))
}

/// Says where the run can be watched; without one, everything is done already.
pub(crate) fn accepted(connection: ConnectionId, run: Option<RunId>) -> Response {
    let body = Answer(RunAsked { run });
    let Some(run) = run else {
        return body.into_response();
    };
    let mut response = (StatusCode::ACCEPTED, body).into_response();
    let location = format!("/api/v1/connections/{connection}/runs/{run}");
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

pub(crate) async fn runs(own: Own) -> Result<Answer<List<RunAnswer>>, Problem> {
    let runs = own.store.runs(own.connection().id).await?;
    let answers: Vec<_> = runs.into_iter().map(RunAnswer::from).collect();
    Ok(Answer(answers.into()))
}

pub(crate) async fn run(
    own: Own,
    Path((_, run)): Path<(ConnectionId, RunId)>,
) -> Result<Answer<RunAnswer>, Problem> {
    let found = own.store.run(own.connection().id, run).await?;
    let found = found.ok_or_else(|| Problem::not_found("run"))?;
    Ok(Answer(found.into()))
}

/// Which items: all that are named, where something is.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemFilter {
    calendar: Option<CalendarId>,
    #[serde(default)]
    #[schemars(schema_with = "state_names")]
    state: Option<String>,
    reason: Option<String>,
}

fn state_names(_: &mut SchemaGenerator) -> Schema {
    let names = ItemState::NAMES.iter().copied().map(Some);
    let names: Vec<_> = names.chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": names })
}

impl ItemFilter {
    fn check(&self) -> Result<(), Problem> {
        match self.state.as_deref() {
            Some(state) if !ItemState::NAMES.contains(&state) => Err(bad_state()),
            Some(_) | None => Ok(()),
        }
    }

    fn names(&self, item: &StuckItem) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == name)
        };
        self.calendar
            .is_none_or(|calendar| calendar == item.calendar)
            && is(&self.state, item.state.name())
            && is(&self.reason, item.reason())
    }
}

pub(crate) fn bad_state() -> Problem {
    Problem::bad_request("bad_state", "state is refused, failing or dead.")
}

pub(crate) async fn items(
    own: Own,
    Query(filter): Query<ItemFilter>,
) -> Result<Answer<List<ItemAnswer>>, Problem> {
    filter.check()?;
    let mut stuck = own.store.stuck_items(own.connection().id).await?;
    stuck.retain(|item| filter.names(item));
    let answers: Vec<_> = stuck.into_iter().map(ItemAnswer::from).collect();
    Ok(Answer(answers.into()))
}

pub(crate) async fn retry_item(
    State(app): State<App>,
    own: Own,
    Path((_, item)): Path<(ConnectionId, ItemId)>,
) -> Result<Response, Problem> {
    let run = actions::retry_one(&app, &own, item).await?;
    Ok(accepted(own.connection().id, run))
}

pub(crate) async fn retry_items(
    State(app): State<App>,
    own: Own,
    Json(filter): Json<ItemFilter>,
) -> Result<Answer<RetryAnswer>, Problem> {
    filter.check()?;
    let mut stuck = own.store.stuck_items(own.connection().id).await?;
    stuck.retain(|item| filter.names(item));
    Ok(Answer(actions::retry(&app, &own, stuck).await?))
}
