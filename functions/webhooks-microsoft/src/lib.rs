//! `POST /webhooks/microsoft` and `/webhooks/microsoft/lifecycle`: verify, mark, enqueue, answer. Nothing runs after the
//! answer, and nothing is read from the table before a client state holds.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::connection::Provider;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use shared::{
    app::App,
    problem::Problem,
    providers::microsoft::notification::{self, Handshake},
    sync::channel,
    web::{Routes, open},
};

/// Graph says on each item what it is, so that both addresses take both kinds.
pub fn routes() -> Routes {
    Routes::new()
        .post("/webhooks/microsoft", open("a channel token"), notified)
        .post(
            "/webhooks/microsoft/lifecycle",
            open("a channel token"),
            notified,
        )
}

/// Graph joins the notifications of many subscriptions; some hundred of them fit.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Graph waits three seconds.
const CALLS_AT_ONCE: usize = 16;

/// An answer of 5xx makes Graph call again for four hours, so that a table or queue that is down loses nothing. An item
/// that nobody vouches for is counted and left out: Graph must not repeat the good ones for its sake.
async fn notified(State(app): State<App>, uri: Uri, body: Body) -> Result<Response, Problem> {
    match Handshake::of(uri.query().unwrap_or_default()) {
        Handshake::Absent => {}
        Handshake::Echo(token) => {
            // The answer repeats what anyone may have written: it must never be more than text.
            let inert = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; sandbox",
                ),
            ];
            return Ok((inert, token).into_response());
        }
        Handshake::TooLong => {
            return Err(Problem::invalid(
                "validationToken",
                "A validation token has at most 2,048 characters.",
            ));
        }
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "Notifications have at most 256 KiB.",
        )
    })?;
    let notices = notification::read(&body)
        .map_err(|error| Problem::invalid("value", format!("Not a notification: {error}.")))?;
    let mut calls = BTreeMap::new();
    for notice in notices {
        let verified = channel::verify(&app, Provider::Microsoft, &notice.client_state);
        let Some(channel) = verified.await? else {
            channel::refused(&app, Provider::Microsoft, "client_state");
            continue;
        };
        // An end says more than a change.
        let call = calls.entry(channel).or_insert(notice.call);
        *call = (*call).max(notice.call);
    }
    stream::iter(calls)
        .map(|(channel, call)| channel::called(&app, channel, call))
        .buffer_unordered(CALLS_AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
