//! What the API says of integrations.

use axum::http::StatusCode;
use domain::{
    id::{ConnectionId, IntegrationEventId, ItemId},
    integration::Integration,
};
use shared::{
    openapi::{Api, get, post, put},
    problem::Problem,
    web::TABLE,
    webhook,
};

use crate::{
    answers::{
        EventAnswer, IntegrationEventDetails, IntegrationEventList, IntegrationsDashboard,
        IntegrationsHealth,
    },
    dashboard::{self, PinnedCards},
    errors::{self, ErrorQueue, RetriedOne},
    log::{self, nothing_to_retry},
    log_file,
    named::no_such_connector,
    report::Report,
};

pub fn operations(api: &mut Api) {
    let words = "Whatever outside of Kalends your organisation works with, how it goes with each, and what happened. \
                 A day is counted in quarters of an hour.";
    api.group(
        "Integrations",
        words,
        [
            get(
                "/api/integrations/dashboard",
                "getDashboard",
                "Everything at a glance",
            )
            .words("Parts that could not be read in time are null, and named.")
            .query::<dashboard::Asked>()
            .answers::<IntegrationsDashboard>(StatusCode::OK, "What could be read."),
            get(
                "/api/integrations/health",
                "getIntegrationsHealth",
                "How it goes with each",
            )
            .query::<dashboard::Asked>()
            .answers::<IntegrationsHealth>(StatusCode::OK, "Each by its name, and all together."),
            put(
                "/api/integrations/pinned",
                "pinCards",
                "Which cards stand first",
            )
            .takes::<PinnedCards>()
            .answers::<PinnedCards>(StatusCode::OK, "They do, for everybody."),
            post(
                "/api/v1/integrations/{integration}/events",
                "reportEvent",
                "Report what a connector did",
            )
            .words("For connectors that run elsewhere: comarch and edi. The first report sets the connector up.")
            .at::<Integration>("integration")
            .takes::<Report>()
            .answers::<EventAnswer>(StatusCode::CREATED, "It is in the log, and counted.")
            .refuses(no_such_connector()),
        ],
    );
    log_operations(api);
}

fn log_operations(api: &mut Api) {
    let words = "What happened for a month, and what waits to be tried again.";
    api.group(
        "Integration log",
        words,
        [
            get("/api/integrations/logs", "listEvents", "What happened")
                .words("Newest first. A page may hold fewer than were asked for while `next_cursor` leads on.")
                .query::<log::Asked>()
                .answers::<IntegrationEventList>(StatusCode::OK, "Some of it."),
            get(log_file::PATH, "exportEvents", "What happened, as a table")
                .words(
                    "The columns are named as the fields of an event. What lies beyond one file is where the header \
                     `Link` with `rel=\"next\"` leads to.",
                )
                .query::<log::Asked>()
                .answers_file(&[TABLE], "The table."),
            get("/api/integrations/logs/{id}", "getEvent", "One event")
                .at::<IntegrationEventId>("id")
                .answers::<IntegrationEventDetails>(StatusCode::OK, "With what was sent and answered.")
                .refuses(Problem::not_found("integration event")),
            post(
                "/api/integrations/logs/{id}/retry",
                "retryEvent",
                "Try what failed again",
            )
            .at::<IntegrationEventId>("id")
            .answers::<log::Retried>(StatusCode::ACCEPTED, "It is asked for.")
            .refuses(Problem::not_found("integration event"))
            .refuses(nothing_to_retry())
            .refuses(webhook::inactive())
            .refuses(webhook::not_dead()),
            get(
                "/api/integrations/error-queue",
                "listErrorQueue",
                "Items that wait",
            )
            .words("What they are called stays with their owners.")
            .query::<errors::Asked>()
            .answers::<ErrorQueue>(StatusCode::OK, "Some of them, one connection after the other."),
            post(
                "/api/integrations/error-queue/retry",
                "retryErrorQueue",
                "Retry all that a filter names",
            )
            .takes::<errors::Wanted>()
            .answers::<errors::Retried>(StatusCode::OK, "What was, or would be, tried again."),
            post(
                "/api/integrations/error-queue/{connection}/{item}/retry",
                "retryErrorQueueItem",
                "Retry one item",
            )
            .at::<ConnectionId>("connection")
            .at::<ItemId>("item")
            .answers::<RetriedOne>(StatusCode::ACCEPTED, "It is asked for.")
            .refuses(Problem::not_found("item")),
        ],
    );
}
