//! What the API says of connections.

use axum::http::StatusCode;
use domain::id::{ConnectionId, HoldId, ItemId, RunId};
use shared::{
    openapi::{Api, Operation, delete, get, post, put},
    problem::Problem,
};

use crate::{
    actions,
    answers::{
        CalendarsAnswer, ConnectionAnswer, ItemAnswer, List, RetryAnswer, RunAnswer, RunAsked,
    },
    api::{self, CalendarsQuery, Choice, ItemFilter},
    endings::{DisconnectionAnswer, Wanted},
    holds::{self, HoldAnswer},
    notices::NoticesAnswer,
    notifications::NotificationAnswer,
    previews::PreviewsAnswer,
    why::{Why, WhyQuery},
};

pub fn operations(api: &mut Api) {
    let words = "One member's link to one account at Google or Microsoft. Each is its member's own: to everybody else \
                 it is not there.";
    api.group(
        "Connections",
        words,
        [
            get("/api/v1/connections", "listConnections", "Your connections")
                .answers::<List<ConnectionAnswer>>(StatusCode::OK, "All of them."),
            own(get(
                "/api/v1/connections/{id}",
                "getConnection",
                "One connection",
            ))
            .answers::<ConnectionAnswer>(StatusCode::OK, "The connection."),
            notifications(),
            disconnect(),
            own(get(
                "/api/v1/connections/{id}/disconnection",
                "getDisconnection",
                "How far a disconnection has come",
            ))
            .answers::<DisconnectionAnswer>(StatusCode::OK, "What was done so far."),
            calendars(),
            choose_calendars(),
            preview(),
            pause(),
            resume(),
            notices(),
        ],
    );
    let words = "What a connection does, and what it could not do.";
    api.group(
        "Sync",
        words,
        [
            sync(),
            own(get("/api/v1/connections/{id}/runs", "listRuns", "The latest runs"))
                .answers::<List<RunAnswer>>(StatusCode::OK, "Newest first."),
            own(get("/api/v1/connections/{id}/runs/{run}", "getRun", "One run"))
                .at::<RunId>("run")
                .answers::<RunAnswer>(StatusCode::OK, "The run."),
            items(),
            retry_items(),
            retry_item(),
            own(get(
                "/api/v1/connections/{id}/holds",
                "listHolds",
                "What waits to be confirmed",
            ))
            .words("Unusually many deletions or changes in one round are held until the calendar's owner has decided.")
            .answers::<List<HoldAnswer>>(StatusCode::OK, "All of them."),
            decide_hold(),
            trace(),
        ],
    );
}

fn notifications() -> Operation {
    get("/api/v1/notifications", "listNotifications", "What waits for you")
        .words(
            "Conflicts of your calendars, access that was lost, changes that are held, and items that are not tried again \
             by themselves. Each goes when its cause goes; nothing has to be marked as read. Its choices are carried out \
             where its cause stands: a conflict is resolved, a hold decided, a connection reconnected, items retried.",
        )
        .answers::<List<NotificationAnswer>>(StatusCode::OK, "All of them, newest first.")
}

fn own(operation: Operation) -> Operation {
    operation.at::<ConnectionId>("id")
}

/// One that changes a connection which must not be ending.
fn standing(operation: Operation) -> Operation {
    own(operation).refuses(actions::disconnecting())
}

/// One that needs the provider's answer.
fn asking(operation: Operation) -> Operation {
    operation
        .refuses(actions::needs_reauth())
        .refuses(Problem::new(
            StatusCode::BAD_GATEWAY,
            "provider_refused",
            "The provider refused; the words say why.",
        ))
}

/// One that ends in a run, unless the connection stands still.
fn run_asked(operation: Operation) -> Operation {
    operation
        .answers::<RunAsked>(StatusCode::ACCEPTED, "The run that carries it out.")
        .located()
        .answers::<RunAsked>(
            StatusCode::OK,
            "The connection stands still: it is carried out once it goes on.",
        )
}

