//! Customers' webhooks.

use domain::{
    integration::Tally,
    member::Role,
    webhook::{Topic, WebhookStanding},
};

use super::{Sample, frame};
use crate::components::{FieldError, Moment};
use crate::pages::webhooks::{
    DeliveryLook, DeliveryRow, NewWebhookPage, WebhookForm, WebhookPage, WebhookRow, WebhookSecret,
    WebhooksPage,
};

pub(super) fn samples() -> Vec<Sample> {
    let failing = "Nothing has arrived since 2 March 2027, 10:41 Europe/Berlin.";
    let gone = "It answered 410 Gone.";
    vec![
        (
            "webhooks",
            list(vec![
                row("whe_01", WebhookStanding::Active, None),
                row("whe_02", WebhookStanding::Active, Some(failing)),
                row("whe_03", WebhookStanding::Disabled, None),
                row("whe_04", WebhookStanding::SwitchedOff, Some(gone)),
            ])
            .render(),
        ),
        ("webhooks-none", list(Vec::new()).render()),
        ("webhook-new", new(Vec::new()).render()),
        (
            "webhook-refused",
            new(vec![
                FieldError::new("url", "Choose an address on the public internet."),
                FieldError::new("events", "Choose at least one event."),
            ])
            .render(),
        ),
        ("webhook-made", made(false).render()),
        ("webhook-rotated", made(true).render()),
        ("webhook", one(WebhookStanding::Active, None).render()),
        (
            "webhook-switched-off",
            one(WebhookStanding::SwitchedOff, Some(gone)).render(),
        ),
        ("webhook-seen-only", seen_only().render()),
    ]
}

fn moment() -> Moment {
    Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin")
}

fn list(rows: Vec<WebhookRow>) -> WebhooksPage {
    WebhooksPage {
        frame: frame(),
        rows,
    }
}

fn row(id: &str, standing: WebhookStanding, trouble: Option<&str>) -> WebhookRow {
    WebhookRow {
        id: id.to_owned(),
        url: "https://dispatch.example.com/kalends".to_owned(),
        description: "Tells dispatch".to_owned(),
        standing,
        trouble: trouble.map(str::to_owned),
        topics: vec![Topic::EntryCreated, Topic::ConflictDetected],
        recent: Tally {
            tried: 20,
            failed: 3,
        },
        last: Some(moment()),
    }
}

fn form() -> WebhookForm {
    WebhookForm {
        url: "https://dispatch.example.com/kalends".to_owned(),
        description: "Tells dispatch".to_owned(),
        topics: vec![Topic::EntryCreated, Topic::ConflictDetected],
    }
}

fn new(errors: Vec<FieldError>) -> NewWebhookPage {
    NewWebhookPage {
        frame: frame(),
        typed: form(),
        errors,
    }
}

fn made(is_another: bool) -> WebhookSecret {
    WebhookSecret {
        frame: frame(),
        id: "whe_01".to_owned(),
        url: "https://dispatch.example.com/kalends".to_owned(),
        secret: "whsec_c2FtcGxlLW9mLWEtc2VjcmV0LXRoYXQtc2lnbnMtbm8=".to_owned(),
        is_another,
    }
}

fn delivery(id: &str, look: DeliveryLook, outcome: Option<&str>) -> DeliveryRow {
    DeliveryRow {
        id: id.to_owned(),
        event: "schedule.entry.created".to_owned(),
        look,
        created: moment(),
        attempts: 2,
        next: (look == DeliveryLook::Retrying).then(moment),
        outcome: outcome.map(str::to_owned),
        request_body: "{\n  \"type\": \"schedule.entry.created\"\n}".to_owned(),
        response_body: outcome.map(|_| "{\n  \"ok\": false\n}".to_owned()),
    }
}

fn one(standing: WebhookStanding, trouble: Option<&str>) -> WebhookPage {
    WebhookPage {
        frame: frame(),
        row: row("whe_01", standing, trouble),
        version: 3,
        typed: form(),
        errors: Vec::new(),
        deliveries: vec![
            delivery("whd_04", DeliveryLook::Queued, None),
            delivery("whd_03", DeliveryLook::Retrying, Some("answered 503")),
            delivery("whd_02", DeliveryLook::Dead, Some("could not be reached")),
            delivery("whd_01", DeliveryLook::Arrived, Some("answered 204")),
        ],
        from: None,
        next: Some("whd_01".to_owned()),
    }
}

/// By somebody who may not change it.
fn seen_only() -> WebhookPage {
    let mut page = one(WebhookStanding::Active, None);
    page.frame.permissions = Role::Viewer.permissions();
    WebhookPage {
        deliveries: Vec::new(),
        next: None,
        ..page
    }
}
