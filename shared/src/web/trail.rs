//! Where a request comes from, as the audit log keeps it.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::{FromRequestParts, Request},
    http::{Extensions, header, request::Parts},
};

use domain::{
    audit::{Action, Actor, AuditEntry, Outcome},
    id::{AuditId, TenantId},
};
use jiff::Timestamp;

use crate::{app::App, ids};

/// Who is connected, as the platform says; never as the request says.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// What the request is called in the log, in the answer, and by whoever asks about it.
    pub request_id: String,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

const USER_AGENT_CHARACTERS_MAX: usize = 300;

impl Trail {
    pub(super) fn begin(request: &Request) -> Self {
        let address = request.extensions().get::<ClientAddress>();
        let agent = request.headers().get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Self {
            request_id: ids::request(),
            ip: address.map(|address| address.0),
            user_agent: agent.map(|text| text.chars().take(USER_AGENT_CHARACTERS_MAX).collect()),
        }
    }

    /// A line of a tenant's audit log about what is done now.
    pub fn audit(
        &self,
        tenant: TenantId,
        now: Timestamp,
        actor: Actor,
        action: Action,
    ) -> AuditEntry {
        AuditEntry {
            id: ids::mint(tenant, now, AuditId::from_parts),
            at: now,
            actor,
            action,
            outcome: Outcome::Succeeded,
            resource: None,
            before: None,
            after: None,
            pii_accessed: Vec::new(),
            request_id: self.request_id.clone(),
            ip: self.ip.map(|ip| ip.to_string()),
            user_agent: self.user_agent.clone(),
        }
    }

    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }
}

impl FromRequestParts<App> for Trail {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
