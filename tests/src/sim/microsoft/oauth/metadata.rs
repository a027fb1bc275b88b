//! Where everything is, for those who ask.

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::sim::microsoft::server::MicrosoftSim;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(in crate::sim::microsoft) async fn configuration(
    Shared(sim): Shared<MicrosoftSim>,
    Path(tenant): Path<String>,
) -> Response {
    let base = &sim.options().public_base;
    let issuer = match tenant.as_str() {
        "common" | "organizations" | "consumers" => "{tenantid}",
        named => named,
    };
    axum::Json(json!({
        "authorization_endpoint": format!("{base}{tenant}/oauth2/v2.0/authorize"),
        "claims_supported": ["aud", "email", "exp", "iat", "iss", "name", "nonce", "oid", "preferred_username", "sub", "tid", "ver"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": format!("{base}{issuer}/v2.0"),
        "response_modes_supported": ["query", "fragment"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "token_endpoint": format!("{base}{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }))
    .into_response()
}
