//! Ids of other tenants. A handler answers them like ids of nothing, since its store has nothing else; that somebody named
//! one is written down here, around every handler.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Response, Uri, header},
    middleware::Next,
};
use domain::{
    audit::{Action, Resource},
    id::{self, TenantId, is_foreign},
};

use super::{BODY_BYTES_MAX, Session, named_call};
use crate::{
    app::App,
    metrics::{About, Metric},
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
) -> axum::response::Response {
    let (request, named) = foreign(request, session.tenant()).await;
    let response = named_call::run(app, session, request, next).await;
    if let Some(named) = named.filter(|named| named.in_address || is_refused(&response)) {
        note(app, session, &named.id).await;
    }
    response
}

fn is_refused<B>(response: &Response<B>) -> bool {
    response.status().is_client_error()
}

async fn foreign(request: Request, tenant: TenantId) -> (Request, Option<Named>) {
    if let Some(id) = in_address(request.uri(), tenant) {
        let named = Named {
            id,
            in_address: true,
        };
        return (request, Some(named));
    }
    let is_read = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| {
            [
                b"application/json".as_slice(),
                b"application/x-www-form-urlencoded",
            ]
            .iter()
            .any(|known| kind.as_bytes().starts_with(known))
        });
    if !is_read {
        return (request, None);
    }
    let (parts, body) = request.into_parts();
    // What is too long is told so by whoever reads it.
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX + 1).await else {
        let too_long = Body::from(vec![0; BODY_BYTES_MAX + 1]);
        return (Request::from_parts(parts, too_long), None);
    };
    let id = words(&String::from_utf8_lossy(&bytes))
        .find(|word| is_foreign(word, tenant))
        .map(str::to_owned);
    let named = id.map(|id| Named {
        id,
        in_address: false,
    });
    (Request::from_parts(parts, Body::from(bytes)), named)
}

fn in_address(uri: &Uri, tenant: TenantId) -> Option<String> {
    let text = uri.path_and_query()?.as_str();
    words(text)
        .find(|word| is_foreign(word, tenant))
        .map(str::to_owned)
}

/// The parts of a text that could be ids.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
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
