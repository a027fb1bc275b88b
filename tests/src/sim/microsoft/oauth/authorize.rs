//! The authorization endpoint: one page, one form.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use maud::Markup;
use url::{Url, form_urlencoded};

use super::aadsts::numbered;
use super::grants::{Code, read_scopes};
use crate::sim::microsoft::accounts::tenant_of;
use crate::sim::microsoft::ids::new_guid;
use crate::sim::microsoft::pages::SERVICE;
use crate::sim::microsoft::server::{MicrosoftSim, MicrosoftSimOptions};
use crate::sim::microsoft::state::{Account, State};
use crate::sim::opaque;
use crate::sim::pages::{self, Consent};
use crate::sim::pkce::Challenge;
use crate::sim::strict::Params;

const ASK_PARAMS: &[&str] = &[
    "client_id",
    "client_info",
    "code_challenge",
    "code_challenge_method",
    "domain_hint",
    "login_hint",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// What the person decides on the form, beside what the application asked.
const DECISION_PARAMS: &[&str] = &["account", "decision"];

/// A checked authorization request.
struct Ask {
    tenant: String,
    client: String,
    redirect: Url,
    redirect_uri: String,
    scopes: BTreeSet<String>,
    state: Option<String>,
    prompt: Option<String>,
    login_hint: Option<String>,
    challenge: Option<Challenge>,
    nonce: Option<String>,
    client_info: bool,
    in_fragment: bool,
}

/// What is wrong: told to the application, or, where there is none to be trusted, to the person.
enum Refusal {
    Page(u32, String),
    Redirect(Box<Ask>, u32, String),
}

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub(in crate::sim::microsoft) async fn show(
    Shared(sim): Shared<MicrosoftSim>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(&query.unwrap_or_default());
    let now = sim.now();
    sim.write(|state| {
        let ask = match Ask::read(state, &tenant, &params, sim.options(), &[ASK_PARAMS]) {
            Ok(ask) => ask,
            Err(refusal) => return refused(&refusal),
        };
        match without_asking(state, &ask) {
            Some(Ok(account)) => grant(state, &ask, &account, now),
            Some(Err(number)) => failed(&ask, number, ""),
            None => Html(form(state, &ask, &params).into_string()).into_response(),
        }
    })
}

/// `POST /{tenant}/oauth2/v2.0/authorize`: the form comes back. Everything in it is checked again.
pub(in crate::sim::microsoft) async fn decide(
    Shared(sim): Shared<MicrosoftSim>,
    Path(tenant): Path<String>,
    body: Bytes,
) -> Response {
    let params = Params::parse(&String::from_utf8_lossy(&body));
    let now = sim.now();
    sim.write(|state| {
        let known = [ASK_PARAMS, DECISION_PARAMS];
        let ask = match Ask::read(state, &tenant, &params, sim.options(), &known) {
            Ok(ask) => ask,
            Err(refusal) => return refused(&refusal),
        };
        match params.all("decision").next() {
            Some("cancel") => return failed(&ask, 65004, ""),
            Some("needs_admin") => return failed(&ask, 90094, ""),
            _ => {}
        }
        let account = params.all("account").next().unwrap_or_default();
        match state.accounts.get(account).cloned() {
            Some(account) if is_of_tenant(&account, &ask.tenant) => {
                grant(state, &ask, &account, now)
            }
            _ => refused(&Refusal::Page(50020, format!("({account})"))),
        }
    })
}

impl Ask {
    fn read(
        state: &State,
        tenant: &str,
        params: &Params,
        options: &MicrosoftSimOptions,
        allowed: &[&[&str]],
    ) -> Result<Self, Refusal> {
        let on_page = |number: u32, why: &str| Refusal::Page(number, why.to_owned());
        params
            .only(allowed)
            .map_err(|bad| on_page(90014, &bad.why))?;
        let one = |name: &str| params.one(name).map_err(|bad| on_page(90014, &bad.why));
        let needed = |name: &str| {
            let value = one(name)?.filter(|value| !value.is_empty());
            value.ok_or_else(|| on_page(900_144, name))
        };
        if !is_known_tenant(state, tenant) {
            return Err(on_page(90002, tenant));
        }
        let client = needed("client_id")?;
        if client != options.client_id {
            return Err(on_page(700_016, client));
        }
        let redirect_uri = needed("redirect_uri")?;
        let registered = options
            .redirect_uris
            .iter()
            .find(|known| *known == redirect_uri);
        let redirect = registered.and_then(|known| Url::parse(known).ok());
        let redirect = redirect.ok_or_else(|| on_page(50011, redirect_uri))?;
        let challenge = match (one("code_challenge")?, one("code_challenge_method")?) {
            (None, _) => None,
            (Some(text), Some("S256")) => Some(Challenge::S256(text.to_owned())),
            (Some(text), _) => Some(Challenge::Plain(text.to_owned())),
        };
        let ask = Self {
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            redirect,
            redirect_uri: redirect_uri.to_owned(),
            scopes: BTreeSet::new(),
            state: one("state")?.map(str::to_owned),
            prompt: one("prompt")?.map(str::to_owned),
            login_hint: one("login_hint")?.map(str::to_owned),
            challenge,
            nonce: one("nonce")?.map(str::to_owned),
            client_info: one("client_info")? == Some("1"),
            in_fragment: one("response_mode")? == Some("fragment"),
        };
        let (kind, mode, scope) = (
            needed("response_type")?,
            one("response_mode")?,
            needed("scope")?,
        );
        ask.settled(kind, mode, scope)
    }

    /// What is told to the application if it is wrong.
    fn settled(self, kind: &str, mode: Option<&str>, scope: &str) -> Result<Self, Refusal> {
        let told =
            |ask: Self, number, why: String| Err(Refusal::Redirect(Box::new(ask), number, why));
        if kind != "code" {
            return told(
                self,
                90014,
                format!("response_type is {kind:?}, and only code is simulated."),
            );
        }
        if mode.is_some_and(|mode| !["query", "fragment"].contains(&mode)) {
            return told(
                self,
                90014,
                "Only query and fragment are simulated as response_mode.".to_owned(),
            );
        }
        let prompts = ["login", "none", "consent", "select_account"];
        if self
            .prompt
            .as_deref()
            .is_some_and(|prompt| !prompts.contains(&prompt))
        {
            return told(self, 90014, "prompt is unknown.".to_owned());
        }
        let short = match &self.challenge {
            Some(Challenge::S256(text) | Challenge::Plain(text)) => {
                !(43..=128).contains(&text.len())
            }
            None => false,
        };
        if short {
            return told(self, 50147, String::new());
        }
        match read_scopes(scope) {
            Ok(scopes) => Ok(Self { scopes, ..self }),
            Err(unknown) => told(self, 70011, unknown),
        }
    }
}

/// Who has consented to all this before is not asked again, unless the application wants it.
fn without_asking(state: &State, ask: &Ask) -> Option<Result<Account, u32>> {
    let hinted = ask
        .login_hint
        .as_ref()
        .and_then(|hint| state.accounts.get(hint));
    let hinted = hinted.filter(|account| is_of_tenant(account, &ask.tenant));
    let consented = hinted.filter(|account| {
        let consented = state.grants.consented(&account.email, &ask.client);
        ask.scopes.is_subset(&consented)
    });
    match (ask.prompt.as_deref(), consented, hinted) {
        (None | Some("none"), Some(account), _) => Some(Ok(account.clone())),
        (Some("none"), None, Some(_)) => Some(Err(65001)),
        (Some("none"), None, None) => Some(Err(50058)),
        (_, _, _) => None,
    }
}

fn grant(state: &mut State, ask: &Ask, account: &Account, now: Timestamp) -> Response {
    let code = Code {
        account: account.email.clone(),
        client: ask.client.clone(),
        tenant: ask.tenant.clone(),
        redirect_uri: ask.redirect_uri.clone(),
        scopes: ask.scopes.clone(),
        challenge: ask.challenge.clone(),
        nonce: ask.nonce.clone(),
        expires: now,
        used: false,
    };
    let code = state.grants.issue_code(code, now);
    let mut answer = vec![("code", code), ("session_state", new_guid())];
    if ask.client_info {
        answer.push(("client_info", client_info(account)));
    }
    redirect(ask, &answer)
}

pub(super) fn client_info(account: &Account) -> String {
    let told = serde_json::json!({ "uid": account.user, "utid": account.tenant });
    opaque::base64url(told.to_string().as_bytes())
}

fn failed(ask: &Ask, number: u32, detail: &str) -> Response {
    let wrong = numbered(number);
    // The page calls by other names what the token endpoint would call a grant.
    let error = match wrong.number {
        65001 => "interaction_required",
        _ => wrong.error,
    };
    let answer = [
        ("error", error.to_owned()),
        ("error_description", wrong.description(detail)),
    ];
    redirect(ask, &answer)
}

fn redirect(ask: &Ask, answer: &[(&str, String)]) -> Response {
    let mut to = ask.redirect.clone();
    let state = ask.state.iter().map(|state| ("state", state));
    if ask.in_fragment {
        let mut fragment = form_urlencoded::Serializer::new(String::new());
        fragment.extend_pairs(answer).extend_pairs(state);
        to.set_fragment(Some(&fragment.finish()));
    } else {
        to.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(state);
    }
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}

fn refused(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Redirect(ask, number, detail) => failed(ask, *number, detail),
        Refusal::Page(number, detail) => {
            let error = format!("AADSTS{number}");
            let why = numbered(*number).description(detail);
            let page = pages::blocked(SERVICE, &error, &why).into_string();
            (StatusCode::BAD_REQUEST, Html(page)).into_response()
        }
    }
}

