//! The audit log, newest first. Reading it is written down too: it names people and where they were.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State, http::HeaderMap, response::Response};
use domain::{
    audit::{Action, Actor, AuditEntry, Outcome},
    id::{ApiKeyId, AuditId, MemberId, TenantId},
    time::Zone,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Flaws, Query, Session,
        page::{self, Visitor},
    },
};
use ui::pages::audit::{AuditPage, AuditRow, Filter};

const SHOWN: usize = 50;
const SHOWN_MAX: usize = 200;
/// How many lines are looked through for those that a filter asks for, in one answer.
const SEEN_MAX: usize = 1_000;
/// What a line tells of a person.
const PERSONAL: [&str; 2] = ["email", "ip"];

#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    cursor: Option<AuditId>,
    limit: Option<usize>,
    action: Option<Action>,
    outcome: Option<Outcome>,
    /// Whose deeds.
    staff_id: Option<MemberId>,
}

impl Asked {
    fn wants(&self, entry: &AuditEntry) -> bool {
        let of_member = |wanted| entry.actor.member() == Some(wanted);
        self.action.is_none_or(|action| action == entry.action)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && self.staff_id.is_none_or(of_member)
    }
}

struct Found {
    entries: Vec<AuditEntry>,
    /// Where the next answer goes on, if there is anything more to look at.
    next: Option<AuditId>,
}

async fn find(app: &App, session: &Session, asked: &Asked) -> Result<Found, Problem> {
    let limit = asked.limit.unwrap_or(SHOWN);
    if !(1..=SHOWN_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("Between 1 and {SHOWN_MAX}."),
        ));
    }
    let store = app.store.tenant(session);
    let (mut entries, mut at, mut seen) = (Vec::new(), asked.cursor, 0);
    let more = loop {
        let lines = store.audit(at, SHOWN_MAX).await?;
        let is_last = lines.len() < SHOWN_MAX;
        for line in lines {
            if entries.len() == limit {
                break;
            }
            (at, seen) = (Some(line.id), seen + 1);
            entries.extend(Some(line).filter(|line| asked.wants(line)));
        }
        if entries.len() == limit || seen >= SEEN_MAX {
            break true;
        }
        if is_last {
            break false;
        }
    };
    let read = session.audit(app, Action::AuditRead);
    let read = AuditEntry {
        pii_accessed: PERSONAL.map(str::to_owned).to_vec(),
        ..read
    };
    store.append_audit(&read).await?;
    Ok(Found {
        entries,
        next: at.filter(|_| more),
    })
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct AuditList {
    items: Vec<AuditLine>,
    next_cursor: Option<AuditId>,
}

#[derive(Serialize, JsonSchema)]
struct AuditLine {
    id: AuditId,
    at: Timestamp,
    org_id: TenantId,
    actor_type: &'static str,
    /// Who did it, or whose address or cookie somebody brought.
    staff_id: Option<MemberId>,
    staff_email: Option<String>,
    api_key_id: Option<ApiKeyId>,
    action: Action,
    outcome: Outcome,
    resource_type: Option<String>,
    resource_id: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    changed_fields: Vec<String>,
    pii_accessed: Vec<String>,
    request_id: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl AuditLine {
    fn new(tenant: TenantId, entry: AuditEntry) -> Self {
        let (actor_type, staff_email, api_key_id) = match &entry.actor {
            Actor::Member { email, .. } => ("member", Some(email.to_string()), None),
            Actor::ApiKey { id, .. } => ("api_key", None, Some(*id)),
            Actor::Unproven { .. } => ("unproven", None, None),
            Actor::Invited { email, .. } => ("invited", Some(email.to_string()), None),
        };
        let changed_fields = entry.changed_fields();
        let (resource_type, resource_id) = entry
            .resource
            .map(|resource| (resource.r#type, resource.id))
            .unzip();
        Self {
            id: entry.id,
            at: entry.at,
            org_id: tenant,
            actor_type,
            staff_id: entry.actor.member(),
            staff_email,
            api_key_id,
            action: entry.action,
            outcome: entry.outcome,
            resource_type,
            resource_id,
            before: entry.before,
            after: entry.after,
            changed_fields,
            pii_accessed: entry.pii_accessed,
            request_id: entry.request_id,
            ip: entry.ip,
            user_agent: entry.user_agent,
        }
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Answer<AuditList>, Problem> {
    let found = find(&app, &session, &asked).await?;
    let line = |entry| AuditLine::new(session.tenant(), entry);
    Ok(Answer(AuditList {
        items: found.entries.into_iter().map(line).collect(),
        next_cursor: found.next,
    }))
}

/// A form sends what was left empty, too.
#[derive(Default, Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    outcome: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl Filled {
    /// As far as it names something, and what is wrong with the rest.
    fn read(&self) -> (Asked, Flaws) {
        let mut flaws = Flaws::default();
        let actions: Vec<_> = Action::ALL.iter().map(|one| one.name()).collect();
        let outcomes = Outcome::ALL.map(Outcome::name);
        let asked = Asked {
            cursor: flaws.place(&self.cursor),
            action: flaws.choice(("action", "action"), &self.action, &actions, |name| {
                let mut known = Action::ALL.iter();
                known.find(|known| known.name() == name).copied()
            }),
            outcome: flaws.choice(("outcome", "outcome"), &self.outcome, &outcomes, |name| {
                Outcome::ALL.into_iter().find(|known| known.name() == name)
            }),
            ..Asked::default()
        };
        flaws.unknown(&self.others);
        (asked, flaws)
    }
}

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(filled): Query<Filled>,
) -> Result<Response, Problem> {
    let (asked, flaws) = filled.read();
    let found = find(&app, &visitor.session, &asked).await?;
    let zone = page::zone(&headers);
    let page = AuditPage {
        frame: visitor.frame,
        filter: Filter {
            action: asked.action,
            outcome: asked.outcome,
        },
        errors: flaws.said(),
        rows: found
            .entries
            .into_iter()
            .map(|entry| row(entry, &zone))
            .collect(),
        is_newest: asked.cursor.is_none(),
        next: found.next.map(|next| next.to_string()),
    };
    Ok(flaws.answer(&app.config, &page.frame, page.render()))
}

fn row(entry: AuditEntry, zone: &Zone) -> AuditRow {
    AuditRow {
        id: entry.id.to_string(),
        at: page::moment(entry.at, zone),
        who: who(&entry.actor),
        action: entry.action,
        outcome: entry.outcome,
        resource: entry
            .resource
            .as_ref()
            .map(|resource| (resource.r#type.clone(), resource.id.clone())),
        changes: changes(&entry),
        from: entry.ip,
        user_agent: entry.user_agent,
        request_id: entry.request_id,
    }
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Member { email, .. } => email.to_string(),
        Actor::Invited { email, .. } => format!("Whoever was invited as {email}"),
        Actor::ApiKey { name, .. } => format!("API key {name}"),
        Actor::Unproven { .. } => "Somebody unproven".to_owned(),
    }
}

/// Field, before, after.
fn changes(entry: &AuditEntry) -> Vec<(String, String, String)> {
    let of = |value: &Option<Value>, field: &str| match value
        .as_ref()
        .and_then(|value| value.get(field))
    {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let names = entry.changed_fields().into_iter();
    names
        .map(|name| {
            (
                name.clone(),
                of(&entry.before, &name),
                of(&entry.after, &name),
            )
        })
        .collect()
}
