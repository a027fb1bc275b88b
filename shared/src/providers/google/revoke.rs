//! Giving a grant back. The endpoint is OAuth's, and answers in its words instead of the calendar's.

use domain::failure::FailureClass;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;

use super::{
    super::{ProviderError, Revoked},
    answer::answer,
};

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
}

pub(super) async fn revoke(request: RequestBuilder) -> Result<Revoked, ProviderError> {
    let operation = "withdraw our access";
    let answered = answer(operation, request).await?;
    let status = answered.status;
    if status.is_success() {
        return Ok(Revoked::Ended);
    }
    let refused: Refused = serde_json::from_slice(&answered.body).unwrap_or_default();
    let class = match (status, refused.error.as_str()) {
        // Expired, or withdrawn by the account's owner.
        (StatusCode::BAD_REQUEST, "invalid_token") => return Ok(Revoked::Ended),
        (StatusCode::TOO_MANY_REQUESTS, _) => FailureClass::RateLimited,
        (StatusCode::REQUEST_TIMEOUT, _) => FailureClass::Transient,
        (status, _) if status.is_server_error() => FailureClass::Transient,
        _ => FailureClass::Rejected,
    };
    Err(ProviderError {
        class,
        operation,
        detail: format!("{} {}", status.as_u16(), refused.error),
        retry_after_s: answered.retry_after_s,
        source: None,
    })
}
