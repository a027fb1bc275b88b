//! An AWS service's refusal, as its JSON protocols put it.

use axum::{
    Json,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// `code` is the modelled shape's name; SQS clients also read the older query-protocol code from a header.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    /// Further members of the answer: a cancelled transaction's reasons.
    pub details: Map<String, Value>,
}

impl ApiError {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.to_owned(),
            message: message.into(),
            details: Map::new(),
        }
    }

    /// Another transaction holds one of the items; `reasons` has one code per action, `None` for the innocent.
    pub fn transaction_cancelled(reasons: &[&str]) -> Self {
        let list: Vec<Value> = reasons.iter().map(|code| json!({ "Code": code })).collect();
        let mut error = Self::new(
            "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                reasons.join(", ")
            ),
        );
        error
            .details
            .insert("CancellationReasons".to_owned(), Value::Array(list));
        error
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    fn query_code(&self) -> String {
        match self.code.as_str() {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
            code @ ("BatchEntryIdsNotDistinct"
            | "BatchRequestTooLong"
            | "EmptyBatchRequest"
            | "InvalidBatchEntryId"
            | "MessageNotInflight"
            | "TooManyEntriesInBatchRequest") => format!("AWS.SimpleQueueService.{code}"),
            code => code.to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let query_code = format!("{};Sender", self.query_code());
        let mut body = self.details;
        body.insert("__type".to_owned(), json!(self.code));
        body.insert("message".to_owned(), json!(self.message));
        let mut response = (self.status, Json(body)).into_response();
        if let Ok(value) = HeaderValue::from_str(&query_code) {
            response.headers_mut().insert("x-amzn-query-error", value);
        }
        response
    }
}
