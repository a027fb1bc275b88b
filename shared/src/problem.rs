//! What an HTTP caller is told when something is wrong: RFC 9457 problem details for programs, a page for people.

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use crate::{
    telemetry::chain,
    web::{
        self,
        page::{self, Asked},
    },
};

/// A request that cannot be answered as asked. What it says is shown to the caller; what caused it is only logged.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// A sentence that says what to do, for people.
    pub detail: String,
    pub fields: Vec<FieldProblem>,
    pub retry_after_s: Option<u64>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What is wrong with one field of the request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// A JSON pointer into the body, or the name of a parameter or form field.
    pub pointer: String,
    pub detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
            source: None,
        }
    }

    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// One field of an otherwise readable request is wrong.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = FieldProblem {
            pointer: pointer.into(),
            detail: detail.into(),
        };
        Self::invalid_fields(vec![field])
    }

    pub fn invalid_fields(fields: Vec<FieldProblem>) -> Self {
        let detail = fields
            .iter()
            .map(|field| field.detail.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        Self {
            fields,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
        }
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Sign in first.",
        )
    }

    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// Also for what belongs to another tenant: a stranger learns nothing.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no such {what}."),
        )
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let detail =
            "Something we depend on does not answer. Nothing was changed; try again shortly.";
        Self {
            source: Some(source.into()),
            retry_after_s: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Body<'a> {
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// Stable, for programs.
    code: &'static str,
    /// What to do about it, for people.
    detail: &'a str,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldProblem],
}

/// Rides on the answer so that [`as_page`] can show the same words to a person.
#[derive(Clone)]
struct Shown {
    detail: String,
}

impl Body<'_> {
    /// Makes its shape known under its name.
    pub(crate) fn describe(generator: &mut SchemaGenerator) {
        generator.subschema_for::<Body<'static>>();
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            let cause = self
                .source
                .as_ref()
                .map(|source| chain(&**source).to_string());
            tracing::error!(code = self.code, error = cause, "request failed");
        }
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.fields,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Shown {
            detail: self.detail,
        });
        response
    }
}

/// For routes that people see: a problem becomes a page with a way forward, a missing session leads to where it is
/// renewed. From there the browser comes back with what it had: a form must not be lost because its page stood open long.
pub async fn as_page(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let renewal = format!("/sign-in/continue?next={}", web::percent(path));
    let is_read = request.method().is_safe();
    let asked = Asked::by(&request);
    let response = next.run(request).await;
    match response.status() {
        StatusCode::UNAUTHORIZED if is_read => web::see_other(&renewal),
        StatusCode::UNAUTHORIZED => web::repeat_at(&renewal),
        _ => for_people(response, &asked),
    }
}

/// What no route saw, such as a wrong address or a missing proof of origin, is a page too for those who ask for pages.
pub(crate) async fn as_page_if_asked(request: Request, next: Next) -> Response {
    let asked = Asked::by(&request);
    let is_for_people = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let response = next.run(request).await;
    if is_for_people {
        for_people(response, &asked)
    } else {
        response
    }
}

fn for_people(response: Response, asked: &Asked) -> Response {
    match response.extensions().get::<Shown>() {
        Some(shown) => page::problem(response.status(), asked, &shown.detail),
        None => response,
    }
}
