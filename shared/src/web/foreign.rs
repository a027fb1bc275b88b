//! Ids of other tenants. A handler answers them like ids of nothing, since its store has nothing else; that somebody named
//! one is written down here, around every handler.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Uri, header},
    middleware::Next,
    response::Response,
};
use domain::{
    audit::{Action, Resource},
    id::{self, TenantId, is_foreign},
};

use super::{Session, extract, named_call};
use crate::{
    app::App,
    metrics::{About, Metric},
    problem::Problem,
    telemetry::chain,
};

/// The first id of another tenant that the request names.
struct Named {
    id: String,
    /// In an address an id says what is asked for. In a body it may stand in somebody's words.
    in_address: bool,
}

/// Goes on with the request, and writes down what it named.
pub(super) async fn watch(
    app: &App,
    session: &Session,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (request, named) = foreign(request, session.tenant()).await?;
    let response = named_call::run(app, session, request, next).await;
    if let Some(named) = named.filter(|named| named.in_address || is_refused(&response)) {
        note(app, session, &named.id).await;
    }
    Ok(response)
}

fn is_refused(response: &Response) -> bool {
    response.status().is_client_error()
}

/// The content of JSON and of forms.
const READ: [&[u8]; 2] = [b"application/json", b"application/x-www-form-urlencoded"];

async fn foreign(request: Request, tenant: TenantId) -> Result<(Request, Option<Named>), Problem> {
    let named = |id: &str, in_address| Named {
        id: id.to_owned(),
        in_address,
    };
    if let Some(id) = in_address(request.uri(), tenant) {
        let named = named(id, true);
        return Ok((request, Some(named)));
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(HeaderValue::as_bytes).unwrap_or_default();
    if !READ.iter().any(|read| kind.starts_with(read)) {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let body = extract::whole(&parts.headers, body).await?;
    let text = String::from_utf8_lossy(&body);
    let named = named_in(&text, tenant).map(|id| named(id, false));
    Ok((Request::from_parts(parts, Body::from(body.clone())), named))
}

fn in_address(uri: &Uri, tenant: TenantId) -> Option<&str> {
    named_in(uri.path_and_query()?.as_str(), tenant)
}

/// The first part of a text that is an id of another tenant.
fn named_in(text: &str, tenant: TenantId) -> Option<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .find(|word| is_foreign(word, tenant))
}

async fn note(app: &App, session: &Session, id: &str) {
    tracing::warn!(
        tenant = %session.tenant(), member = %session.member, named = id,
        reason = "cross_tenant_denied", "an id of another tenant was asked for"
    );
    let about = About {
        tenant: Some(session.tenant()),
        ..About::default()
    };
    app.measure(&about, &[(Metric::CrossTenantDenied, 1)]);
    let entry = session.audit(app, Action::CrossTenantDenied).denied();
    let entry = entry.about(Resource::new(id::noun(id).unwrap_or_default(), id));
    // The answer stands whether or not it can be written down; the log has it in any case.
    if let Err(error) = app.store.tenant(session).append_audit(&entry).await {
        tracing::error!(error = %chain(&error), "a foreign id was not written to the audit log");
    }
}
