//! Tokens: exchanged and refreshed.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::aadsts::{named, numbered};
use super::authorize::{client_info, is_known_tenant};
use super::grants::{ACCESS_LIFE_S, read_scopes, shown_scopes};
use crate::sim::credentials;
use crate::sim::faults::{FaultName, Target};
use crate::sim::microsoft::endpoints::TOKEN;
use crate::sim::microsoft::ids::new_guid;
use crate::sim::microsoft::server::{MicrosoftSim, MicrosoftSimOptions};
use crate::sim::microsoft::state::{Account, State};
use crate::sim::microsoft::wire::Reply;
use crate::sim::opaque;
use crate::sim::request_log::Entry;
use crate::sim::strict::Params;
use crate::sim::transport::cut_connection;

const TOKEN_PARAMS: &[&str] = &[
    "client_id",
    "client_info",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
];

/// What was wrong, with whose grant.
struct Refusal {
    number: u32,
    detail: String,
    account: Option<String>,
    status: StatusCode,
    refused: bool,
}

impl Refusal {
    fn new(number: u32, detail: impl Into<String>) -> Self {
        let status = match numbered(number).error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            number,
            detail: detail.into(),
            account: None,
            status,
            refused: false,
        }
    }

    fn of(self, account: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            ..self
        }
    }
}

/// The answer, and for whom.
type Answer = Result<(Value, String), Refusal>;

/// A grant that is good, and what is asked of it.
struct Granted {
    account: String,
    client: String,
    /// All that was consented to: what a new refresh token carries on.
    consented: BTreeSet<String>,
    scopes: BTreeSet<String>,
    nonce: Option<String>,
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(in crate::sim::microsoft) async fn exchange(
    Shared(sim): Shared<MicrosoftSim>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&String::from_utf8_lossy(&body));
    let now = sim.now();
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let target = Target {
        method: TOKEN,
        account: None,
        path: &path,
        page: None,
    };
    let (reply, delay, cut) = sim.write(|state| {
        let slow = state.faults.strike(FaultName::Slow, &target);
        let answer = refused_by_fault(state, &target)
            .and_then(|()| answer(state, sim.options(), &tenant, &headers, &params, now));
        let lost = state.faults.strike(FaultName::DropResponse, &target);
        let (reply, account, refused) = match answer {
            Ok((body, account)) => (Reply::ok(body), Some(account), None),
            Err(refusal) => {
                let refused = refusal.refused.then(|| refusal.detail.clone());
                (told(&refusal, now), refusal.account, refused)
            }
        };
        state.requests.record(Entry {
            seq: 0,
            at: now,
            method: Method::POST.to_string(),
            path: path.clone(),
            query: String::new(),
            route: "/{tenant}/oauth2/v2.0/token".to_owned(),
            operation: TOKEN.to_owned(),
            account,
            status: lost.is_none().then(|| reply.status.as_u16()),
            refused,
            batched: false,
        });
        let delay = slow.map(|fault| fault.delay_s.unwrap_or(1.0));
        (reply, delay, lost.is_some())
    });
    if let Some(seconds) = delay {
        tokio::time::sleep(std::time::Duration::from_secs_f64(seconds)).await;
    }
    if cut {
        return cut_connection();
    }
    let no_store = reply.with(header::CACHE_CONTROL, "no-store, no-cache");
    no_store.into_response()
}

fn refused_by_fault(state: &mut State, target: &Target<'_>) -> Result<(), Refusal> {
    if let Some(fault) = state.faults.strike(FaultName::RateLimited, target) {
        let status = fault
            .status
            .and_then(|status| StatusCode::from_u16(status).ok());
        return Err(Refusal {
            status: status.unwrap_or(StatusCode::TOO_MANY_REQUESTS),
            ..Refusal::new(90055, "")
        });
    }
    if let Some(fault) = state.faults.strike(FaultName::ServerError, target) {
        let status = fault
            .status
            .and_then(|status| StatusCode::from_u16(status).ok());
        return Err(Refusal {
            status: status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            ..Refusal::new(90033, "")
        });
    }
    Ok(())
}

