//! The authorization endpoint: one page, one form.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use maud::Markup;
use url::Url;

use super::grants::Code;
use crate::sim::google::pages::SERVICE;
use crate::sim::google::server::{GoogleSim, GoogleSimOptions};
use crate::sim::google::state::State;
use crate::sim::pages::{self, Consent};
use crate::sim::pkce::Challenge;
use crate::sim::strict::Params;

const ASK_PARAMS: &[&str] = &[
    "access_type",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "enable_granular_consent",
    "hd",
    "include_granted_scopes",
    "login_hint",
    "prompt",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// What the person decides on the form, beside what the application asked.
const DECISION_PARAMS: &[&str] = &["account", "decision", "granted"];

/// A checked authorization request.
struct Ask {
    client: String,
    redirect: Url,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    offline: bool,
    include_granted: bool,
    prompt: BTreeSet<String>,
    login_hint: Option<String>,
    challenge: Option<Challenge>,
}

/// Why there can be no redirect: shown to the person, as the application cannot be trusted with it.
type Unredirectable = (&'static str, String);

/// `GET /o/oauth2/v2/auth`
pub(in crate::sim::google) async fn show(
    Shared(sim): Shared<GoogleSim>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let params = Params::parse(&query);
    let ask = match Ask::read(&params, sim.options(), &[ASK_PARAMS]) {
        Ok(ask) => ask,
        Err(refusal) => return refused(&refusal),
    };
    let now = sim.now();
    sim.write(|state| match without_asking(state, &ask) {
        Some(Silent::Go(account)) => {
            let granted = ask.scopes.iter().cloned().collect();
            redirect(&ask, &grant(state, &ask, &account, granted, now))
        }
        Some(Silent::Fail(error)) => redirect(&ask, &[("error", error.to_owned())]),
        None => Html(form(state, &ask, &params).into_string()).into_response(),
    })
}

/// `POST /o/oauth2/v2/auth`: the form comes back. Everything in it is checked again.
pub(in crate::sim::google) async fn decide(
    Shared(sim): Shared<GoogleSim>,
    body: Bytes,
) -> Response {
    let params = Params::parse(&String::from_utf8_lossy(&body));
    let ask = match Ask::read(&params, sim.options(), &[ASK_PARAMS, DECISION_PARAMS]) {
        Ok(ask) => ask,
        Err(refusal) => return refused(&refusal),
    };
    let now = sim.now();
    if params.all("decision").any(|decision| decision == "cancel") {
        return redirect(&ask, &[("error", "access_denied".to_owned())]);
    }
    let granted: BTreeSet<String> = params
        .all("granted")
        .map(str::to_owned)
        .filter(|scope| ask.scopes.contains(scope))
        .collect();
    let account = params.all("account").next().unwrap_or_default().to_owned();
    sim.write(|state| {
        if !state.accounts.contains_key(&account) {
            return refused(&(
                "invalid_request",
                format!("There is no account {account:?} here."),
            ));
        }
        if granted.is_empty() {
            return redirect(&ask, &[("error", "access_denied".to_owned())]);
        }
        redirect(&ask, &grant(state, &ask, &account, granted, now))
    })
}

impl Ask {
    fn read(
        params: &Params,
        options: &GoogleSimOptions,
        allowed: &[&[&str]],
    ) -> Result<Self, Unredirectable> {
        let invalid = |why: String| ("invalid_request", why);
        params.only(allowed).map_err(|bad| invalid(bad.why))?;
        let one = |name: &str| params.one(name).map_err(|bad| invalid(bad.why));
        let needed = |name: &str| {
            one(name)?
                .filter(|value| !value.is_empty())
                .ok_or_else(|| invalid(format!("Missing required parameter: {name}")))
        };
        let client = needed("client_id")?;
        if client != options.client_id {
            return Err((
                "invalid_client",
                "The OAuth client was not found.".to_owned(),
            ));
        }
        let redirect_uri = needed("redirect_uri")?;
        if !options
            .redirect_uris
            .iter()
            .any(|known| known == redirect_uri)
        {
            return Err((
                "redirect_uri_mismatch",
                format!("{redirect_uri} is not registered for this client."),
            ));
        }
        if needed("response_type")? != "code" {
            return Err((
                "unsupported_response_type",
                "Only response_type=code is served.".to_owned(),
            ));
        }
        let choice = |name: &str, choices: &[&str]| {
            params.choice(name, choices).map_err(|bad| invalid(bad.why))
        };
        let offline = choice("access_type", &["online", "offline"])? == Some("offline");
        let method = choice("code_challenge_method", &["plain", "S256"])?;
        let challenge = match (one("code_challenge")?, method) {
            (None, None) => None,
            (None, Some(_)) => return Err(invalid("code_challenge is missing.".to_owned())),
            (Some(text), Some("S256")) => Some(Challenge::S256(text.to_owned())),
            (Some(text), _) => Some(Challenge::Plain(text.to_owned())),
        };
        let prompt: BTreeSet<String> = words(one("prompt")?.unwrap_or_default());
        let known = ["none", "consent", "select_account"];
        if prompt.iter().any(|word| !known.contains(&word.as_str()))
            || (prompt.len() > 1 && prompt.contains("none"))
        {
            return Err(invalid("Invalid parameter value for prompt.".to_owned()));
        }
        Ok(Self {
            client: client.to_owned(),
            redirect: Url::parse(redirect_uri)
                .map_err(|_| invalid("redirect_uri is no URL".to_owned()))?,
            redirect_uri: redirect_uri.to_owned(),
            scopes: words(needed("scope")?)
                .into_iter()
                .map(full_scope)
                .collect(),
            state: one("state")?.map(str::to_owned),
            offline,
            include_granted: choice("include_granted_scopes", &["true", "false"])? == Some("true"),
            prompt,
            login_hint: one("login_hint")?.map(str::to_owned),
            challenge,
        })
    }
}

enum Silent {
    Go(String),
    Fail(&'static str),
}

/// Who has allowed all this before is not asked again, unless the application wants it.
fn without_asking(state: &State, ask: &Ask) -> Option<Silent> {
    let known = ask
        .login_hint
        .as_ref()
        .filter(|hint| state.accounts.contains_key(*hint));
    let allowed = known.filter(|account| {
        let granted = state.grants.scopes_granted(account, &ask.client);
        ask.scopes.iter().all(|scope| granted.contains(scope))
    });
    match (allowed, known) {
        (Some(account), _) if ask.prompt.is_empty() || ask.prompt.contains("none") => {
            Some(Silent::Go(account.clone()))
        }
        (None, Some(_)) if ask.prompt.contains("none") => Some(Silent::Fail("consent_required")),
        (None, None) if ask.prompt.contains("none") => Some(Silent::Fail("login_required")),
        _ => None,
    }
}

fn grant(
    state: &mut State,
    ask: &Ask,
    account: &str,
    granted: BTreeSet<String>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut scopes = granted;
    if ask.include_granted {
        scopes.extend(state.grants.scopes_granted(account, &ask.client));
    }
    let shown = scopes.iter().cloned().collect::<Vec<_>>().join(" ");
    let code = state.grants.issue_code(
        Code {
            account: account.to_owned(),
            client: ask.client.clone(),
            redirect_uri: ask.redirect_uri.clone(),
            scopes,
            offline: ask.offline,
            forced: ask.prompt.contains("consent"),
            challenge: ask.challenge.clone(),
            expires: now,
            used: false,
        },
        now,
    );
    let prompt = if ask.prompt.contains("consent") {
        "consent"
    } else {
        "none"
    };
    vec![
        ("code", code),
        ("scope", shown),
        ("authuser", "0".to_owned()),
        ("prompt", prompt.to_owned()),
    ]
}

fn redirect(ask: &Ask, answer: &[(&str, String)]) -> Response {
    let mut to = ask.redirect.clone();
    {
        let mut query = to.query_pairs_mut();
        if let Some(state) = &ask.state {
            query.append_pair("state", state);
        }
        query.extend_pairs(answer);
    }
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}

fn refused((error, why): &Unredirectable) -> Response {
    let page = pages::blocked(SERVICE, error, why).into_string();
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

fn form(state: &State, ask: &Ask, params: &Params) -> Markup {
    let mut asked = Vec::new();
    for name in ASK_PARAMS.iter().copied() {
        asked.extend(params.all(name).map(|value| (name, value)));
    }
    pages::consent(&Consent {
        service: SERVICE,
        client: &ask.client,
        action: "/o/oauth2/v2/auth",
        asked,
        accounts: state.accounts.keys().map(String::as_str).collect(),
        hinted: ask.login_hint.as_deref().unwrap_or_default(),
        scopes: ask.scopes.iter().map(String::as_str).collect(),
        granular: true,
    })
}

/// Google answers the short names of `OpenID` with its own long ones.
fn full_scope(scope: String) -> String {
    match scope.as_str() {
        "email" | "profile" => format!("https://www.googleapis.com/auth/userinfo.{scope}"),
        _ => scope,
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
