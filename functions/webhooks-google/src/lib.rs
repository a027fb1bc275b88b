//! `POST /webhooks/google`: verify, mark, enqueue, answer; or verify, publish, answer, where the tenant has a topic.
//! Nothing runs after the answer, and nothing is read from the table before the channel token holds.

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::connection::Provider;
use shared::{
    app::App,
    problem::Problem,
    providers::google::notification::{Notice, NoticeState},
    relay,
    store::ChannelCall,
    sync::channel,
    web::{Routes, open},
};

pub fn routes() -> Routes {
    Routes::new().post("/webhooks/google", open("a channel token"), notified)
}

/// A notice has no body; a little more than none is somebody else's.
const BODY_BYTES_MAX: usize = 1_024;

/// An answer of 5xx makes Google call again, so that a table or queue that is down loses nothing. Every other answer
/// ends the matter: a forged or stale notice is told no more than that there is nothing here.
async fn notified(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let nothing_here = || Problem::not_found("channel");
    if to_bytes(body, BODY_BYTES_MAX).await.is_err() {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "A notice has no body.",
        ));
    }
    let notice = Notice::read(&headers).map_err(|_| nothing_here())?;
    let verified = channel::verify(&app, Provider::Google, notice.channel_token);
    let Some(channel) = verified.await? else {
        channel::refused(&app, Provider::Google, "channel_token");
        return Err(nothing_here());
    };
    // Looked up for the first notice of a channel, which asks for nothing, so that those which do find it in memory.
    let relay = relay::configured(&app).await;
    if notice.state == NoticeState::Sync {
        return Ok(StatusCode::NO_CONTENT);
    }
    if let Some(relay) = relay
        && relay::hand_on(&app, &relay, channel, notice.channel_token).await?
    {
        return Ok(StatusCode::NO_CONTENT);
    }
    channel::called(&app, channel, ChannelCall::Changed).await?;
    Ok(StatusCode::NO_CONTENT)
}
