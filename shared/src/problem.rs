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
use ui::routes;
use url::{Position, Url};

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

    /// The caller may, and has to give their password again first.
    pub fn unconfirmed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "confirmation_required",
            "Confirm that it is you: give your password, then repeat what you did.",
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

    /// The fields of a form as members of the document.
    #[must_use]
    pub fn in_document(mut self) -> Self {
        for field in &mut self.fields {
            field.pointer.insert(0, '/');
        }
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

const DOCUMENT: &str = "application/problem+json";

/// Why a request was refused (RFC 9457).
// Rides on the answer too, so that a layer can show the same words to a person, or name the request.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Shown {
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// Stable, for programs.
    code: &'static str,
    /// What to do about it, for people.
    detail: String,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// To be named when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Shown {
    /// Makes its shape known under its name.
    pub(crate) fn describe(generator: &mut SchemaGenerator) {
        generator.subschema_for::<Self>();
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
        let body = Shown {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            errors: self.fields,
            request_id: None,
        };
        let mut response = (self.status, Json(&body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(DOCUMENT));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(body);
        response
    }
}

/// Names the request in a problem's document, for whoever asks about it. A page names it already.
pub(crate) fn named(mut response: Response, request_id: &str) -> Response {
    let is_document = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == DOCUMENT);
    let shown = response.extensions_mut().remove::<Shown>();
    let Some(shown) = shown.filter(|_| is_document) else {
        return response;
    };
    let document = Shown {
        request_id: Some(request_id.to_owned()),
        ..shown
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Json(document).into_response().into_body())
}

/// For routes that people see: a problem becomes a page with a way forward, a missing session leads to where it is
/// renewed. From there the browser comes back with what it had: a form must not be lost because its page stood open long.
pub async fn as_page(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let renewal = web::address_with_next("/sign-in/continue", path);
    let is_read = request.method().is_safe();
    let confirmation = web::address_with_next(routes::CONFIRM, &way_back(&request));
    let is_fragment = web::asks_for_fragment(request.headers());
    let asked = Asked::by(&request);
    let response = next.run(request).await;
    match response.status() {
        StatusCode::UNAUTHORIZED if is_read => web::see_other(&renewal),
        StatusCode::UNAUTHORIZED => web::repeat_at(&renewal),
        _ if is_unconfirmed(&response) && is_fragment => web::whole_page(&confirmation),
        _ if is_unconfirmed(&response) => web::see_other(&confirmation),
        _ => for_people(response, &asked),
    }
}

fn is_unconfirmed(response: &Response) -> bool {
    let shown = response.extensions().get::<Shown>();
    shown.is_some_and(|shown| shown.code == Problem::unconfirmed().code)
}

/// The page that a request came from, or is for.
fn way_back(request: &Request) -> String {
    if let Some(page) = web::asking_page(request.headers()) {
        return page;
    }
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if request.method().is_safe() {
        return path.to_owned();
    }
    // A browser names only our own pages with their path; where it leads is looked at again before anyone is led there.
    let from = request.headers().get(header::REFERER);
    let from = from
        .and_then(|from| from.to_str().ok())
        .and_then(|from| Url::parse(from).ok());
    from.map_or_else(
        || "/".to_owned(),
        |from| from[Position::BeforePath..].to_owned(),
    )
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
        Some(shown) => page::problem(response.status(), asked, shown.code, &shown.detail),
        None => response,
    }
}