fn form(state: &State, ask: &Ask, params: &Params) -> Markup {
    let mut asked = Vec::new();
    for name in ASK_PARAMS.iter().copied() {
        asked.extend(params.all(name).map(|value| (name, value)));
    }
    let accounts = state.accounts.values();
    let accounts = accounts.filter(|account| is_of_tenant(account, &ask.tenant));
    pages::consent(&Consent {
        service: SERVICE,
        client: &ask.client,
        action: &format!("/{}/oauth2/v2.0/authorize", ask.tenant),
        asked,
        accounts: accounts.map(|account| account.email.as_str()).collect(),
        hinted: ask.login_hint.as_deref().unwrap_or_default(),
        scopes: ask.scopes.iter().map(String::as_str).collect(),
        granular: false,
    })
}

pub(super) fn is_known_tenant(state: &State, tenant: &str) -> bool {
    let everybody = ["common", "organizations", "consumers"];
    let mut accounts = state.accounts.values();
    everybody.contains(&tenant) || accounts.any(|account| is_of_tenant(account, tenant))
}

/// Every account here is of an organization; nobody is a consumer.
fn is_of_tenant(account: &Account, tenant: &str) -> bool {
    match tenant {
        "common" | "organizations" => true,
        "consumers" => false,
        named => account.tenant == named || account.tenant == tenant_of(named),
    }
}
