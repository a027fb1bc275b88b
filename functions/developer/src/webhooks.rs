//! What is done with webhooks, whoever asks.

mod api;
mod deliveries;
pub(crate) mod openapi;
mod pages;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use domain::{
    audit::{Action, Resource},
    id::{DeliveryId, WebhookId},
    permission::Permission,
    webhook::{Delivery, Topic, Webhook, WebhookState},
};
use serde_json::{Value, json};
use shared::{
    app::App,
    crypto::Secret,
    ids,
    problem::{FieldProblem, Problem},
    store::{KeptWebhook, SealedBefore, SealedSecrets, StoreError},
    web::{Gate, Routes, Session, may},
    webhook::{check_address, inactive, looked_after, mint, seal, start},
};
use ui::routes;

use crate::{MANAGES, SEES};

/// Sends nothing to anywhere new, and can be taken back.
const PRESSES: Gate = may(Permission::IntegrationsManage);

pub(crate) fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::WEBHOOKS, SEES, pages::list)
        .get(routes::WEBHOOK_NEW, MANAGES, pages::blank)
        .post(routes::WEBHOOK_NEW, MANAGES, pages::create)
        .get(routes::WEBHOOK, SEES, pages::show)
        .post(routes::WEBHOOK, MANAGES, pages::change)
        .post(routes::WEBHOOK_TEST, PRESSES, pages::test)
        .post(routes::WEBHOOK_ENABLE, PRESSES, pages::enable)
        .post(routes::WEBHOOK_DISABLE, PRESSES, pages::disable)
        .get(routes::WEBHOOK_ROTATE, MANAGES, pages::ask_to_rotate)
        .post(routes::WEBHOOK_ROTATE, MANAGES, pages::rotate)
        .get(routes::WEBHOOK_DELETE, MANAGES, pages::ask_to_delete)
        .post(routes::WEBHOOK_DELETE, MANAGES, pages::delete)
        .post(routes::DELIVERY_RETRY, PRESSES, pages::retry)
        .as_pages();
    Routes::new()
        .get("/api/v1/webhooks", SEES, api::list)
        .post("/api/v1/webhooks", MANAGES, api::create)
        .get("/api/v1/webhooks/{id}", SEES, api::show)
        .patch("/api/v1/webhooks/{id}", MANAGES, api::patch)
        .delete("/api/v1/webhooks/{id}", MANAGES, api::delete)
        .post("/api/v1/webhooks/{id}/rotate-secret", MANAGES, api::rotate)
        .post("/api/v1/webhooks/{id}/enable", PRESSES, api::enable)
        .post("/api/v1/webhooks/{id}/disable", PRESSES, api::disable)
        .post("/api/v1/webhooks/{id}/test", PRESSES, api::test)
        .get(
            "/api/v1/webhooks/{id}/deliveries",
            SEES,
            api::list_deliveries,
        )
        .post(
            "/api/v1/webhooks/{id}/deliveries/{delivery}/retry",
            PRESSES,
            api::retry,
        )
        .merge(pages)
}

/// A webhook that is wanted, or what is to become of one.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) url: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) topics: Option<BTreeSet<Topic>>,
}

pub(crate) async fn create(
    app: &App,
    session: &Session,
    wanted: Wanted,
) -> Result<(Webhook, Secret), Problem> {
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let id = ids::mint(session.tenant(), now, WebhookId::from_parts);
    let blank = Webhook {
        id,
        url: String::new(),
        description: String::new(),
        topics: BTreeSet::new(),
        state: ACTIVE,
        created_at: now,
        version: 1,
    };
    let webhook = applied(app, &blank, wanted)?;
    if store.webhooks().await?.len() >= Webhook::MAX {
        return Err(too_many());
    }
    let secret = mint();
    let current = seal(app, session.tenant(), id, &secret).await?;
    let kept = KeptWebhook {
        webhook,
        secrets: SealedSecrets {
            current,
            before: None,
        },
    };
    let made = session
        .audit(app, Action::WebhookCreated)
        .about(Resource::new(Webhook::NOUN, id))
        .changing(Value::Null, told(&kept.webhook));
    store.create_webhook(&kept, &made).await?;
    Ok((kept.webhook, secret))
}

