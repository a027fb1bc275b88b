//! The one address that `AWS_ENDPOINT_URL` names: requests are told apart by `X-Amz-Target`.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

use super::{ApiError, AwsStandIns, Trouble, names};

/// The largest request of all: a `BatchWriteItem`.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn router(stand_ins: AwsStandIns) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(stand_ins)
}

async fn answer(State(aws): State<AwsStandIns>, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = match dispatch(&aws, &headers, body).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    if let Ok(id) = names::uuid().parse() {
        response
            .headers_mut()
            .entry("x-amzn-requestid")
            .or_insert(id);
    }
    response
}

async fn dispatch(
    aws: &AwsStandIns,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let target = text("x-amz-target").unwrap_or_default();
    let Some((service, operation)) = target.split_once('.') else {
        return Err(ApiError::new(
            "UnknownOperationException",
            format!("no operation in X-Amz-Target \"{target}\""),
        ));
    };
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(ApiError::new(
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        )
        .with_status(StatusCode::FORBIDDEN));
    }
    aws.counting.count(service, operation);
    if let Some(error) = aws.faults.take(operation) {
        return Err(error);
    }
    match aws.faults.about(&body) {
        Some(Trouble::Refused(error)) => return Err(error),
        Some(Trouble::Silence) => std::future::pending().await,
        None => {}
    }
    let answer = match service {
        "AmazonSQS" => {
            let base = format!("http://{}", text("host").unwrap_or("127.0.0.1"));
            aws.sqs.answer(operation, &body, &base).await?
        }
        "secretsmanager" => aws.secrets.answer(operation, &body)?,
        "AWSEvents" => aws.events.answer(operation, &body, &aws.faults)?,
        "DynamoDB_20120810" | "DynamoDBStreams_20120810" => {
            return aws.dynamo.forward(headers, body).await;
        }
        other => {
            return Err(ApiError::new(
                "UnknownOperationException",
                format!("no stand-in for the service {other}"),
            ));
        }
    };
    let content_type = text("content-type").unwrap_or("application/x-amz-json-1.0");
    let content_type = [(header::CONTENT_TYPE, content_type)];
    Ok((content_type, Body::from(Json(answer).0.to_string())).into_response())
}

/// Reads a request strictly: serde's message names the field that is unknown or of the wrong kind.
pub(super) fn request<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::new("SerializationException", error.to_string()))
}
