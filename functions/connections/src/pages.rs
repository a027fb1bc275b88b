//! Connections for people.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    calendar::{Calendar, check_choice},
    id::{ConnectionId, ItemId},
    item::StuckItem,
    run::Trigger,
};
use futures::future::{try_join, try_join_all, try_join3, try_join5};
use shared::{
    app::App,
    oauth,
    problem::Problem,
    store::{ConnectionRow, Standing, StoreError, TenantStore},
    web::{
        Form, Path,
        page::{self, Visitor},
    },
};
use ui::{
    components::FieldError,
    pages::{
        connection::PreviewShown,
        connections::{Card, Connections},
        forward::Forward,
    },
    routes::{self, Action},
};

use crate::{
    actions, endings,
    form::{self, Fields},
    own::Own,
    view::{self, Syncing, Whole},
};

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let store = app.store.tenant(&visitor.session);
    let rows = store.connections_of(visitor.session.member).await?;
    let cards = try_join_all(rows.iter().map(|row| card(&app, &store, row))).await?;
    let page = Connections {
        frame: visitor.frame,
        cards,
        available: app.config.offered.clone(),
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

async fn card(app: &App, store: &TenantStore, row: &ConnectionRow) -> Result<Card, StoreError> {
    let id = row.connection.id;
    let looks = try_join3(store.demand(id), store.stuck_items(id), store.holds(id));
    let (asked, stuck, holds) = Box::pin(looks).await?;
    let named = asked.as_ref().and_then(|asked| asked.demand.run);
    let run = match named {
        Some(run) => store.run(id, run).await?,
        None => None,
    };
    let syncing = Syncing {
        asked: asked.as_ref(),
        runs: run.as_slice(),
        stuck: &stuck,
        holds: &holds,
        now: app.clock.now(),
    };
    Ok(view::card(&row.connection, &syncing))
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<ConnectionId>,
) -> Result<Response, Problem> {
    if let Some(ending) = endings::find(&app, &visitor.session, id).await? {
        return Ok(endings::page(&app, visitor, &page::zone(&headers), &ending));
    }
    let own = Own::find(&app, visitor.session.clone(), id).await?;
    let calendars = match actions::calendars(&app, &own, false).await {
        Ok(calendars) => calendars,
        // The page says more than which calendars there are; it asks again when it is looked at again.
        Err(problem) => {
            tracing::warn!(
                tenant = %own.session.tenant(), connection = %id, provider = %own.connection().provider,
                problem = %problem, "calendars not listed yet"
            );
            Vec::new()
        }
    };
    render(&app, visitor, &own, &calendars, None).await
}

/// What somebody has typed into the settings and not saved.
pub(crate) struct Typed {
    /// The version that they have seen, and mean to change.
    pub(crate) version: u64,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) preview: Vec<PreviewShown>,
}

pub(crate) async fn render(
    app: &App,
    visitor: Visitor,
    own: &Own,
    calendars: &[Calendar],
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    let id = own.connection().id;
    let looks = try_join5(
        own.store.holds(id),
        own.store.demand(id),
        own.store.runs(id),
        own.store.stuck_items(id),
        try_join(own.store.subscriptions(id), own.store.upkeep(id)),
    );
    let (holds, asked, runs, stuck, (subscriptions, upkeep)) = Box::pin(looks).await?;
    let conflicts = conflicts(&visitor, own).await?;
    let whole = Whole {
        conflicts,
        row: &own.row,
        calendars,
        subscriptions: &subscriptions,
        upkeep: &upkeep.unwrap_or_default(),
        syncing: Syncing {
            asked: asked.as_ref(),
            runs: &runs,
            stuck: &stuck,
            holds: &holds,
            now: app.clock.now(),
        },
    };
    let mut page = view::page(visitor.frame, &whole);
    if let Some(typed) = typed {
        page.settings.version = typed.version;
        page.settings.errors = typed.errors;
        page.preview = typed.preview;
    }
    if !page.settings.errors.is_empty() {
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()));
    }
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// How many wait for a decision in this connection; asked only where any wait at all.
async fn conflicts(visitor: &Visitor, own: &Own) -> Result<usize, StoreError> {
    if visitor.frame.conflicts == 0 {
        return Ok(0);
    }
    let member = own.session.member;
    let open = own.store.conflicts_of(member, Standing::Open).await?;
    let id = own.connection().id;
    Ok(open
        .iter()
        .filter(|conflict| conflict.connection == id)
        .count())
}