const ACTIVE: WebhookState = WebhookState::Active {
    failing_since: None,
};

/// What the audit log keeps of one.
fn told(webhook: &Webhook) -> Value {
    json!({
        "url": webhook.url, "description": webhook.description, "events": webhook.topics,
        "state": webhook.standing(),
    })
}

/// The webhook with what is wanted of it, if it can be so.
fn applied(app: &App, webhook: &Webhook, wanted: Wanted) -> Result<Webhook, Problem> {
    let mut flaws = Vec::new();
    let mut flaw = |pointer: &str, detail: String| {
        let pointer = pointer.to_owned();
        flaws.push(FieldProblem { pointer, detail });
    };
    let mut next = webhook.clone();
    if let Some(url) = wanted.url {
        match check_address(&url, app.config.is_local()) {
            Ok(url) => next.url = url.into(),
            Err(error) => flaw("url", error.to_string()),
        }
    }
    if let Some(description) = wanted.description {
        let description = description.trim();
        let max = Webhook::DESCRIPTION_CHARACTERS_MAX;
        if description.chars().count() > max || description.contains(char::is_control) {
            flaw(
                "description",
                format!("One line of at most {max} characters."),
            );
        }
        description.clone_into(&mut next.description);
    }
    if let Some(topics) = wanted.topics {
        if topics.is_empty() {
            flaw("events", "Choose at least one event.".to_owned());
        } else if topics.contains(&Topic::Ping) {
            flaw("events", "A ping is sent on request only.".to_owned());
        }
        next.topics = topics;
    }
    if flaws.is_empty() {
        Ok(next)
    } else {
        Err(Problem::invalid_fields(flaws))
    }
}

pub(crate) fn too_many() -> Problem {
    let words = format!(
        "An organisation has at most {} webhooks. Delete one first.",
        Webhook::MAX
    );
    Problem::conflict("too_many_webhooks", words)
}

pub(crate) fn stale(version: u64, expected: u64) -> Problem {
    let words =
        format!("Somebody was faster: the webhook is at version {version}, not {expected}.");
    Problem::new(StatusCode::PRECONDITION_FAILED, "version", words)
}

pub(crate) async fn find(
    app: &App,
    session: &Session,
    id: WebhookId,
) -> Result<KeptWebhook, Problem> {
    let found = app.store.tenant(session).webhook(id).await?;
    found.ok_or_else(|| Problem::not_found(Webhook::NOUN))
}

/// The same, as the caller has seen it.
async fn find_as(
    app: &App,
    session: &Session,
    id: WebhookId,
    expected: Option<u64>,
) -> Result<KeptWebhook, Problem> {
    let kept = find(app, session, id).await?;
    match expected {
        Some(expected) if expected != kept.webhook.version => {
            Err(stale(kept.webhook.version, expected))
        }
        Some(_) | None => Ok(kept),
    }
}

/// It may have been switched off, or looked after, in the same moment.
const TRIES_MAX: u32 = 5;

