//! `$batch`: several requests in one call, each answered for itself and in any order. Graph carries out as many of them at
//! once as it allows for a mailbox.

use std::collections::HashMap;

use domain::failure::FailureClass;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    super::ProviderError,
    answer::{failed, read, refusal, rejected, send},
    client::{Microsoft, PREFER},
};
use crate::crypto::Secret;

/// <https://learn.microsoft.com/graph/json-batching>
pub(super) const REQUESTS_MAX: usize = 20;

#[derive(Serialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    id: String,
    method: String,
    /// Relative to the version.
    url: String,
    headers: Headers,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Content-Type", skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(rename = "Prefer")]
    prefer: &'static str,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: Value,
}

impl Microsoft {
    /// What is answered to each of the requests, at most [`REQUESTS_MAX`], in their order. An error of the whole says
    /// nothing of any of them.
    pub(super) async fn together(
        &self,
        operation: &'static str,
        access: &Secret,
        requests: Vec<RequestBuilder>,
    ) -> Result<Vec<Result<Value, ProviderError>>, ProviderError> {
        let unanswered = || failed(FailureClass::Transient, operation, "not answered");
        let mut results: Vec<_> = requests.iter().map(|_| Err(unanswered())).collect();
        let numbered = requests.into_iter().enumerate();
        let parts = numbered.map(|(number, request)| self.part(operation, number, request));
        let requests: Vec<Part> = parts.collect::<Result<_, _>>()?;
        if requests.is_empty() {
            return Ok(results);
        }
        let request = self
            .request(Method::POST, access, &["$batch"])
            .json(&Batch { requests });
        let answers: Answers = read(operation, send(operation, request).await?).await?;
        for answer in answers.responses {
            let place = answer.id.parse().ok();
            if let Some(place) = place.and_then(|number: usize| results.get_mut(number)) {
                *place = answer.value(operation);
            }
        }
        Ok(results)
    }

    /// A request as a part: the batch speaks for its caller.
    fn part(
        &self,
        operation: &'static str,
        number: usize,
        request: RequestBuilder,
    ) -> Result<Part, ProviderError> {
        let request = request
            .build()
            .map_err(|error| rejected(operation, error.without_url().to_string()))?;
        let url = request.url().as_str();
        let url = url.strip_prefix(self.endpoints.graph.as_str());
        let url = url.ok_or_else(|| rejected(operation, "a request that leads elsewhere"))?;
        let body = request.body().and_then(|body| body.as_bytes());
        let body: Option<Value> = body
            .map(serde_json::from_slice)
            .transpose()
            .map_err(|error| rejected(operation, error.to_string()))?;
        Ok(Part {
            id: number.to_string(),
            method: request.method().to_string(),
            url: format!("/{url}"),
            headers: Headers {
                content_type: body.is_some().then_some("application/json"),
                prefer: PREFER,
            },
            body,
        })
    }
}

impl Answer {
    fn value(self, operation: &'static str) -> Result<Value, ProviderError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let waits = self.headers.iter();
        let retry_after = waits
            .filter(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
            .find_map(|(_, seconds)| seconds.parse().ok());
        let body = serde_json::from_value(self.body).unwrap_or_default();
        Err(refusal(operation, self.status, retry_after, body))
    }
}
