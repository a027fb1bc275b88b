//! What the API says of webhooks.

use axum::http::StatusCode;
use domain::{
    id::{DeliveryId, WebhookId},
    webhook::{Delivery, Webhook},
};
use shared::{
    openapi::{Api, Operation, delete, get, patch, post},
    problem::Problem,
    webhook::{inactive, not_dead},
};

use super::{
    api::{
        CreatedWebhook, DeliveryAnswer, DeliveryList, DeliveryQuery, NewWebhook, Patch,
        RotatedSecret, WebhookAnswer, WebhookList,
    },
    stale, too_many,
};

pub(crate) fn operations(api: &mut Api) {
    let words = "Addresses of yours that are told what happens, signed as Standard Webhooks has it. What does not \
                 arrive is tried ten times over three days.";
    api.group(
        "Webhooks",
        words,
        [
            get(
                "/api/v1/webhooks",
                "listWebhooks",
                "Your organisation's webhooks",
            )
            .answers::<WebhookList>(StatusCode::OK, "All of them, oldest first."),
            create(),
            own(get("/api/v1/webhooks/{id}", "getWebhook", "One webhook"))
                .answers::<WebhookAnswer>(StatusCode::OK, "The webhook.")
                .tagged(),
            change(),
            own(delete(
                "/api/v1/webhooks/{id}",
                "deleteWebhook",
                "Delete a webhook",
            ))
            .versioned()
            .done("It is told nothing more.")
            .refuses(stale(2, 1)),
            rotate(),
            own(post(
                "/api/v1/webhooks/{id}/enable",
                "enableWebhook",
                "Enable a webhook",
            ))
            .answers::<WebhookAnswer>(StatusCode::OK, "It is told again.")
            .tagged(),
            disable(),
            own(post(
                "/api/v1/webhooks/{id}/test",
                "testWebhook",
                "Send a ping",
            ))
            .answers::<DeliveryAnswer>(StatusCode::ACCEPTED, "It is on its way.")
            .refuses(inactive()),
            deliveries(),
            retry(),
        ],
    );
}

fn create() -> Operation {
    post("/api/v1/webhooks", "createWebhook", "Add a webhook")
        .takes::<NewWebhook>()
        .answers::<CreatedWebhook>(
            StatusCode::CREATED,
            "The webhook. Its secret is shown this once.",
        )
        .located()
        .tagged()
        .refuses(too_many())
}

fn change() -> Operation {
    let path = "/api/v1/webhooks/{id}";
    own(patch(path, "changeWebhook", "Change a webhook"))
        .versioned()
        .takes::<Patch>()
        .answers::<WebhookAnswer>(StatusCode::OK, "The webhook as it is now.")
        .tagged()
        .refuses(stale(2, 1))
}

fn rotate() -> Operation {
    let path = "/api/v1/webhooks/{id}/rotate-secret";
    own(post(path, "rotateWebhookSecret", "Give it another secret"))
        .words("For a day deliveries carry a signature with each secret.")
        .answers::<RotatedSecret>(StatusCode::OK, "The new secret. It is shown this once.")
}

fn disable() -> Operation {
    let path = "/api/v1/webhooks/{id}/disable";
    own(post(path, "disableWebhook", "Disable a webhook"))
        .words("What still waits is set aside when its turn comes.")
        .answers::<WebhookAnswer>(StatusCode::OK, "It is told nothing.")
        .tagged()
}

fn deliveries() -> Operation {
    let path = "/api/v1/webhooks/{id}/deliveries";
    own(get(path, "listDeliveries", "What it was told"))
        .query::<DeliveryQuery>()
        .answers::<DeliveryList>(StatusCode::OK, "Newest first, of the last thirty days.")
}

fn retry() -> Operation {
    let path = "/api/v1/webhooks/{id}/deliveries/{delivery}/retry";
    own(post(path, "retryDelivery", "Try a dead letter anew"))
        .at::<DeliveryId>("delivery")
        .done("It is on its way.")
        .refuses(Problem::not_found(Delivery::NOUN))
        .refuses(inactive())
        .refuses(not_dead())
}

fn own(operation: Operation) -> Operation {
    operation
        .at::<WebhookId>("id")
        .refuses(Problem::not_found(Webhook::NOUN))
}
