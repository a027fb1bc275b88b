//! Whose a token is: userinfo and tokeninfo.

use axum::extract::{RawQuery, State as Shared};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;

use super::answer::{Refusal, answered};
use crate::sim::google::server::GoogleSim;
use crate::sim::opaque;
use crate::sim::strict::Params;

/// `GET /v1/userinfo`
pub(in crate::sim::google) async fn userinfo(
    Shared(sim): Shared<GoogleSim>,
    headers: HeaderMap,
) -> Response {
    answered(
        &sim,
        &Method::GET,
        "/v1/userinfo",
        "oauth.userinfo",
        |state, _, now| {
            let access = headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
                .and_then(|token| state.grants.access(token, now))
                .ok_or_else(|| Refusal {
                    status: StatusCode::UNAUTHORIZED,
                    ..Refusal::new("invalid_request", "Invalid Credentials")
                })?;
            let mut shown = json!({ "sub": subject(&access.account) });
            if access.allows("userinfo.email") {
                shown["email"] = json!(access.account);
                shown["email_verified"] = json!(true);
            }
            if access.allows("userinfo.profile") {
                let name = access.account.split('@').next().unwrap_or_default();
                shown["name"] = json!(name);
            }
            Ok((shown, Some(access.account)))
        },
    )
    .await
}

/// `GET /tokeninfo?access_token=…`
pub(in crate::sim::google) async fn tokeninfo(
    Shared(sim): Shared<GoogleSim>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(&query.unwrap_or_default());
    answered(
        &sim,
        &Method::GET,
        "/tokeninfo",
        "oauth.tokeninfo",
        |state, _, now| {
            let access = params
                .one("access_token")
                .ok()
                .flatten()
                .and_then(|token| state.grants.access(token, now))
                .ok_or_else(|| Refusal::new("invalid_token", "Invalid Value"))?;
            let shown = json!({
                "azp": access.client,
                "aud": access.client,
                "sub": subject(&access.account),
                "scope": access.spaced_scopes(),
                "exp": access.expires.as_second().to_string(),
                "expires_in": access.expires.duration_since(now).as_secs().to_string(),
                "email": access.account,
                "email_verified": "true",
                "access_type": if access.offline { "offline" } else { "online" },
            });
            Ok((shown, Some(access.account)))
        },
    )
    .await
}

/// A stable account number, as Google's `sub` is.
fn subject(account: &str) -> String {
    let digest = opaque::sha256(account);
    let number = digest[..8]
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("1{number:020}")
}
