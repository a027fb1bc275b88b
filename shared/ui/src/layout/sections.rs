//! The sections of the sidebar, in groups.

use domain::{
    integration::{Calendars, Connector, Integration},
    permission::Permission,
};

use crate::icons::Icon;
use crate::routes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Schedule,
    Notifications,
    Conflicts,
    Connections,
    Dashboard,
    Integration(Integration),
    Suppliers,
    IntegrationLogs,
    ErrorQueue,
    Export,
    Import,
    Members,
    Audit,
    Organization,
}

/// Sections that belong together; the first need no words.
pub(super) const GROUPS: [(Option<&str>, &[Section]); 6] = [
    (
        None,
        &[
            Section::Schedule,
            Section::Notifications,
            Section::Conflicts,
            Section::Connections,
        ],
    ),
    (
        Some("Integrations"),
        &[
            Section::Dashboard,
            Section::Integration(Integration::Calendars(Calendars::Google)),
            Section::Integration(Integration::Calendars(Calendars::Microsoft)),
            Section::Integration(Integration::Reported(Connector::Comarch)),
            Section::Integration(Integration::Reported(Connector::Edi)),
            Section::API_KEYS,
            Section::WEBHOOKS,
        ],
    ),
    (Some("Portals"), &[Section::Suppliers]),
    (Some("Data operations"), &[Section::Export, Section::Import]),
    (
        Some("Logs & monitoring"),
        &[Section::IntegrationLogs, Section::ErrorQueue],
    ),
    (
        Some("Organisation"),
        &[Section::Organization, Section::Members, Section::Audit],
    ),
];

/// How a section stands in the menu.
pub(super) struct Entry {
    pub(super) id: &'static str,
    pub(super) href: String,
    pub(super) glyph: Icon,
    pub(super) words: &'static str,
}

impl Section {
    /// The keys of the organisation's programs.
    pub const API_KEYS: Self = Self::Integration(Integration::ApiKeys);
    /// What they are told.
    pub const WEBHOOKS: Self = Self::Integration(Integration::Webhooks);

    /// Who is led there. Others would only be told that they may not.
    pub(super) const fn needs(self) -> Option<Permission> {
        match self {
            Self::Schedule
            | Self::Notifications
            | Self::Conflicts
            | Self::Connections
            | Self::Export
            | Self::Organization => None,
            Self::Import => Some(Permission::ScheduleWrite),
            Self::Dashboard
            | Self::Integration(_)
            | Self::Suppliers
            | Self::IntegrationLogs
            | Self::ErrorQueue => Some(Permission::IntegrationsRead),
            Self::Members => Some(Permission::TeamManage),
            Self::Audit => Some(Permission::OpsAdmin),
        }
    }

    pub(super) fn entry(self) -> Entry {
        let entry = |id, href: &str, glyph, words| Entry {
            id,
            href: href.to_owned(),
            glyph,
            words,
        };
        match self {
            Self::Schedule => entry("nav-schedule", routes::SCHEDULE, Icon::Calendar, "Schedule"),
            Self::Notifications => entry(
                "nav-notifications",
                routes::NOTIFICATIONS,
                Icon::Bell,
                "Notifications",
            ),
            Self::Conflicts => entry("nav-conflicts", routes::CONFLICTS, Icon::Alert, "Conflicts"),
            Self::Connections => entry(
                "nav-connections",
                routes::CONNECTIONS,
                Icon::Connections,
                "Connections",
            ),
            Self::Dashboard => entry(
                "nav-dashboard",
                routes::INTEGRATIONS_DASHBOARD,
                Icon::Dashboard,
                "Dashboard",
            ),
            Self::Integration(integration) => of_integration(integration),
            Self::Suppliers => entry(
                "nav-suppliers",
                routes::SUPPLIER_PORTAL,
                Icon::Members,
                "Supplier",
            ),
            Self::IntegrationLogs => entry(
                "nav-integration-logs",
                routes::INTEGRATION_LOGS,
                Icon::List,
                "Integration logs",
            ),
            Self::ErrorQueue => entry(
                "nav-error-queue",
                routes::ERROR_QUEUE,
                Icon::Inbox,
                "Error queue",
            ),
            Self::Export => entry("nav-export", routes::EXPORT, Icon::Download, "Export"),
            Self::Import => entry("nav-import", routes::IMPORT, Icon::Upload, "Import"),
            Self::Members => entry("nav-members", routes::MEMBERS, Icon::Members, "Members"),
            Self::Audit => entry("nav-audit", routes::AUDIT, Icon::Facts, "Audit log"),
            Self::Organization => entry(
                "nav-organization",
                routes::ORGANIZATION,
                Icon::Settings,
                "Organisation",
            ),
        }
    }
}

fn of_integration(integration: Integration) -> Entry {
    let (id, glyph, words) = match integration {
        Integration::Calendars(Calendars::Google) => {
            ("nav-google", Icon::Google, "Google Calendar")
        }
        Integration::Calendars(Calendars::Microsoft) => {
            ("nav-microsoft", Icon::Microsoft, "Microsoft 365")
        }
        Integration::Reported(Connector::Comarch) => {
            ("nav-comarch", Icon::Document, "Comarch Optima")
        }
        Integration::Reported(Connector::Edi) => ("nav-edi", Icon::Exchange, "EDI setup"),
        Integration::ApiKeys => ("nav-api-keys", Icon::Private, "API keys"),
        Integration::Webhooks => ("nav-webhooks", Icon::Webhook, "Webhooks"),
        Integration::Files => ("nav-files", Icon::Document, "Export and import"),
    };
    Entry {
        id,
        href: routes::integration(integration),
        glyph,
        words,
    }
}