fn disconnect() -> Operation {
    own(delete(
        "/api/v1/connections/{id}",
        "disconnect",
        "Disconnect an account",
    ))
    .words("One that was begun before goes on as it was asked for then.")
    .may_take::<Wanted>()
    .answers::<DisconnectionAnswer>(StatusCode::ACCEPTED, "It is begun.")
    .located()
}

fn calendars() -> Operation {
    asking(own(get(
        "/api/v1/connections/{id}/calendars",
        "listCalendars",
        "The calendars of the account, with their settings",
    )))
    .words("The provider is asked where none is known yet.")
    .query::<CalendarsQuery>()
    .answers::<CalendarsAnswer>(
        StatusCode::OK,
        "All of them, in the shape in which they are chosen.",
    )
    .tagged()
}

fn choose_calendars() -> Operation {
    run_asked(standing(put(
        "/api/v1/connections/{id}/calendars",
        "chooseCalendars",
        "Choose what is synced, and how",
    )))
    .words("Replaces the whole choice: a calendar that is not named is not synced.")
    .versioned()
    .takes::<Choice>()
    .tagged()
    .refuses(actions::stale(1, 2))
}

fn preview() -> Operation {
    asking(standing(post(
        "/api/v1/connections/{id}/preview",
        "previewCalendars",
        "What a choice would do",
    )))
    .words("Nothing is written.")
    .takes::<Choice>()
    .answers::<PreviewsAnswer>(StatusCode::OK, "What would be done, by calendar.")
}

fn pause() -> Operation {
    standing(post(
        "/api/v1/connections/{id}/pause",
        "pause",
        "Let a connection stand still",
    ))
    .answers::<ConnectionAnswer>(StatusCode::OK, "The connection.")
}

fn resume() -> Operation {
    run_asked(standing(post(
        "/api/v1/connections/{id}/resume",
        "resume",
        "Let a connection go on",
    )))
    .words("It goes on where it stopped.")
}

fn notices() -> Operation {
    own(get(
        "/api/v1/connections/{id}/notices",
        "getNotices",
        "Whether the provider calls us",
    ))
    .answers::<NoticesAnswer>(StatusCode::OK, "What shows that it does.")
}

fn sync() -> Operation {
    standing(post("/api/v1/connections/{id}/sync", "sync", "Sync now"))
        .words("While a run is under way or waits, that is the one.")
        .answers::<RunAsked>(StatusCode::ACCEPTED, "The run that carries it out.")
        .located()
        .refuses(actions::paused())
        .refuses(actions::needs_reauth())
}

fn items() -> Operation {
    own(get(
        "/api/v1/connections/{id}/items",
        "listItems",
        "What does not sync, and why",
    ))
    .query::<ItemFilter>()
    .answers::<List<ItemAnswer>>(StatusCode::OK, "All of them.")
    .refuses(api::bad_state())
}

fn retry_items() -> Operation {
    standing(post(
        "/api/v1/connections/{id}/items/retry",
        "retryItems",
        "Try all items of a kind again",
    ))
    .takes::<ItemFilter>()
    .answers::<RetryAnswer>(StatusCode::OK, "How many are tried again.")
    .refuses(api::bad_state())
}

fn retry_item() -> Operation {
    run_asked(standing(post(
        "/api/v1/connections/{id}/items/{item}/retry",
        "retryItem",
        "Try one item again",
    )))
    .at::<ItemId>("item")
}

fn decide_hold() -> Operation {
    run_asked(standing(post(
        "/api/v1/connections/{id}/holds/{hold}",
        "decideHold",
        "Confirm what is held, or have it put back",
    )))
    .at::<HoldId>("hold")
    .takes::<holds::Asked>()
    .refuses(holds::decided_otherwise())
    .refuses(holds::changed())
}

fn trace() -> Operation {
    own(get(
        "/api/v1/connections/{id}/trace",
        "findInConnection",
        "Why something is in a calendar, or not",
    ))
    .query::<WhyQuery>()
    .answers::<Why>(
        StatusCode::OK,
        "Everything that is known under that title or id.",
    )
}