fn answer(
    state: &mut State,
    options: &MicrosoftSimOptions,
    tenant: &str,
    headers: &HeaderMap,
    params: &Params,
    now: Timestamp,
) -> Answer {
    params.only(&[TOKEN_PARAMS]).map_err(|bad| Refusal {
        refused: true,
        ..Refusal::new(90014, bad.why)
    })?;
    if !is_known_tenant(state, tenant) {
        return Err(Refusal::new(90002, tenant));
    }
    authenticate(headers, params, options)?;
    let granted = match params.one("grant_type").ok().flatten() {
        Some("authorization_code") => redeem(state, tenant, params, now)?,
        Some("refresh_token") => renew_access(state, params, now)?,
        Some(other) => return Err(Refusal::new(70003, other)),
        None => return Err(Refusal::new(900_144, "grant_type")),
    };
    let account = state.accounts.get(&granted.account).cloned();
    let account = account.ok_or_else(|| Refusal::new(50020, &granted.account))?;
    let wants_info = params.one("client_info").ok().flatten() == Some("1");
    let mut shown = tokens(state, &granted, &account, now);
    if granted.scopes.contains("openid") {
        shown["id_token"] = json!(id_token(&granted, &account, options, now));
    }
    if wants_info {
        shown["client_info"] = json!(client_info(&account));
    }
    Ok((shown, granted.account))
}

fn tokens(state: &mut State, granted: &Granted, account: &Account, now: Timestamp) -> Value {
    let (email, client) = (&account.email, &granted.client);
    let scopes = granted.scopes.clone();
    let access = state.grants.issue_access(email, client, scopes, now);
    let mut shown = json!({
        "token_type": "Bearer",
        "scope": shown_scopes(&granted.scopes),
        "expires_in": ACCESS_LIFE_S,
        "ext_expires_in": ACCESS_LIFE_S,
        "access_token": access,
    });
    if granted.consented.contains("offline_access") {
        let carried = granted.consented.clone();
        let refresh = state.grants.issue_refresh(email, client, carried, now);
        shown["refresh_token"] = json!(refresh);
    }
    shown
}

fn redeem(
    state: &mut State,
    tenant: &str,
    params: &Params,
    now: Timestamp,
) -> Result<Granted, Refusal> {
    let name = needed(params, "code")?;
    let redirect_uri = needed(params, "redirect_uri")?;
    let code = state.grants.code(name);
    let code = code.ok_or_else(|| Refusal::new(9_002_313, ""))?.clone();
    let fail = |number| Err(Refusal::new(number, "").of(&code.account));
    if code.used {
        return fail(54005);
    }
    if code.expires <= now {
        return fail(70008);
    }
    if code.tenant != tenant {
        return fail(700_005);
    }
    if code.redirect_uri != redirect_uri {
        return fail(50011);
    }
    match (&code.challenge, params.one("code_verifier").ok().flatten()) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => {}
        (_, _) => return fail(501_481),
    }
    let scopes = narrowed(&code.scopes, params).map_err(|refusal| refusal.of(&code.account))?;
    state.grants.spend(name);
    Ok(Granted {
        account: code.account,
        client: code.client,
        consented: code.scopes,
        scopes,
        nonce: code.nonce,
    })
}

