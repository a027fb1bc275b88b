//! The front door: which method is meant, who calls, and whether they may.

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use serde_json::Value;

use super::wire::Refusal;
use super::{subscriptions, topics};
use crate::sim::credentials;
use crate::sim::faults::{FaultName, Target};
use crate::sim::google::server::{GoogleSim, go_out};
use crate::sim::google::state::State;
use crate::sim::google::wire::Reply;
use crate::sim::request_log::Entry;
use crate::sim::strict::Params;

/// One call of one method by one account.
pub(super) struct Call<'a> {
    /// In full: `projects/{project}/topics/{topic}`.
    pub(super) resource: &'a str,
    pub(super) body: &'a [u8],
    pub(super) now: Timestamp,
}

type Work = fn(&mut State, &Call<'_>) -> Result<Value, Refusal>;

struct Endpoint {
    name: &'static str,
    http: Method,
    collection: &'static str,
    /// What stands behind the resource's name.
    verb: &'static str,
    /// Who has none of these in the project may not call; the last one also counts where the topic grants it.
    roles: &'static [&'static str],
    work: Work,
}

const ADMIN: &str = "roles/pubsub.admin";
const EDITOR: &str = "roles/pubsub.editor";
const VIEWER: &str = "roles/pubsub.viewer";
const PUBLISHER: &str = "roles/pubsub.publisher";

macro_rules! endpoint {
    ($name:literal, $http:ident, $collection:literal, $verb:literal, $roles:expr, $work:path) => {
        Endpoint {
            name: concat!("pubsub.", $collection, ".", $name),
            http: Method::$http,
            collection: $collection,
            verb: $verb,
            roles: $roles,
            work: $work,
        }
    };
}

const EDIT: &[&str] = &[ADMIN, EDITOR];
const VIEW: &[&str] = &[ADMIN, EDITOR, VIEWER];

static ENDPOINTS: [Endpoint; 11] = [
    endpoint!("create", PUT, "topics", "", EDIT, topics::create),
    endpoint!("get", GET, "topics", "", VIEW, topics::get),
    endpoint!("delete", DELETE, "topics", "", EDIT, topics::delete),
    endpoint!(
        "getIamPolicy",
        GET,
        "topics",
        "getIamPolicy",
        &[ADMIN],
        topics::get_policy
    ),
    endpoint!(
        "setIamPolicy",
        POST,
        "topics",
        "setIamPolicy",
        &[ADMIN],
        topics::set_policy
    ),
    endpoint!(
        "publish",
        POST,
        "topics",
        "publish",
        &[ADMIN, EDITOR, PUBLISHER],
        topics::publish
    ),
    endpoint!(
        "create",
        PUT,
        "subscriptions",
        "",
        EDIT,
        subscriptions::create
    ),
    endpoint!("get", GET, "subscriptions", "", VIEW, subscriptions::get),
    endpoint!(
        "patch",
        PATCH,
        "subscriptions",
        "",
        EDIT,
        subscriptions::patch
    ),
    endpoint!(
        "delete",
        DELETE,
        "subscriptions",
        "",
        EDIT,
        subscriptions::delete
    ),
    endpoint!(
        "modifyPushConfig",
        POST,
        "subscriptions",
        "modifyPushConfig",
        EDIT,
        subscriptions::modify_push_config
    ),
];

const PARAMS: &[&str] = &[
    "alt",
    "fields",
    "key",
    "options.requestedPolicyVersion",
    "prettyPrint",
    "quotaUser",
];

pub(in crate::sim::google) fn operations() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.name)
}

/// The name of the call that a path below the API's version means.
pub(in crate::sim::google) fn operation(method: &Method, rest: &str) -> Option<&'static str> {
    route(method, rest).map(|(endpoint, _)| endpoint.name)
}

fn route<'a>(method: &Method, rest: &'a str) -> Option<(&'static Endpoint, &'a str)> {
    let (resource, verb) = rest.split_once(':').unwrap_or((rest, ""));
    let parts: Vec<&str> = resource.split('/').collect();
    let ["projects", _, collection, _] = parts.as_slice() else {
        return None;
    };
    let meant = |endpoint: &&Endpoint| {
        endpoint.http == method && endpoint.collection == *collection && endpoint.verb == verb
    };
    Some((ENDPOINTS.iter().find(meant)?, resource))
}

