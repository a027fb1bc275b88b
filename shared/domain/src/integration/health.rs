//! How it goes with an integration: computed from what is set up, what was last seen, and what the last day counted.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tally;

/// What is set up of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    Calendars(Standings),
    /// Whether it has ever been set up, or has reported.
    Reported {
        is_set_up: bool,
    },
    /// Keys that hold.
    ApiKeys {
        active: u32,
    },
    Endpoints {
        active: u32,
        /// By a person.
        disabled: u32,
        /// By us, because nothing arrived.
        switched_off: u32,
        /// Deliveries that wait for their next try.
        retrying: u32,
    },
}

/// How many connections of one provider stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ConnectionStandings")]
pub struct Standings {
    /// Their first sync has not come to its end.
    pub pending: u32,
    pub connected: u32,
    /// Their last sync failed.
    pub failing: u32,
    /// They wait to be authorised again.
    pub needs_reauth: u32,
    pub paused: u32,
}

impl Standings {
    pub fn total(self) -> u32 {
        self.pending + self.connected + self.failing + self.needs_reauth + self.paused
    }

    fn need_attention(self) -> bool {
        self.failing + self.needs_reauth > 0
    }
}

/// What is known of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub setup: Setup,
    pub last_success_at: Option<Timestamp>,
    pub last_error_at: Option<Timestamp>,
    pub tally: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "IntegrationStatus")]
pub enum Status {
    Connected,
    /// Set up, and without effect: revoked, paused, or silent for a day.
    Disconnected,
    Error,
    NotConfigured,
}

/// What is shown of it at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "IntegrationBadge")]
pub enum Badge {
    Ok,
    /// It works, but not for everybody or not always.
    Warning,
    Error,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    pub status: Status,
    pub badge: Badge,
    /// Why it is disconnected, where nobody wants it so.
    pub lost: Option<&'static str>,
}

/// Nothing heard of for so long is no longer connected.
const SILENT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Below that something is wrong, though much works.
const RATE_MIN: u8 = 90;

impl Health {
    pub fn of(facts: &Facts, now: Timestamp) -> Self {
        let status = facts.status(now);
        let (badge, lost) = match status {
            Status::Error => (Badge::Error, None),
            Status::Disconnected => (Badge::Off, facts.lost()),
            Status::NotConfigured => (Badge::Off, None),
            Status::Connected if facts.is_troubled() => (Badge::Warning, None),
            Status::Connected => (Badge::Ok, None),
        };
        Self {
            status,
            badge,
            lost,
        }
    }

    pub fn is_configured(self) -> bool {
        self.status != Status::NotConfigured
    }

    fn is_degraded(self) -> bool {
        match self.status {
            Status::Error => true,
            // What somebody has paused is as they want it.
            Status::Disconnected => self.lost.is_some(),
            Status::Connected | Status::NotConfigured => false,
        }
    }
}

impl Facts {
    fn status(&self, now: Timestamp) -> Status {
        match self.setup {
            Setup::Calendars(standings) => self.status_of_calendars(standings, now),
            Setup::Reported { is_set_up: false }
            | Setup::ApiKeys { active: 0 }
            | Setup::Endpoints {
                active: 0,
                disabled: 0,
                switched_off: 0,
                ..
            } => Status::NotConfigured,
            Setup::Reported { is_set_up: true } => self.status_of_reported(now),
            Setup::ApiKeys { .. } => Status::Connected,
            Setup::Endpoints { active: 0, .. } => Status::Disconnected,
            Setup::Endpoints { retrying, .. } => {
                let fails = self.tally.failed > 0 || retrying > 0;
                if fails && self.tally.succeeded() == 0 {
                    Status::Error
                } else {
                    Status::Connected
                }
            }
        }
    }

    fn status_of_calendars(&self, standings: Standings, now: Timestamp) -> Status {
        match standings {
            none if none.total() == 0 => Status::NotConfigured,
            Standings {
                pending: 0,
                connected: 0,
                failing: 0,
                ..
            } => Status::Disconnected,
            Standings {
                pending: 0,
                connected: 0,
                ..
            } => Status::Error,
            // Somebody's first sync is under way; there is nothing to be silent yet.
            Standings { pending: 1.., .. } => Status::Connected,
            Standings { .. } if self.is_silent(now) => Status::Disconnected,
            Standings { .. } => Status::Connected,
        }
    }

    fn status_of_reported(&self, now: Timestamp) -> Status {
        match (self.last_error_at, self.last_success_at) {
            (Some(error), Some(success)) if error > success => Status::Error,
            (Some(_), None) => Status::Error,
            (_, Some(_)) if self.is_silent(now) => Status::Disconnected,
            (_, Some(_)) => Status::Connected,
            // Set up, and nothing has been reported yet.
            (None, None) => Status::Disconnected,
        }
    }

    fn is_silent(&self, now: Timestamp) -> bool {
        self.last_success_at.is_none_or(|at| at + SILENT_FOR <= now)
    }

    /// Why it is disconnected, if not because somebody wants it so.
    fn lost(&self) -> Option<&'static str> {
        let (is_lost, why) = match self.setup {
            Setup::Calendars(standings) if standings.connected > 0 => {
                (true, "Nothing has synced for a day.")
            }
            Setup::Calendars(standings) => (
                standings.need_attention(),
                "Nothing syncs until its owners reconnect their accounts.",
            ),
            Setup::Endpoints { switched_off, .. } => (
                switched_off > 0,
                "Nothing is delivered: webhooks were switched off, for nothing arrived.",
            ),
            Setup::Reported { .. } => (
                self.last_success_at.is_some(),
                "Nothing has been reported for a day.",
            ),
            Setup::ApiKeys { .. } => (false, ""),
        };
        is_lost.then_some(why)
    }

    /// What is wrong with it as it stands, where no failure of the last day says more.
    pub fn trouble(&self) -> Option<&'static str> {
        match self.setup {
            Setup::Calendars(standings) if standings.needs_reauth > 0 => {
                Some("An account waits until its owner reconnects it.")
            }
            Setup::Calendars(standings) if standings.failing > 0 => {
                Some("The last sync of an account failed.")
            }
            Setup::Calendars(_)
            | Setup::Reported { .. }
            | Setup::Endpoints { .. }
            | Setup::ApiKeys { .. } => None,
        }
    }

    fn is_troubled(&self) -> bool {
        let is_low = self
            .tally
            .success_rate()
            .is_some_and(|rate| rate < RATE_MIN);
        is_low
            || match self.setup {
                Setup::Calendars(standings) => standings.need_attention(),
                Setup::Endpoints {
                    switched_off,
                    retrying,
                    ..
                } => switched_off > 0 || retrying > 0 || self.tally.failed > 0,
                Setup::Reported { .. } | Setup::ApiKeys { .. } => false,
            }
    }
}

/// How it goes with all integrations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    Healthy,
    /// Something that is set up does not work.
    Degraded,
    /// Nothing that is set up works.
    Down,
}

impl Overall {
    /// What is not set up never degrades.
    pub fn of(each: impl IntoIterator<Item = Health>) -> Self {
        let configured: Vec<Health> = each
            .into_iter()
            .filter(|health| health.is_configured())
            .collect();
        let in_error = |health: &Health| health.status == Status::Error;
        if !configured.is_empty() && configured.iter().all(in_error) {
            Self::Down
        } else if configured.into_iter().any(Health::is_degraded) {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }
}

#[cfg(test)]
mod tests;
