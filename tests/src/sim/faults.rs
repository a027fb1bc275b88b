//! Switches that make a simulator misbehave on request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultName {
    RateLimited,
    ServerError,
    CursorExpired,
    Slow,
    EmptyPage,
    ShortPage,
    DropResponse,
    TokenRevoked,
    NotificationDrop,
    NotificationDuplicate,
    NotificationDelay,
    NotificationReorder,
}

impl FaultName {
    /// The parameters that mean something to this fault, beside `scope` and `count`.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::RateLimited => &["retry_after_s", "status", "reason"],
            Self::ServerError => &["retry_after_s", "status", "page"],
            Self::CursorExpired => &["page", "reason"],
            Self::EmptyPage | Self::ShortPage => &["page"],
            Self::Slow | Self::NotificationDelay => &["delay_s"],
            Self::TokenRevoked => &["reason"],
            Self::DropResponse
            | Self::NotificationDrop
            | Self::NotificationDuplicate
            | Self::NotificationReorder => &[],
        }
    }
}

/// One switch as it is set over the control API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub name: FaultName,
    /// A method such as `events.insert`, an account's address, or a path prefix. Absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How often it strikes. Absent: until it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<f64>,
    /// Strikes only on this page of a listing, counted from 1. Absent, an error strikes on any page, and a
    /// thin page is the first: a listing whose every page is empty would never end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a fault may strike: one request, or one notification.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    pub method: &'a str,
    pub account: Option<&'a str>,
    pub path: &'a str,
    pub page: Option<u32>,
}

#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sets a switch, or says by name what is wrong with it.
    pub fn set(&mut self, fault: Fault, methods: &[&str]) -> Result<(), String> {
        fault.check(methods)?;
        self.0.push(fault);
        Ok(())
    }

    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes one strike of the named fault, where one is set for this target.
    pub fn strike(&mut self, name: FaultName, target: &Target<'_>) -> Option<Fault> {
        let at = self
            .0
            .iter()
            .position(|fault| fault.name == name && fault.covers(target))?;
        let struck = self.0[at].clone();
        match self.0[at].count {
            None => {}
            Some(0 | 1) => {
                self.0.remove(at);
            }
            Some(left) => self.0[at].count = Some(left - 1),
        }
        Some(struck)
    }
}

impl Fault {
    /// How long what it slows down takes.
    pub fn delay(&self) -> Duration {
        Duration::from_secs_f64(self.delay_s.unwrap_or(1.0))
    }

    fn covers(&self, target: &Target<'_>) -> bool {
        let in_scope = match self.scope.as_deref() {
            None => true,
            Some(scope) if scope.starts_with('/') => target.path.starts_with(scope),
            Some(scope) => scope == target.method || Some(scope) == target.account,
        };
        let thin = matches!(self.name, FaultName::EmptyPage | FaultName::ShortPage);
        let page = self.page.or(thin.then_some(1));
        in_scope && (page.is_none() || page == target.page)
    }

    fn check(&self, methods: &[&str]) -> Result<(), String> {
        let given = [
            ("retry_after_s", self.retry_after_s.is_some()),
            ("delay_s", self.delay_s.is_some()),
            ("page", self.page.is_some()),
            ("status", self.status.is_some()),
            ("reason", self.reason.is_some()),
        ];
        let meaningful = self.name.parameters();
        if let Some((stray, _)) = given
            .iter()
            .find(|(name, given)| *given && !meaningful.contains(name))
        {
            return Err(format!(
                "{stray} means nothing to {:?}; it takes {meaningful:?}",
                self.name
            ));
        }
        if self.count == Some(0) {
            return Err("count is 0: the fault would never strike".to_owned());
        }
        if self.page == Some(0) {
            return Err("page is 0: pages are counted from 1".to_owned());
        }
        if self
            .status
            .is_some_and(|status| !(400..=599).contains(&status))
        {
            return Err("status must be an error's, 400 to 599".to_owned());
        }
        if self
            .delay_s
            .is_some_and(|delay| !(0.0..=86_400.0).contains(&delay))
        {
            return Err("delay_s must lie between 0 and 86400".to_owned());
        }
        match self.scope.as_deref() {
            Some(scope)
                if !scope.starts_with('/') && !scope.contains('@') && !methods.contains(&scope) =>
            {
                Err(format!(
                    "scope {scope:?} is no account, no path prefix and none of the methods {methods:?}"
                ))
            }
            _ => Ok(()),
        }
    }
}