/// `/v1/projects/…`
pub(in crate::sim::google) async fn serve(
    Shared(sim): Shared<GoogleSim>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = sim.now();
    let (reply, delay, cut) = sim.write(|state| {
        let mut entry = Entry {
            seq: 0,
            at: now,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            route: uri.path().to_owned(),
            operation: "unknown".to_owned(),
            account: None,
            status: None,
            refused: None,
            batched: false,
        };
        let result = admit(state, &method, &uri, &headers, &body, now, &mut entry);
        let reply = match result {
            Ok(body) => Reply::ok(body),
            Err(refusal) => {
                entry.refused = refusal.unknown.then(|| refusal.message.clone());
                refusal.into_reply()
            }
        };
        let mut strikes = |name| {
            let target = Target {
                method: &entry.operation,
                account: entry.account.as_deref(),
                path: uri.path(),
                page: None,
            };
            state.faults.strike(name, &target)
        };
        let delay = strikes(FaultName::Slow)
            .map(|fault| fault.delay())
            .unwrap_or_default();
        let cut = strikes(FaultName::DropResponse).is_some();
        entry.status = (!cut).then(|| reply.status.as_u16());
        state.requests.record(entry);
        (reply, delay, cut)
    });
    go_out(reply.into_response(), delay, cut).await
}

fn admit(
    state: &mut State,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    entry: &mut Entry,
) -> Result<Value, Refusal> {
    let rest = uri.path().trim_start_matches("/v1/");
    let unknown = || Refusal::no_method(&format!("{method} {}", uri.path()));
    let (endpoint, resource) = route(method, rest).ok_or_else(unknown)?;
    endpoint.name.clone_into(&mut entry.operation);
    let target = Target {
        method: endpoint.name,
        account: None,
        path: uri.path(),
        page: None,
    };
    let failing = state.faults.strike(FaultName::ServerError, &target);
    if let Some(fault) = failing {
        return Err(Refusal::failing(fault.status));
    }
    let bearer = credentials::bearer(headers).ok_or_else(Refusal::unauthenticated)?;
    let access = state.grants.access(bearer, now);
    let access = access.ok_or_else(Refusal::unauthenticated)?;
    entry.account = Some(access.account.clone());
    if !access.allows("pubsub") && !access.allows("cloud-platform") {
        return Err(Refusal::scope());
    }
    let params = Params::parse(uri.query().unwrap_or_default());
    params
        .only(&[PARAMS])
        .map_err(|bad| Refusal::unknown(bad.why))?;
    check_name(resource)?;
    check_role(state, endpoint, resource, &access.account)?;
    let call = Call {
        resource,
        body,
        now,
    };
    (endpoint.work)(state, &call)
}

fn check_role(
    state: &State,
    endpoint: &Endpoint,
    resource: &str,
    account: &str,
) -> Result<(), Refusal> {
    let project = resource.split('/').nth(1).unwrap_or_default();
    if !state.service_accounts.has_project(project) {
        return Err(Refusal::no_project(project));
    }
    let holds = |role: &&str| state.service_accounts.has_role(account, project, role);
    let topic = state.pubsub.topics.get(resource);
    let granted = topic.is_some_and(|topic| {
        let mut roles = endpoint.roles.iter();
        roles.any(|role| *role == PUBLISHER && topic.lets(account, role))
    });
    if granted || endpoint.roles.iter().any(holds) {
        return Ok(());
    }
    Err(Refusal::denied())
}

fn check_name(resource: &str) -> Result<(), Refusal> {
    let id = resource.rsplit('/').next().unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_.~+%".contains(c);
    let fits = (3..=255).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && !id.starts_with("goog")
        && id.chars().all(letters);
    if fits {
        return Ok(());
    }
    let kind = resource.split('/').nth(2).unwrap_or_default();
    let kind = kind.trim_end_matches('s');
    let why = format!("Invalid [{kind}s] name: (name={resource})");
    Err(Refusal::invalid(why))
}