pub(crate) async fn save_settings(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<ConnectionId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, visitor.session.clone(), id)
        .await?
        .standing()?;
    let version = form::version(&fields)?;
    let known = own.store.calendars(id).await?;
    let (lines, mut errors) = form::read(&fields, &known);
    let chosen = check_choice(&known, &lines);
    if let Err(flaws) = &chosen {
        errors.extend(form::errors(flaws, &lines));
    }
    let chosen = match chosen {
        Ok(chosen) if errors.is_empty() => chosen,
        Ok(_) | Err(_) => {
            let shown = form::applied(&known, lines);
            let typed = Typed {
                version,
                errors,
                preview: Vec::new(),
            };
            return render(&app, visitor, &own, &shown, Some(typed)).await;
        }
    };
    let words = match actions::choose(&app, &own, &chosen, Some(version)).await {
        Ok((_, Some(_))) => "Settings saved. A sync has started.",
        Ok((_, None)) => "Settings saved. They take effect once the connection syncs again.",
        // The page shows what the others made of it.
        Err(problem) if problem.status == StatusCode::PRECONDITION_FAILED => {
            let words = &problem.detail;
            return Ok(page::not_done(&app.config, &page_of(&own), words));
        }
        Err(problem) => return Err(problem),
    };
    Ok(page::done(&app.config, &page_of(&own), words))
}

pub(crate) async fn act(
    State(app): State<App>,
    mut own: Own,
    headers: HeaderMap,
    Path((_, action)): Path<(ConnectionId, String)>,
) -> Result<Response, Problem> {
    let done = match Action::parse(&action) {
        Some(Action::Sync) => actions::sync(&app, &own, Trigger::Member)
            .await
            .map(|_| "A sync has started."),
        Some(Action::Pause) => actions::pause(&app, &mut own)
            .await
            .map(|()| "Paused. Nothing is synced until you resume."),
        Some(Action::Resume) => actions::resume(&app, &mut own).await.map(|run| match run {
            Some(_) => "Resumed. A sync has started.",
            None => "Resumed. Reconnect to go on syncing.",
        }),
        Some(Action::Reconnect) => return reconnect(&app, &own, &headers).await,
        None => return Err(Problem::not_found("page")),
    };
    match done {
        Ok(words) => Ok(page::done(&app.config, &page_of(&own), words)),
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            Ok(page::not_done(&app.config, &page_of(&own), &problem.detail))
        }
        Err(problem) => Err(problem),
    }
}

pub(crate) async fn retry(
    State(app): State<App>,
    own: Own,
    Path((_, item)): Path<(ConnectionId, ItemId)>,
) -> Result<Response, Problem> {
    let words = match actions::retry_one(&app, &own, item).await {
        Ok(Some(_)) => "It is tried again now.",
        Ok(None) => "It is tried again once the connection syncs.",
        Err(problem) if problem.status == StatusCode::NOT_FOUND => "It has synced meanwhile.",
        Err(problem) => return Err(problem),
    };
    Ok(page::done(&app.config, &page_of(&own), words))
}

pub(crate) async fn retry_all(State(app): State<App>, own: Own) -> Result<Response, Problem> {
    let mut stuck = own.store.stuck_items(own.connection().id).await?;
    stuck.retain(StuckItem::needs_attention);
    let all_synced = stuck.is_empty();
    let retried = actions::retry(&app, &own, stuck).await?;
    let words = match (retried.run, retried.left) {
        (None, _) if all_synced => "Everything has synced meanwhile.".to_owned(),
        (None, _) => "They are tried again once the connection syncs.".to_owned(),
        (Some(_), _) if retried.retried == 0 => "They are being tried again already.".to_owned(),
        (Some(_), 0) => format!("{} items are tried again now.", retried.retried),
        (Some(_), left) => format!(
            "{} items are tried again now. {left} more are left: press again after this run.",
            retried.retried
        ),
    };
    Ok(page::done(&app.config, &page_of(&own), &words))
}

async fn reconnect(app: &App, own: &Own, headers: &HeaderMap) -> Result<Response, Problem> {
    let connection = own.connection();
    let begun = oauth::begin(app, &own.session, connection.provider, Some(connection)).await?;
    let forward = Forward {
        theme: page::theme(headers),
        provider: connection.provider,
        address: begun.authorize_url,
    };
    Ok(page::ok(forward.render()))
}

fn page_of(own: &Own) -> String {
    routes::connection(&own.connection().id.to_string())
}
