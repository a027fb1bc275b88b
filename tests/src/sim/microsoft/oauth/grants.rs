//! Who allowed what to whom: codes, access tokens and refresh tokens.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sim::opaque;
use crate::sim::pkce::Challenge;

pub(super) const ACCESS_LIFE_S: i64 = 3599;
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// What Graph's scopes may be called in full.
const RESOURCE: &str = "https://graph.microsoft.com/";

/// Scopes of Graph that are known here, and those of `OpenID`.
const KNOWN: &[&str] = &[
    "Calendars.Read",
    "Calendars.Read.Shared",
    "Calendars.ReadBasic",
    "Calendars.ReadWrite",
    "Calendars.ReadWrite.Shared",
    "MailboxSettings.Read",
    "User.Read",
    "email",
    "offline_access",
    "openid",
    "profile",
];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::sim::microsoft) struct Grants {
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    /// What each account has consented to for each client, as `account client`.
    consented: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) account: String,
    pub(super) client: String,
    /// As the path named it; the code is good at the same path only.
    pub(super) tenant: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
    pub(super) expires: Timestamp,
    pub(super) used: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sim::microsoft) struct Access {
    pub(in crate::sim::microsoft) account: String,
    pub(in crate::sim::microsoft) client: String,
    pub(super) scopes: BTreeSet<String>,
    expires: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) account: String,
    pub(super) client: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires: Timestamp,
    /// The number of what has happened to it.
    pub(super) dead: Option<String>,
}

impl Access {
    pub(in crate::sim::microsoft) fn allows(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}

/// The scopes of a request by their short names, or the first that is not known.
pub(super) fn read_scopes(text: &str) -> Result<BTreeSet<String>, String> {
    text.split_whitespace()
        .map(|scope| {
            let short = scope.strip_prefix(RESOURCE).unwrap_or(scope);
            let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(short));
            known
                .map(|known| (*known).to_owned())
                .ok_or_else(|| scope.to_owned())
        })
        .collect()
}

/// As `scope` of an answer has them: what asks for a refresh token is none of them.
pub(super) fn shown_scopes(scopes: &BTreeSet<String>) -> String {
    let shown = scopes.iter().filter(|scope| *scope != "offline_access");
    shown.map(String::as_str).collect::<Vec<_>>().join(" ")
}

impl Grants {
    pub(super) fn consented(&self, account: &str, client: &str) -> BTreeSet<String> {
        let key = key(account, client);
        self.consented.get(&key).cloned().unwrap_or_default()
    }

    pub(super) fn issue_code(&mut self, code: Code, now: Timestamp) -> String {
        let name = format!("0.A{}.M.{}", opaque::random(30), opaque::random(200));
        let consented = self.consented.entry(key(&code.account, &code.client));
        consented.or_default().extend(code.scopes.iter().cloned());
        let expires = now + CODE_LIFE;
        self.codes.insert(name.clone(), Code { expires, ..code });
        name
    }

    pub(super) fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    pub(super) fn spend(&mut self, code: &str) {
        if let Some(code) = self.codes.get_mut(code) {
            code.used = true;
        }
    }

    pub(super) fn refresh_grant(&self, token: &str) -> Option<&Refresh> {
        self.refresh.get(token)
    }

    pub(super) fn issue_access(
        &mut self,
        account: &str,
        client: &str,
        scopes: BTreeSet<String>,
        now: Timestamp,
    ) -> String {
        let token = format!("EwB{}", opaque::random(900));
        let access = Access {
            account: account.to_owned(),
            client: client.to_owned(),
            scopes,
            expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
        };
        self.access.insert(token.clone(), access);
        token
    }

    /// A further refresh token; those before it stay good.
    pub(super) fn issue_refresh(
        &mut self,
        account: &str,
        client: &str,
        scopes: BTreeSet<String>,
        now: Timestamp,
    ) -> String {
        let token = format!("1.A{}.{}", opaque::random(30), opaque::random(700));
        let refresh = Refresh {
            account: account.to_owned(),
            client: client.to_owned(),
            scopes,
            expires: now + REFRESH_LIFE,
            dead: None,
        };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    /// An access token for everything, without asking anybody: what the control API hands out.
    pub(in crate::sim::microsoft) fn issue_full(
        &mut self,
        account: &str,
        client: &str,
        now: Timestamp,
    ) -> String {
        let scopes = KNOWN.iter().map(|scope| (*scope).to_owned()).collect();
        self.issue_access(account, client, scopes, now)
    }

    pub(in crate::sim::microsoft) fn access(&self, token: &str, now: Timestamp) -> Option<Access> {
        let access = self.access.get(token);
        access.filter(|access| access.expires > now).cloned()
    }

    /// Whose token this is or was, expired or not.
    pub(in crate::sim::microsoft) fn account_of(&self, token: &str) -> Option<String> {
        self.access.get(token).map(|access| access.account.clone())
    }

    /// Everything of the account is void, for the reason of this number; a revocation if none is given.
    pub(in crate::sim::microsoft) fn revoke_account(
        &mut self,
        account: &str,
        number: Option<&str>,
    ) {
        self.codes.retain(|_, code| code.account != account);
        self.consented
            .retain(|key, _| key.split_once(' ').is_none_or(|(of, _)| of != account));
        for refresh in self.refresh.values_mut() {
            if refresh.account == account {
                refresh.dead = Some(number.unwrap_or("50173").to_owned());
            }
        }
        // Expired at once, but still known for whose they were: the log says who met the refusal.
        for access in self.access.values_mut() {
            if access.account == account {
                access.expires = Timestamp::UNIX_EPOCH;
            }
        }
    }
}

fn key(account: &str, client: &str) -> String {
    format!("{account} {client}")
}