fn renew_access(state: &mut State, params: &Params, now: Timestamp) -> Result<Granted, Refusal> {
    let token = needed(params, "refresh_token")?;
    let grant = state.grants.refresh_grant(token);
    let account = grant
        .ok_or_else(|| Refusal::new(9_002_313, ""))?
        .account
        .clone();
    let target = Target {
        method: TOKEN,
        account: Some(&account),
        path: "/common/oauth2/v2.0/token",
        page: None,
    };
    if let Some(fault) = state.faults.strike(FaultName::TokenRevoked, &target) {
        state
            .grants
            .revoke_account(&account, fault.reason.as_deref());
    }
    let grant = state.grants.refresh_grant(token);
    let grant = grant.ok_or_else(|| Refusal::new(9_002_313, ""))?.clone();
    if let Some(wrong) = grant.dead.as_deref().and_then(named) {
        return Err(Refusal::new(wrong.number, "").of(&account));
    }
    if grant.expires <= now {
        return Err(Refusal::new(700_082, "").of(&account));
    }
    let scopes = narrowed(&grant.scopes, params).map_err(|refusal| refusal.of(&account))?;
    Ok(Granted {
        account,
        client: grant.client,
        consented: grant.scopes,
        scopes,
        nonce: None,
    })
}

/// The scopes that are asked for, which must all have been consented to; all of them, without a wish.
fn narrowed(consented: &BTreeSet<String>, params: &Params) -> Result<BTreeSet<String>, Refusal> {
    let Some(asked) = params.one("scope").ok().flatten() else {
        return Ok(consented.clone());
    };
    let asked = read_scopes(asked).map_err(|unknown| Refusal::new(70011, unknown))?;
    if asked.is_subset(consented) {
        Ok(asked)
    } else {
        Err(Refusal::new(65001, ""))
    }
}

/// The client must be the one that is registered.
fn authenticate(
    headers: &HeaderMap,
    params: &Params,
    options: &MicrosoftSimOptions,
) -> Result<(), Refusal> {
    match credentials::given(headers, params) {
        (None, _) => Err(Refusal::new(900_144, "client_id")),
        (Some(id), _) if !credentials::is_ours(&id, &options.client_id) => {
            Err(Refusal::new(700_016, id))
        }
        (Some(_), None) => Err(Refusal::new(7_000_218, "")),
        (Some(_), Some(secret)) if credentials::is_ours(&secret, &options.client_secret) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::new(7_000_215, "")),
    }
}

/// Who signed in. Its signature stands for nothing: whoever has it straight from here over TLS need not check it, and
/// there are no keys here to check it with.
fn id_token(
    granted: &Granted,
    account: &Account,
    options: &MicrosoftSimOptions,
    now: Timestamp,
) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "simulated" });
    let mut claims = json!({
        "aud": granted.client,
        "iss": format!("{}{}/v2.0", options.public_base, account.tenant),
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "exp": now.as_second() + ACCESS_LIFE_S,
        "sub": opaque::fingerprint(&format!("{} {}", account.user, granted.client)),
        "tid": account.tenant,
        "ver": "2.0",
    });
    if granted.scopes.contains("profile") {
        claims["name"] = json!(account.email.split('@').next());
        claims["oid"] = json!(account.user);
        claims["preferred_username"] = json!(account.email);
    }
    if granted.scopes.contains("email") {
        claims["email"] = json!(account.email);
    }
    if let Some(nonce) = &granted.nonce {
        claims["nonce"] = json!(nonce);
    }
    let part = |value: &Value| opaque::base64url(value.to_string().as_bytes());
    format!(
        "{}.{}.{}",
        part(&header),
        part(&claims),
        opaque::random(256)
    )
}

fn told(refusal: &Refusal, now: Timestamp) -> Reply {
    let wrong = numbered(refusal.number);
    let (trace, correlation) = (new_guid(), new_guid());
    let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let words = wrong.description(&refusal.detail);
    let mut body = json!({
        "error": wrong.error,
        "error_description": format!(
            "{words}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
        ),
        "error_codes": [wrong.number],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={}", wrong.number),
    });
    if let Some(suberror) = wrong.suberror {
        body["suberror"] = json!(suberror);
    }
    if wrong.error == "interaction_required" {
        let claims = json!({ "access_token": { "capolids": { "essential": true, "values": [new_guid()] } } });
        body["claims"] = json!(claims.to_string());
    }
    Reply::json(refusal.status, body)
}

fn needed<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, Refusal> {
    let value = params.one(name).ok().flatten();
    value.ok_or_else(|| Refusal::new(900_144, name))
}