/// Makes of a webhook what `next` says, and writes down what became another.
async fn change(
    app: &App,
    session: &Session,
    id: WebhookId,
    expected: Option<u64>,
    action: Action,
    next: impl Fn(&Webhook) -> Result<Webhook, Problem>,
) -> Result<Webhook, Problem> {
    let store = app.store.tenant(session);
    for _ in 0..TRIES_MAX {
        let kept = find_as(app, session, id, expected).await?;
        let before = kept.webhook.clone();
        let after = next(&before)?;
        if after == before {
            return Ok(before);
        }
        let changed = session
            .audit(app, action)
            .about(Resource::new(Webhook::NOUN, id))
            .changing(told(&before), told(&after));
        let kept = KeptWebhook {
            webhook: after,
            ..looked_after(app, session.tenant(), kept).await?
        };
        match store.update_webhook(kept, &changed, app.clock.now()).await {
            Ok(kept) => return Ok(kept.webhook),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// What failed before says nothing of what it is from now on.
pub(crate) async fn patch(
    app: &App,
    session: &Session,
    id: WebhookId,
    expected: Option<u64>,
    wanted: Wanted,
) -> Result<Webhook, Problem> {
    let next = |before: &Webhook| {
        let after = applied(app, before, wanted.clone())?;
        let moved = before.url != after.url && before.is_active();
        let state = if moved { ACTIVE } else { before.state };
        Ok(Webhook { state, ..after })
    };
    change(app, session, id, expected, Action::WebhookChanged, next).await
}

pub(crate) async fn enable(
    app: &App,
    session: &Session,
    id: WebhookId,
) -> Result<Webhook, Problem> {
    let next = |before: &Webhook| {
        let state = if before.is_active() {
            before.state
        } else {
            ACTIVE
        };
        Ok(Webhook {
            state,
            ..before.clone()
        })
    };
    change(app, session, id, None, Action::WebhookEnabled, next).await
}

pub(crate) async fn disable(
    app: &App,
    session: &Session,
    id: WebhookId,
) -> Result<Webhook, Problem> {
    let next = |before: &Webhook| {
        Ok(Webhook {
            state: WebhookState::Disabled,
            ..before.clone()
        })
    };
    change(app, session, id, None, Action::WebhookDisabled, next).await
}

pub(crate) async fn delete(
    app: &App,
    session: &Session,
    id: WebhookId,
    expected: Option<u64>,
) -> Result<(), Problem> {
    let webhook = find_as(app, session, id, expected).await?.webhook;
    let deleted = session
        .audit(app, Action::WebhookDeleted)
        .about(Resource::new(Webhook::NOUN, id))
        .changing(told(&webhook), Value::Null);
    let store = app.store.tenant(session);
    Ok(store.delete_webhook(&webhook, &deleted).await?)
}

/// The old secret signs on beside the new one for a day.
pub(crate) async fn rotate(
    app: &App,
    session: &Session,
    id: WebhookId,
) -> Result<(Webhook, Secret), Problem> {
    let mut kept = find(app, session, id).await?;
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let secret = mint();
    let new = seal(app, session.tenant(), id, &secret).await?;
    let old = std::mem::replace(&mut kept.secrets.current, new);
    kept.secrets.before = Some(SealedBefore {
        sealed: old,
        until: now + Webhook::OLD_SECRET_SIGNS_FOR,
    });
    let rotated = session
        .audit(app, Action::WebhookSecretRotated)
        .about(Resource::new(Webhook::NOUN, id));
    let kept = store.update_webhook(kept, &rotated, now).await?;
    Ok((kept.webhook, secret))
}

/// Sends a ping, as anything else is sent.
pub(crate) async fn test(app: &App, session: &Session, id: WebhookId) -> Result<Delivery, Problem> {
    let kept = find(app, session, id).await?;
    if !kept.webhook.is_active() {
        return Err(inactive());
    }
    let (store, now) = (app.store.tenant(session), app.clock.now());
    let tested = session
        .audit(app, Action::WebhookTested)
        .about(Resource::new(Webhook::NOUN, id));
    store.append_audit(&tested).await?;
    let body = Topic::Ping.payload(now, &json!({ "webhook": id }));
    let delivery = ids::mint(session.tenant(), now, DeliveryId::from_parts);
    let delivery = Delivery::new(delivery, id, Topic::Ping, body, now);
    start(app, &store, &delivery).await?;
    Ok(delivery)
}

pub(crate) async fn retry(
    app: &App,
    session: &Session,
    id: WebhookId,
    delivery: DeliveryId,
) -> Result<(), Problem> {
    let retried = session
        .audit(app, Action::DeliveryRetried)
        .about(Resource::new(Delivery::NOUN, delivery));
    let store = app.store.tenant(session);
    shared::webhook::redrive(app, &store, id, delivery, &retried).await
}
