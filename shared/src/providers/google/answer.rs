//! Google's answers: sent for, told apart, read.

use domain::failure::FailureClass;
use reqwest::{RequestBuilder, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{
    super::{ProviderError, retry_after::retry_after_s},
    wire,
};

/// What came back, over a connection or as a part of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub retry_after_s: Option<u64>,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer, unless it is a refusal.
    pub(super) fn accepted(self, operation: &'static str) -> Result<Self, ProviderError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body: wire::ErrorBody = serde_json::from_slice(&self.body).unwrap_or_default();
        let reason = body
            .error
            .errors
            .first()
            .map_or("", |error| error.reason.as_str());
        Err(ProviderError {
            class: classify(self.status, reason),
            operation,
            detail: describe(self.status, reason, &body.error.message),
            retry_after_s: self.retry_after_s,
            source: None,
        })
    }

    pub(super) fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
    ) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|_| unanswered(operation))
    }
}

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
) -> Result<Answer, ProviderError> {
    answer(operation, request).await?.accepted(operation)
}

pub(super) async fn send_and_read<T: DeserializeOwned>(
    operation: &'static str,
    request: RequestBuilder,
) -> Result<T, ProviderError> {
    send(operation, request).await?.read(operation)
}

/// Whatever the answer is; an error where none came.
pub(super) async fn answer(
    operation: &'static str,
    request: RequestBuilder,
) -> Result<Answer, ProviderError> {
    let response = request.send().await;
    let response = response.map_err(|source| unreachable(operation, source))?;
    let status = response.status();
    let header = |name| response.headers().get(name)?.to_str().ok();
    let retry_after_s = retry_after_s(response.headers());
    let content_type = header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let body = match response.bytes().await {
        Ok(body) => body.into(),
        // What was refused is refused, whatever became of the reason.
        Err(_) if !status.is_success() => Vec::new(),
        Err(source) => return Err(unreachable(operation, source)),
    };
    Ok(Answer {
        status,
        retry_after_s,
        content_type,
        body,
    })
}

/// The answer never came, or broke off: whether the request was carried out is not known.
pub(super) fn unreachable(operation: &'static str, source: reqwest::Error) -> ProviderError {
    let detail = if source.is_timeout() {
        "no answer in time"
    } else {
        "no usable answer"
    };
    ProviderError {
        detail: detail.into(),
        source: Some(source.without_url()),
        ..unanswered(operation)
    }
}

pub(super) fn unanswered(operation: &'static str) -> ProviderError {
    ProviderError {
        class: FailureClass::Transient,
        operation,
        detail: "no usable answer".into(),
        retry_after_s: None,
        source: None,
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
