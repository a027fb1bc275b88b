//! For people.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    id::{DeliveryId, WebhookId},
    integration::Tally,
    time::Zone,
    webhook::{Delivery, DeliveryState, Topic, Webhook, WebhookState},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    store::TenantStore,
    web::{
        Form, Path, Query,
        page::{self, Visitor},
    },
};
use ui::{
    components::{Confirm, FieldError},
    layout::Section,
    pages::{
        confirmation::Confirmation,
        webhooks::{
            DeliveryLook, DeliveryRow, NewWebhookPage, WebhookForm, WebhookPage, WebhookRow,
            WebhookSecret, WebhooksPage,
        },
    },
    routes,
};

use super::{Wanted, api, deliveries};

/// What a rate is told of.
const LATEST: usize = 20;
const SHOWN: usize = 20;

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (store, zone) = (app.store.tenant(&visitor.session), page::zone(&headers));
    let mut rows = Vec::new();
    for kept in store.webhooks().await? {
        rows.push(row(&store, kept.webhook, &zone).await?);
    }
    let page = WebhooksPage {
        frame: visitor.frame,
        rows,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

async fn row(store: &TenantStore, webhook: Webhook, zone: &Zone) -> Result<WebhookRow, Problem> {
    let latest = store.deliveries(webhook.id, None, LATEST).await?;
    let trouble = match webhook.state {
        WebhookState::Active { failing_since } => failing_since.map(|since| {
            let since = page::moment(since, zone);
            format!("Nothing has arrived since {}.", since.words)
        }),
        WebhookState::Disabled => None,
        WebhookState::SwitchedOff { why, .. } => Some(why.words().to_owned()),
    };
    Ok(WebhookRow {
        id: webhook.id.to_string(),
        standing: webhook.standing(),
        trouble,
        topics: webhook.topics.into_iter().collect(),
        recent: latest.iter().map(tally).sum(),
        last: latest
            .first()
            .map(|last| page::moment(last.created_at, zone)),
        url: webhook.url,
        description: webhook.description,
    })
}

/// What has come of it so far.
fn tally(delivery: &Delivery) -> Tally {
    let (tried, failed) = match delivery.state {
        DeliveryState::Queued => (0, 0),
        DeliveryState::Succeeded => (1, 0),
        DeliveryState::Retrying { .. } | DeliveryState::DeadLetter { .. } => (1, 1),
    };
    Tally { tried, failed }
}

pub(crate) async fn blank(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let page = NewWebhookPage {
        frame: visitor.frame,
        typed: WebhookForm::default(),
        errors: Vec::new(),
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

type Fields = Vec<(String, String)>;

fn read(fields: &Fields) -> WebhookForm {
    let of = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let ticked = |topic: &Topic| {
        let wanted = format!("event-{topic}");
        fields.iter().any(|(name, _)| *name == wanted)
    };
    WebhookForm {
        url: of("url"),
        description: of("description"),
        topics: Topic::OFFERED.into_iter().filter(ticked).collect(),
    }
}

fn wanted(typed: &WebhookForm) -> Wanted {
    Wanted {
        url: Some(typed.url.clone()),
        description: Some(typed.description.clone()),
        topics: Some(typed.topics.iter().copied().collect()),
    }
}

fn errors(problem: &Problem) -> Vec<FieldError> {
    let flaws = problem.fields.iter();
    flaws
        .map(|field| FieldError::new(&field.pointer, &field.detail))
        .collect()
}

pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let typed = read(&fields);
    match super::create(&app, &visitor.session, wanted(&typed)).await {
        Ok((webhook, secret)) => {
            let page = WebhookSecret {
                frame: visitor.frame,
                id: webhook.id.to_string(),
                url: webhook.url,
                secret: secret.expose().to_owned(),
                is_another: false,
            };
            Ok(page::show(&app.config, &page.frame, page.render()))
        }
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let page = NewWebhookPage {
                frame: visitor.frame,
                typed,
                errors: errors(&problem),
            };
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    cursor: Option<DeliveryId>,
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<WebhookId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let zone = page::zone(&headers);
    let page = one(&app, visitor, id, asked.cursor, &zone).await?;
    Ok(page::show(&app.config, &page.frame, page.render()))
}

async fn one(
    app: &App,
    visitor: Visitor,
    id: WebhookId,
    cursor: Option<DeliveryId>,
    zone: &Zone,
) -> Result<WebhookPage, Problem> {
    let session = &visitor.session;
    let webhook = super::find(app, session, id).await?.webhook;
    let found = deliveries::find(app, session, id, None, cursor, SHOWN).await?;
    let seen = |body| page::laid_out(api::seen(body, session));
    let rows = found
        .deliveries
        .into_iter()
        .map(|delivery| delivery_row(delivery, zone, seen));
    Ok(WebhookPage {
        version: webhook.version,
        typed: WebhookForm {
            url: webhook.url.clone(),
            description: webhook.description.clone(),
            topics: webhook.topics.iter().copied().collect(),
        },
        errors: Vec::new(),
        deliveries: rows.collect(),
        from: cursor.map(|cursor| cursor.to_string()),
        next: found.next.map(|next| next.to_string()),
        row: row(&app.store.tenant(session), webhook, zone).await?,
        frame: visitor.frame,
    })
}

fn delivery_row(delivery: Delivery, zone: &Zone, seen: impl Fn(String) -> String) -> DeliveryRow {
    let look = match delivery.state {
        DeliveryState::Queued => DeliveryLook::Queued,
        DeliveryState::Retrying { .. } => DeliveryLook::Retrying,
        DeliveryState::Succeeded => DeliveryLook::Arrived,
        DeliveryState::DeadLetter { .. } => DeliveryLook::Dead,
    };
    let (outcome, response) = match delivery.last.clone() {
        Some(last) => (Some(last.words()), last.response_body),
        None => (None, None),
    };
    DeliveryRow {
        id: delivery.id.to_string(),
        event: delivery.topic.to_string(),
        look,
        created: page::moment(delivery.created_at, zone),
        attempts: delivery.attempts,
        next: delivery.next_at().map(|at| page::moment(at, zone)),
        outcome,
        request_body: page::laid_out(delivery.body),
        response_body: response.map(seen),
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<WebhookId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let typed = read(&fields);
    let version = fields.iter().find(|(name, _)| name == "version");
    let version = version.and_then(|(_, version)| version.parse().ok());
    // A form always knows what it shows.
    let expected = Some(version.unwrap_or_default());
    match super::patch(&app, &visitor.session, id, expected, wanted(&typed)).await {
        Ok(_) => Ok(done(&app, id, "The webhook was changed.")),
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let page = one(&app, visitor, id, None, &page::zone(&headers)).await?;
            let page = WebhookPage {
                typed,
                errors: errors(&problem),
                ..page
            };
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

fn done(app: &App, id: WebhookId, words: &str) -> Response {
    page::done(&app.config, &routes::webhook(&id.to_string()), words)
}

pub(crate) async fn test(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    super::test(&app, &visitor.session, id).await?;
    Ok(done(&app, id, "A test is on its way."))
}

pub(crate) async fn enable(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    super::enable(&app, &visitor.session, id).await?;
    Ok(done(&app, id, "The webhook is told again."))
}

pub(crate) async fn disable(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    super::disable(&app, &visitor.session, id).await?;
    Ok(done(
        &app,
        id,
        "The webhook is told nothing until you enable it.",
    ))
}

/// The question, where there is no script to ask it in a dialog.
async fn ask(
    app: &App,
    visitor: Visitor,
    id: WebhookId,
    confirm: Confirm,
) -> Result<Response, Problem> {
    super::find(app, &visitor.session, id).await?;
    let page = Confirmation {
        confirm,
        frame: visitor.frame,
        section: Section::WEBHOOKS,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn ask_to_rotate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let confirm = WebhookPage::rotate(&id.to_string());
    ask(&app, visitor, id, confirm).await
}

pub(crate) async fn rotate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let (webhook, secret) = super::rotate(&app, &visitor.session, id).await?;
    let page = WebhookSecret {
        frame: visitor.frame,
        id: id.to_string(),
        url: webhook.url,
        secret: secret.expose().to_owned(),
        is_another: true,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn ask_to_delete(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let confirm = WebhookPage::delete(&id.to_string());
    ask(&app, visitor, id, confirm).await
}

pub(crate) async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    super::delete(&app, &visitor.session, id, None).await?;
    let words = "The webhook is told nothing more.";
    Ok(page::done(&app.config, routes::WEBHOOKS, words))
}

pub(crate) async fn retry(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, delivery)): Path<(WebhookId, DeliveryId)>,
) -> Result<Response, Problem> {
    super::retry(&app, &visitor.session, id, delivery).await?;
    Ok(done(&app, id, "The delivery is on its way again."))
}
