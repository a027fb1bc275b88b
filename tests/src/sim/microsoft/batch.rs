//! `$batch`: up to twenty requests in one JSON body, judged one by one.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{ApiRequest, Outcome};
use super::wire::{GraphError, Reply, RequestIds};

const REQUESTS_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Part {
    pub(super) id: String,
    method: String,
    /// Relative to the version.
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default)]
    pub(super) depends_on: Vec<String>,
}

pub(super) fn read(body: &[u8]) -> Result<Vec<Part>, GraphError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        GraphError::bad_request(format!("Invalid batch payload format. {error}"))
    })?;
    let requests = body.requests;
    if requests.is_empty() || requests.len() > REQUESTS_MAX {
        let message = format!(
            "Number of batch request steps exceeds the maximum value of {REQUESTS_MAX}, or there are none."
        );
        return Err(GraphError::new(400, "MaximumValueExceeded", message));
    }
    let mut ids = BTreeSet::new();
    for part in &requests {
        if let Some(unknown) = part
            .depends_on
            .iter()
            .find(|on| !ids.contains(&on.to_ascii_lowercase()))
        {
            let message = format!(
                "Request {} depends on {unknown:?}, which does not stand before it.",
                part.id
            );
            return Err(GraphError::bad_request(message));
        }
        if !ids.insert(part.id.to_ascii_lowercase()) {
            let message = format!("Duplicate request id {:?} in the batch.", part.id);
            return Err(GraphError::bad_request(message));
        }
    }
    Ok(requests)
}

impl Part {
    /// The request as it would have come by itself: authorized by the batch.
    pub(super) fn request(&self, outer: &HeaderMap) -> Result<ApiRequest, GraphError> {
        let bad = |why: &str| GraphError::bad_request(format!("Request {}: {why}.", self.id));
        let mut headers = HeaderMap::new();
        if let Some(bearer) = outer.get(header::AUTHORIZATION) {
            headers.insert(header::AUTHORIZATION, bearer.clone());
        }
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| bad("a header has no name"))?;
            let value = HeaderValue::from_str(value).map_err(|_| bad("a header is unreadable"))?;
            headers.insert(name, value);
        }
        let json = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if self.body.is_some() && !json {
            return Err(bad(
                "a body needs the header Content-Type: application/json",
            ));
        }
        if self.url.contains("://") {
            return Err(bad("the url is not relative"));
        }
        let url = self.url.trim_start_matches('/');
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let method = self.method.to_ascii_uppercase();
        Ok(ApiRequest {
            method: method
                .parse::<Method>()
                .map_err(|_| bad("that is no method"))?,
            path: format!("/v1.0/{path}"),
            query: query.to_owned(),
            headers,
            body: self
                .body
                .as_ref()
                .map(Value::to_string)
                .unwrap_or_default()
                .into_bytes(),
            batched: true,
            crowded: false,
        })
    }

    /// What is answered where one of those that it depends on has failed.
    pub(super) fn failed_dependency(ids: &RequestIds) -> Reply {
        GraphError::new(
            424,
            "FailedDependency",
            "A request that this one depends on has failed.",
        )
        .into_reply(ids)
    }
}

/// One entry of `responses`.
pub(super) fn shown(id: &str, reply: &Reply) -> Value {
    let mut headers: Map<String, Value> = reply
        .headers
        .iter()
        .map(|(name, value)| (header_name(name), json!(value)))
        .collect();
    if reply.body.is_some() {
        headers.insert("Content-Type".to_owned(), json!("application/json"));
    }
    let mut shown = json!({ "id": id, "status": reply.status.as_u16(), "headers": headers });
    if let Some(body) = &reply.body {
        shown["body"] = body.clone();
    }
    shown
}

/// The whole answer; the first come last, as the order of the answers is nobody's business.
pub(super) fn answer(mut responses: Vec<Value>, outcomes: &[Outcome]) -> Response {
    responses.reverse();
    if outcomes.iter().any(|outcome| outcome.cut) {
        return crate::sim::transport::cut_connection();
    }
    let body = json!({ "responses": responses });
    (StatusCode::OK, axum::Json(body)).into_response()
}

/// As they are usually written.
fn header_name(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    words.collect::<Vec<_>>().join("-")
}
