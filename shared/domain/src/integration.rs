//! Integrations: whatever outside of Kalends an organisation works with, how it goes with each, and what happened.

mod deliveries;
mod event;
mod files;
mod health;
mod held;
mod ours;
mod window;

use std::{borrow::Cow, fmt, str::FromStr};

pub use event::{About, EventStatus, EventType, IntegrationEvent, NoEventType};
pub use files::File;
pub use health::{Badge, Facts, Health, Overall, Setup, Standings, Status};
pub use ours::CallTrouble;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
pub use window::{Hour, QUARTERS_IN_DAY, Quarter, Tally};

use crate::connection::Provider;

/// Something that an organisation works with. Written by its name, such as `api_keys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Integration {
    /// Its members' calendars at one provider.
    Calendars(Calendars),
    /// What runs elsewhere and tells us how it goes.
    Reported(Connector),
    ApiKeys,
    Webhooks,
    /// Entries that come and go as files.
    Files,
}

/// The calendars of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calendars {
    Google,
    Microsoft,
}

/// Something that runs elsewhere, and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connector {
    Comarch,
    Edi,
}

/// What is said of an integration wherever it is shown.
struct Row {
    integration: Integration,
    name: &'static str,
    title: &'static str,
    /// What it does for whoever has not set it up.
    promise: &'static str,
    /// What is counted.
    unit: &'static str,
}

const TABLE: [Row; 7] = [
    Row {
        integration: Integration::Calendars(Calendars::Google),
        name: "google",
        title: "Google Calendar",
        promise: "Connect Google Calendar to keep it in agreement with the schedule",
        unit: "syncs",
    },
    Row {
        integration: Integration::Calendars(Calendars::Microsoft),
        name: "microsoft",
        title: "Microsoft 365",
        promise: "Connect Microsoft 365 to keep it in agreement with the schedule",
        unit: "syncs",
    },
    Row {
        integration: Integration::Reported(Connector::Comarch),
        name: "comarch",
        title: "Comarch Optima",
        promise: "Set up Comarch Optima to see your invoices arrive there",
        unit: "syncs",
    },
    Row {
        integration: Integration::Reported(Connector::Edi),
        name: "edi",
        title: "EDI",
        promise: "Set up EDI to enable order automation",
        unit: "syncs",
    },
    Row {
        integration: Integration::ApiKeys,
        name: "api_keys",
        title: "API Keys",
        promise: "Make an API key to let your programs work with the schedule",
        unit: "requests",
    },
    Row {
        integration: Integration::Webhooks,
        name: "webhooks",
        title: "Webhooks",
        promise: "Add a webhook to be told of every change as it happens",
        unit: "deliveries",
    },
    Row {
        integration: Integration::Files,
        name: "files",
        title: "Export and import",
        promise: "Import a calendar file to begin with what you have",
        unit: "files",
    },
];

impl Integration {
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::Files; TABLE.len()];
        let mut index = 0;
        while index < TABLE.len() {
            all[index] = TABLE[index].integration;
            index += 1;
        }
        all
    };

    /// Those that have a health; files come and go without one.
    pub fn with_health() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|integration| *integration != Self::Files)
    }

    const fn row(self) -> &'static Row {
        let index = match self {
            Self::Calendars(Calendars::Google) => 0,
            Self::Calendars(Calendars::Microsoft) => 1,
            Self::Reported(Connector::Comarch) => 2,
            Self::Reported(Connector::Edi) => 3,
            Self::ApiKeys => 4,
            Self::Webhooks => 5,
            Self::Files => 6,
        };
        &TABLE[index]
    }

    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub const fn title(self) -> &'static str {
        self.row().title
    }

    pub const fn promise(self) -> &'static str {
        self.row().promise
    }

    pub const fn unit(self) -> &'static str {
        self.row().unit
    }

    pub const fn calendars_of(provider: Provider) -> Self {
        Self::Calendars(match provider {
            Provider::Google => Calendars::Google,
            Provider::Microsoft => Calendars::Microsoft,
        })
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no integration {0:?}")]
pub struct UnknownIntegration(pub String);

impl FromStr for Integration {
    type Err = UnknownIntegration;

    fn from_str(name: &str) -> Result<Self, UnknownIntegration> {
        Self::ALL
            .into_iter()
            .find(|integration| integration.name() == name)
            .ok_or_else(|| UnknownIntegration(name.into()))
    }
}

impl TryFrom<String> for Integration {
    type Error = UnknownIntegration;

    fn try_from(name: String) -> Result<Self, UnknownIntegration> {
        name.parse()
    }
}

impl From<Integration> for &'static str {
    fn from(integration: Integration) -> Self {
        integration.name()
    }
}

impl JsonSchema for Integration {
    fn schema_name() -> Cow<'static, str> {
        "IntegrationType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Self::ALL.map(Self::name);
        json_schema!({ "type": "string", "enum": names })
    }
}

/// Which four stand first on the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// People's calendars, keys and webhooks.
    #[default]
    Calendars,
    /// Invoices, orders, keys and webhooks.
    Business,
}

impl Pinned {
    pub const ALL: [Self; 2] = [Self::Calendars, Self::Business];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Calendars => "calendars",
            Self::Business => "business",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Calendars => "Calendars first",
            Self::Business => "Invoices and orders first",
        }
    }

    pub const fn cards(self) -> [Integration; 4] {
        let (first, second) = match self {
            Self::Calendars => (
                Integration::Calendars(Calendars::Google),
                Integration::Calendars(Calendars::Microsoft),
            ),
            Self::Business => (
                Integration::Reported(Connector::Comarch),
                Integration::Reported(Connector::Edi),
            ),
        };
        [first, second, Integration::ApiKeys, Integration::Webhooks]
    }

    /// What is not pinned stands behind.
    pub fn others(self) -> impl Iterator<Item = Integration> {
        let pinned = self.cards();
        Integration::with_health().filter(move |integration| !pinned.contains(integration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_integration_stands_where_its_row_is() {
        for (index, integration) in Integration::ALL.into_iter().enumerate() {
            assert_eq!(integration.name(), TABLE[index].name);
            assert_eq!(integration.name().parse(), Ok(integration));
        }
        assert!("outlook".parse::<Integration>().is_err());
    }

    #[test]
    fn whichever_four_are_pinned_the_others_are_there_too() {
        for pinned in Pinned::ALL {
            let mut all: Vec<_> = pinned.cards().into_iter().chain(pinned.others()).collect();
            all.sort_unstable();
            assert_eq!(all, Integration::with_health().collect::<Vec<_>>());
        }
    }
}
