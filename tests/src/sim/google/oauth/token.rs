//! Tokens: exchanged, refreshed, revoked.

use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::response::Response;
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, answered};
use super::grants::{ACCESS_LIFE_S, Access};
use super::service_accounts;
use crate::sim::credentials;
use crate::sim::faults::{FaultName, Target};
use crate::sim::google::server::{GoogleSim, GoogleSimOptions};
use crate::sim::google::state::State;
use crate::sim::strict::Params;

const TOKEN_PARAMS: &[&str] = &[
    "assertion",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
];

/// `POST /token`
pub(in crate::sim::google) async fn exchange(
    Shared(sim): Shared<GoogleSim>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&String::from_utf8_lossy(&body));
    answered(
        &sim,
        &Method::POST,
        "/token",
        "oauth.token",
        |state, options, now| {
            params.only(&[TOKEN_PARAMS]).map_err(|bad| Refusal {
                refused: true,
                ..Refusal::new("invalid_request", bad.why)
            })?;
            if params.one("grant_type").ok().flatten() == Some(service_accounts::GRANT) {
                let token_uri = options.public_base.join("token").map(String::from);
                let assertion = needed(&params, "assertion")?;
                return service_accounts::redeem(
                    state,
                    assertion,
                    &token_uri.unwrap_or_default(),
                    now,
                );
            }
            authenticate(&headers, &params, options)?;
            match params.one("grant_type").ok().flatten() {
                Some("authorization_code") => redeem(state, &params, now),
                Some("refresh_token") => renew_access(state, &params, now),
                Some(other) => {
                    let why = format!("Invalid grant_type: {other}");
                    Err(Refusal::new("unsupported_grant_type", why))
                }
                None => Err(missing("grant_type")),
            }
        },
    )
    .await
}

/// `POST /revoke`, the token in the form or in the query.
pub(in crate::sim::google) async fn revoke(
    Shared(sim): Shared<GoogleSim>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = String::from_utf8_lossy(&body).into_owned();
    let params = Params::parse(&[query.unwrap_or_default(), form].join("&"));
    answered(
        &sim,
        &Method::POST,
        "/revoke",
        "oauth.revoke",
        |state, _, now| {
            params.only(&[&["token"]]).map_err(|bad| Refusal {
                refused: true,
                ..Refusal::new("invalid_request", bad.why)
            })?;
            let token = params
                .one("token")
                .ok()
                .flatten()
                .ok_or_else(|| missing("token"))?;
            if state.grants.revoke(token, now) {
                return Ok((json!({}), None));
            }
            Err(Refusal::new("invalid_token", "Token expired or revoked"))
        },
    )
    .await
}

fn redeem(state: &mut State, params: &Params, now: Timestamp) -> Answer {
    let name = needed(params, "code")?;
    let redirect_uri = needed(params, "redirect_uri")?;
    let malformed = || Refusal::new("invalid_grant", "Malformed auth code.");
    let code = state.grants.code(name).ok_or_else(malformed)?.clone();
    let fail = |error, why: &str| {
        Err(Refusal {
            account: Some(code.account.clone()),
            ..Refusal::new(error, why)
        })
    };
    if code.used || code.expires <= now {
        return fail("invalid_grant", "Bad Request");
    }
    if code.redirect_uri != redirect_uri {
        return fail("redirect_uri_mismatch", "Bad Request");
    }
    match (&code.challenge, params.one("code_verifier").ok().flatten()) {
        (None, None) => {}
        (Some(_), None) => return fail("invalid_grant", "Missing code verifier."),
        (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => {}
        (_, Some(_)) => return fail("invalid_grant", "Invalid code verifier."),
    }
    let (access_token, refresh_token) = state.grants.redeem(name, now).ok_or_else(malformed)?;
    let access = state
        .grants
        .access(&access_token, now)
        .ok_or_else(malformed)?;
    let mut shown = token_answer(&access_token, &access);
    if let Some(token) = refresh_token {
        shown["refresh_token"] = json!(token);
    }
    Ok((shown, Some(access.account)))
}

fn renew_access(state: &mut State, params: &Params, now: Timestamp) -> Answer {
    let token = needed(params, "refresh_token")?;
    let dead = || Refusal::new("invalid_grant", "Token has been expired or revoked.");
    let grant = state.grants.refresh_grant(token).ok_or_else(dead)?.clone();
    let target = Target {
        method: "oauth.token",
        account: Some(&grant.account),
        path: "/token",
        page: None,
    };
    if state
        .faults
        .strike(FaultName::TokenRevoked, &target)
        .is_some()
    {
        state.grants.revoke_account(&grant.account);
        return Err(Refusal {
            account: Some(grant.account),
            ..dead()
        });
    }
    let mut scopes = grant.scopes;
    if let Some(asked) = params.one("scope").ok().flatten() {
        let asked: std::collections::BTreeSet<String> =
            asked.split_whitespace().map(str::to_owned).collect();
        if !asked.is_subset(&scopes) {
            return Err(Refusal::new(
                "invalid_scope",
                "Some requested scopes were not granted.",
            ));
        }
        scopes = asked;
    }
    let access = Access {
        account: grant.account,
        client: grant.client,
        scopes,
        offline: true,
        expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
    };
    let token = state.grants.issue_access(access.clone());
    Ok((token_answer(&token, &access), Some(access.account)))
}

/// The client must be the one that is registered.
fn authenticate(
    headers: &HeaderMap,
    params: &Params,
    options: &GoogleSimOptions,
) -> Result<(), Refusal> {
    let (id, secret) = credentials::given(headers, params);
    match (id, secret) {
        (None, _) => Err(Refusal::new(
            "invalid_request",
            "Could not determine client ID from request.",
        )),
        (Some(_), None) => Err(Refusal::new("invalid_request", "client_secret is missing.")),
        (Some(id), Some(secret))
            if credentials::is_ours(&id, &options.client_id)
                && credentials::is_ours(&secret, &options.client_secret) =>
        {
            Ok(())
        }
        (Some(_), Some(_)) => Err(Refusal::invalid_client()),
    }
}

fn token_answer(token: &str, access: &Access) -> Value {
    json!({
        "access_token": token,
        "expires_in": ACCESS_LIFE_S,
        "scope": access.spaced_scopes(),
        "token_type": "Bearer",
    })
}

fn needed<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, Refusal> {
    params.one(name).ok().flatten().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        "invalid_request",
        format!("Missing required parameter: {name}"),
    )
}
