//! Graph's answers: sent for, told apart, read.

use domain::failure::FailureClass;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::{
    super::{ProviderError, retry_after::retry_after_s},
    wire,
};

pub(super) fn failed(
    class: FailureClass,
    operation: &'static str,
    detail: impl Into<String>,
) -> ProviderError {
    ProviderError {
        class,
        operation,
        detail: detail.into(),
        retry_after_s: None,
        source: None,
    }
}

pub(super) fn rejected(operation: &'static str, detail: impl Into<String>) -> ProviderError {
    failed(FailureClass::Rejected, operation, detail)
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
    let status = response.status().as_u16();
    let retry_after_s = retry_after_s(response.headers());
    let body = response.json().await.unwrap_or_default();
    Err(refusal(operation, status, retry_after_s, body))
}

/// What was answered instead, over a connection or as a part of a batch.
pub(super) fn refusal(
    operation: &'static str,
    status: u16,
    retry_after_s: Option<u64>,
    body: wire::ErrorBody,
) -> ProviderError {
    let wire::ErrorDetail { code, message } = body.error;
    ProviderError {
        retry_after_s,
        ..failed(
            classify(status, &code),
            operation,
            describe(status, &code, &message),
        )
    }
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
        source: Some(source.without_url()),
        ..failed(FailureClass::Transient, operation, detail)
    }
}

/// What a failure asks us to do. Codes are compared without their case: Graph writes some in two ways.
pub fn classify(status: u16, code: &str) -> FailureClass {
    let is_one_of = |codes: &[&str]| codes.iter().any(|known| known.eq_ignore_ascii_case(code));
    if is_one_of(&["syncStateNotFound", "syncStateInvalid", "resyncRequired"]) {
        return FailureClass::CursorExpired;
    }
    if is_one_of(&[
        "ApplicationThrottled",
        "TooManyRequests",
        "activityLimitReached",
    ]) {
        return FailureClass::RateLimited;
    }
    match status {
        401 => FailureClass::Authentication,
        404 => FailureClass::NotFound,
        410 => FailureClass::CursorExpired,
        409 | 412 => FailureClass::Conflict,
        // 509 is for the bytes of the last minutes.
        429 | 509 => FailureClass::RateLimited,
        408 | 423 | 500..=599 => FailureClass::Transient,
        _ if is_one_of(&["ErrorItemNotFound"]) => FailureClass::NotFound,
        _ if is_one_of(&["ErrorIrresolvableConflict"]) => FailureClass::Conflict,
        _ => FailureClass::Rejected,
    }
}

fn describe(status: u16, code: &str, message: &str) -> String {
    let message: String = message.chars().take(200).collect();
    match (code, message.as_str()) {
        ("", "") => status.to_string(),
        (code, "") => format!("{status} {code}"),
        (code, message) => format!("{status} {code}: {message}"),
    }
}
