//! Accounts of programs: they prove themselves with a signed assertion of their own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::grants::{ACCESS_LIFE_S, Access};
use crate::sim::google::signing::{self, SERVICE_ACCOUNT_KEY};
use crate::sim::google::state::State;

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google's own client says this wherever it sends the assertion.
const REAL_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const LIFE_MAX_S: i64 = 3600;
const SKEW_S: i64 = 300;

/// By address: its roles, each in a project.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::sim::google) struct ServiceAccounts(BTreeMap<String, BTreeSet<(String, String)>>);

impl ServiceAccounts {
    /// Adds the account or the roles; answers the file that holds its key.
    pub(in crate::sim::google) fn add(
        &mut self,
        email: &str,
        project: &str,
        roles: &[String],
        token_uri: &str,
    ) -> Value {
        let held = self.0.entry(email.to_owned()).or_default();
        held.extend(roles.iter().map(|role| (project.to_owned(), role.clone())));
        // An account without a role still belongs to its project.
        held.insert((project.to_owned(), String::new()));
        json!({
            "type": "service_account",
            "project_id": project,
            "private_key": SERVICE_ACCOUNT_KEY,
            "client_email": email,
            "token_uri": token_uri,
        })
    }

    pub(in crate::sim::google) fn is_one(&self, email: &str) -> bool {
        self.0.contains_key(email)
    }

    pub(in crate::sim::google) fn has_project(&self, project: &str) -> bool {
        self.0.values().flatten().any(|(of, _)| of == project)
    }

    pub(in crate::sim::google) fn has_role(&self, email: &str, project: &str, role: &str) -> bool {
        let roles = self.0.get(email);
        roles.is_some_and(|roles| roles.contains(&(project.to_owned(), role.to_owned())))
    }
}

/// `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`
pub(super) fn redeem(
    state: &mut State,
    assertion: &str,
    token_uri: &str,
    now: Timestamp,
) -> Answer {
    let refuse = |why: &str| Refusal::new("invalid_grant", why);
    let (header, claims) =
        signing::read(assertion).ok_or_else(|| refuse("Bad Request: not a JWT."))?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    let email = text("iss").to_owned();
    if !state.service_accounts.is_one(&email) {
        return Err(refuse("Invalid grant: account not found"));
    }
    if header["alg"] != "RS256" || !signing::is_signed(SERVICE_ACCOUNT_KEY, assertion) {
        return Err(refuse("Invalid JWT Signature."));
    }
    if ![token_uri, REAL_TOKEN_URI].contains(&text("aud")) {
        return Err(refuse(
            "Invalid JWT: Failed audience check. The right audience is the token endpoint.",
        ));
    }
    let now_s = now.as_second();
    let timely = claims["iat"].as_i64().zip(claims["exp"].as_i64());
    let timely = timely
        .is_some_and(|(iat, exp)| iat <= now_s + SKEW_S && now_s < exp && exp - iat <= LIFE_MAX_S);
    if !timely {
        return Err(refuse(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
        ));
    }
    let scopes: BTreeSet<String> = text("scope")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if scopes.is_empty() {
        let why = "Invalid OAuth scope or ID token audience provided.";
        return Err(Refusal::new("invalid_scope", why));
    }
    let token = state.grants.issue_access(Access {
        client: email.clone(),
        account: email.clone(),
        scopes,
        offline: false,
        expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
    });
    let shown = json!({
        "access_token": token,
        "expires_in": ACCESS_LIFE_S,
        "token_type": "Bearer",
    });
    Ok((shown, Some(email)))
}
