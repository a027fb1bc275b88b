//! Who allowed what to whom: codes, access tokens and refresh tokens.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sim::opaque;
use crate::sim::pkce::Challenge;

/// Google says 3599, having counted from when it began to answer.
pub(in crate::sim::google) const ACCESS_LIFE_S: i64 = 3599;
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Live refresh tokens of one account and client. One more, and the oldest dies without a word.
const REFRESH_TOKENS_MAX: usize = 100;

const SCOPE_PREFIX: &str = "https://www.googleapis.com/auth/";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::sim::google) struct Grants {
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    /// The oldest first.
    refresh: Vec<Refresh>,
    /// What each account has granted to each client in all, as `account client`.
    granted: BTreeMap<String, Granted>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sim::google) struct Code {
    pub(super) account: String,
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) offline: bool,
    pub(super) forced: bool,
    pub(super) challenge: Option<Challenge>,
    pub(super) expires: Timestamp,
    pub(super) used: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sim::google) struct Access {
    pub(in crate::sim::google) account: String,
    pub(in crate::sim::google) client: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) offline: bool,
    pub(super) expires: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refresh {
    token: String,
    pub(super) account: String,
    pub(super) client: String,
    pub(super) scopes: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Granted {
    scopes: BTreeSet<String>,
    /// A refresh token has been handed out; the next one needs `prompt=consent`.
    offline: bool,
}

impl Access {
    /// `scope` without Google's prefix.
    pub(in crate::sim::google) fn allows(&self, scope: &str) -> bool {
        self.scopes.contains(&format!("{SCOPE_PREFIX}{scope}"))
    }

    pub(super) fn spaced_scopes(&self) -> String {
        self.scopes.iter().cloned().collect::<Vec<_>>().join(" ")
    }
}

impl Grants {
    pub(super) fn scopes_granted(&self, account: &str, client: &str) -> BTreeSet<String> {
        self.granted
            .get(&key(account, client))
            .map(|granted| granted.scopes.clone())
            .unwrap_or_default()
    }

    pub(super) fn issue_code(&mut self, code: Code, now: Timestamp) -> String {
        let name = format!("4/0A{}", opaque::random(52));
        let granted = self
            .granted
            .entry(key(&code.account, &code.client))
            .or_default();
        granted.scopes.extend(code.scopes.iter().cloned());
        let code = Code {
            expires: now + CODE_LIFE,
            ..code
        };
        self.codes.insert(name.clone(), code);
        name
    }

    pub(super) fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    /// Spends a code: an access token, and a refresh token where one is due.
    pub(super) fn redeem(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Option<(String, Option<String>)> {
        let code = self.codes.get_mut(name)?;
        code.used = true;
        let code = code.clone();
        let granted = self
            .granted
            .entry(key(&code.account, &code.client))
            .or_default();
        let refresh = (code.offline && (code.forced || !granted.offline)).then(|| {
            granted.offline = true;
            format!("1//0{}", opaque::random(75))
        });
        if let Some(token) = &refresh {
            self.refresh.push(Refresh {
                token: token.clone(),
                account: code.account.clone(),
                client: code.client.clone(),
                scopes: code.scopes.clone(),
            });
            self.bury_oldest(&code.account, &code.client);
        }
        let access = self.issue_access(Access {
            account: code.account,
            client: code.client,
            scopes: code.scopes,
            offline: code.offline,
            expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
        });
        Some((access, refresh))
    }

    pub(super) fn refresh_grant(&self, token: &str) -> Option<&Refresh> {
        self.refresh.iter().find(|refresh| refresh.token == token)
    }

    pub(in crate::sim::google) fn issue_access(&mut self, access: Access) -> String {
        let token = format!("ya29.a0{}", opaque::random(150));
        self.access.insert(token.clone(), access);
        token
    }

    /// An access token for everything, without asking anybody: what the control API hands out.
    pub(in crate::sim::google) fn issue_full(
        &mut self,
        account: &str,
        client: &str,
        now: Timestamp,
    ) -> String {
        let scopes = ["calendar", "userinfo.email", "userinfo.profile"];
        self.issue_access(Access {
            account: account.to_owned(),
            client: client.to_owned(),
            scopes: scopes
                .iter()
                .map(|scope| format!("{SCOPE_PREFIX}{scope}"))
                .chain(["openid".to_owned()])
                .collect(),
            offline: false,
            expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
        })
    }

    /// The same for a service account.
    pub(in crate::sim::google) fn issue_cloud(&mut self, account: &str, now: Timestamp) -> String {
        self.issue_access(Access {
            account: account.to_owned(),
            client: account.to_owned(),
            scopes: [format!("{SCOPE_PREFIX}cloud-platform")].into(),
            offline: false,
            expires: now + SignedDuration::from_secs(ACCESS_LIFE_S),
        })
    }

    pub(in crate::sim::google) fn access(&self, token: &str, now: Timestamp) -> Option<Access> {
        self.access
            .get(token)
            .filter(|access| access.expires > now)
            .cloned()
    }

    /// Whose token this is or was, expired or not.
    pub(in crate::sim::google) fn account_of(&self, token: &str) -> Option<String> {
        self.access.get(token).map(|access| access.account.clone())
    }

    /// Revokes what an access or refresh token stands for; false where there is nothing to revoke.
    pub(super) fn revoke(&mut self, token: &str, now: Timestamp) -> bool {
        let owner = self
            .access(token, now)
            .map(|access| (access.account, access.client))
            .or_else(|| {
                self.refresh_grant(token)
                    .map(|refresh| (refresh.account.clone(), refresh.client.clone()))
            });
        let Some((account, client)) = owner else {
            return false;
        };
        self.drop_where(|of, by| of == account && by == client);
        true
    }

    /// The user removes every application from the account.
    pub(in crate::sim::google) fn revoke_account(&mut self, account: &str) {
        self.drop_where(|of, _| of == account);
    }

    fn drop_where(&mut self, gone: impl Fn(&str, &str) -> bool) {
        self.codes.retain(|_, c| !gone(&c.account, &c.client));
        self.refresh.retain(|r| !gone(&r.account, &r.client));
        self.granted.retain(|key, _| {
            let (account, client) = key.split_once(' ').unwrap_or((key, ""));
            !gone(account, client)
        });
        // Expired at once, but still known for whose they were: the log says who met the refusal.
        for access in self.access.values_mut() {
            if gone(&access.account, &access.client) {
                access.expires = Timestamp::UNIX_EPOCH;
            }
        }
    }

    fn bury_oldest(&mut self, account: &str, client: &str) {
        let ours = |refresh: &Refresh| refresh.account == account && refresh.client == client;
        if self.refresh.iter().filter(|r| ours(r)).count() > REFRESH_TOKENS_MAX
            && let Some(oldest) = self.refresh.iter().position(ours)
        {
            self.refresh.remove(oldest);
        }
    }
}

fn key(account: &str, client: &str) -> String {
    format!("{account} {client}")
}
