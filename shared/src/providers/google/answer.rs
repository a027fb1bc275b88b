//! Google's answers: sent for, told apart, read.

use domain::failure::FailureClass;
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{super::ProviderError, wire};

pub(super) fn rejected(operation: &'static str, detail: &str) -> ProviderError {
    ProviderError {
        class: FailureClass::Rejected,
        operation,
        detail: detail.into(),
        retry_after_s: None,
        source: None,
    }
}

pub(super) async fn send(
    operation: &'static str,
    request: RequestBuilder,
) -> Result<Response, ProviderError> {
    let response = request
        .send()
        .await
        .map_err(|source| unreachable(operation, source))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let retry_after_s = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    let body: wire::ErrorBody = response.json().await.unwrap_or_default();
    let reason = body
        .error
        .errors
        .first()
        .map_or("", |error| error.reason.as_str());
    Err(ProviderError {
        class: classify(status, reason),
        operation,
        detail: describe(status, reason, &body.error.message),
        retry_after_s,
        source: None,
    })
}

pub(super) async fn read<T: DeserializeOwned>(
    operation: &'static str,
    response: Response,
) -> Result<T, ProviderError> {
    response
        .json()
        .await
        .map_err(|source| unreachable(operation, source))
}

/// The answer never came, or broke off: whether the request was carried out is not known.
fn unreachable(operation: &'static str, source: reqwest::Error) -> ProviderError {
    let detail = if source.is_timeout() {
        "no answer in time"
    } else {
        "no usable answer"
    };
    ProviderError {
        class: FailureClass::Transient,
        operation,
        detail: detail.into(),
        retry_after_s: None,
        source: Some(source.without_url()),
    }
}

/// Google's documented reasons; a rate limit may come as 403 or as 429.
fn classify(status: StatusCode, reason: &str) -> FailureClass {
    match (status.as_u16(), reason) {
        (401, _) | (403, "insufficientPermissions") => FailureClass::Authentication,
        (429, _) | (403, "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded") => {
            FailureClass::RateLimited
        }
        (404, _) | (410, "deleted") => FailureClass::NotFound,
        (410, _) => FailureClass::CursorExpired,
        (409 | 412, _) => FailureClass::Conflict,
        (408 | 500..=599, _) => FailureClass::Transient,
        _ => FailureClass::Rejected,
    }
}

fn describe(status: StatusCode, reason: &str, message: &str) -> String {
    let message: String = message.chars().take(200).collect();
    match (reason, message.as_str()) {
        ("", "") => status.to_string(),
        (reason, "") => format!("{} {reason}", status.as_u16()),
        (reason, message) => format!("{} {reason}: {message}", status.as_u16()),
    }
}
