//! One try of a delivery.

use std::error::Error;

use domain::{
    scrub,
    webhook::{Attempt, Delivery, Webhook},
};
use jiff::Timestamp;
use reqwest::{Response, header};

use super::address::{self, NotPublic};
use crate::{
    app::{App, BuildError},
    clock::Stopwatch,
};

/// So much of an answer is read: JSON that is whole can be cleaned by its names. Less of it is kept.
const READ_BYTES_MAX: usize = 64 * 1024;

pub(super) async fn send(
    app: &App,
    webhook: &Webhook,
    delivery: &Delivery,
    signature: String,
    at: Timestamp,
) -> Result<Attempt, BuildError> {
    let local = app.config.is_local();
    let unanswered = |error: &str| Attempt {
        at,
        took_ms: 0,
        status: None,
        error: Some(error.to_owned()),
        response_body: None,
    };
    // An address in figures is never resolved, so it is looked at here too.
    let Ok(url) = address::check(&webhook.url, local) else {
        return Ok(unanswered("has an address that may not be called"));
    };
    let watch = Stopwatch::start();
    let sent = app
        .outside()?
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", delivery.id.to_string())
        .header("webhook-timestamp", at.as_second())
        .header("webhook-signature", signature)
        .body(delivery.body.clone())
        .send();
    let attempt = match sent.await {
        Ok(response) => Attempt {
            status: Some(response.status().as_u16()),
            error: None,
            response_body: Some(read(response).await).filter(|body| !body.is_empty()),
            ..unanswered("")
        },
        Err(error) => unanswered(why(&error)),
    };
    let took_ms = u32::try_from(watch.elapsed().as_millis()).unwrap_or(u32::MAX);
    Ok(Attempt { took_ms, ..attempt })
}

/// What comes too late or breaks off is left out: the status has said what counts.
async fn read(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < READ_BYTES_MAX
        && let Ok(Some(part)) = response.chunk().await
    {
        body.extend_from_slice(&part);
    }
    body.truncate(READ_BYTES_MAX);
    scrub::body(&String::from_utf8_lossy(&body))
}

/// For people. Never the error's own words: they have the address in them.
fn why(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(inner) = cause
        && !inner.is::<NotPublic>()
    {
        cause = inner.source();
    }
    if cause.is_some() {
        "has a name that leads to no public address"
    } else if error.is_timeout() {
        "did not answer within ten seconds"
    } else if error.is_connect() {
        "could not be reached"
    } else {
        "broke off"
    }
}
