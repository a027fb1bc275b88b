//! One integration: how it goes with it, and what there is to do.

use domain::{
    connection::Standing,
    integration::{Badge, Connector, Integration},
};
use maud::{Markup, html};

use super::{
    integration_events::{EventRow, feed},
    integrations::IntegrationCard,
};
use crate::components::{
    Confirm, Look, Meaning, Moment, action, back, badge, labelled, link, note, opens, relative,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct IntegrationPage {
    pub frame: Frame,
    pub card: IntegrationCard,
    pub setup: SetupView,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Where older events are to be looked for, if there are any.
    pub older: Option<String>,
    pub may_manage: bool,
}

#[derive(Clone, Debug)]
pub enum SetupView {
    Calendars {
        connections: Vec<ConnectionLine>,
        /// Not all of them are shown.
        has_more: bool,
    },
    /// Where reports go.
    Reported { address: String },
}

/// Somebody's connection, as operators see it.
#[derive(Clone, Debug)]
pub struct ConnectionLine {
    pub id: String,
    pub account: String,
    /// `None`: it is being disconnected.
    pub standing: Option<Standing>,
    pub last_sync_at: Option<Moment>,
    pub last_failure: Option<String>,
    /// Items that wait for their next try, and those that wait for somebody to retry them.
    pub retrying: u32,
    pub dead: u32,
}

impl IntegrationPage {
    pub fn render(&self) -> Markup {
        let integration = self.card.integration;
        let head = Head {
            back: Some(back("back", routes::INTEGRATIONS_DASHBOARD, "Dashboard")),
            ..Head::new(integration.title(), Section::Integration(integration))
        };
        let content = html! {
            div.columns {
                div.stack {
                    @match &self.setup {
                        SetupView::Calendars { connections, has_more } => {
                            (Self::connections(connections, *has_more))
                            (self.activity())
                        }
                        SetupView::Reported { address } if self.card.is_configured => {
                            (self.activity())
                            (self.reported(address))
                        }
                        SetupView::Reported { address } => {
                            (self.reported(address))
                            (self.activity())
                        }
                    }
                }
                aside {
                    section.panel aria-labelledby="health-title" {
                        h2 #health-title { "Health" }
                        div.badges { (self.card.badge()) }
                        @if self.card.is_configured {
                            (self.card.details())
                            @if let Some(words) = self.remedy() { p { (words) } }
                        }
                        @else { p { (integration.promise()) } }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn activity(&self) -> Markup {
        let all = format!(
            "{}?integration_type={}",
            routes::INTEGRATION_LOGS,
            self.card.integration
        );
        html! {
            section.panel aria-labelledby="events-title" {
                h2 #events-title { "Recent activity" }
                @if self.events.is_empty() {
                    @match &self.older {
                        None => p.quiet { "Nothing has happened in the last 30 days." },
                        Some(older) => {
                            p.quiet { "The newest events of all integrations have none of it." }
                            @let address = format!("{all}&cursor={older}");
                            div.actions { (action("look-further", &address, Look::Plain, "Look further back")) }
                        }
                    }
                }
                @else {
                    (feed(&self.frame.csrf, &self.events, self.may_manage, &routes::integration_page(self.card.integration)))
                    p { (link("all-events", &all, "All of its events")) }
                }
            }
        }
    }

    /// What somebody can do about it.
    fn remedy(&self) -> Option<String> {
        let name = self.card.integration.title();
        match (&self.setup, self.card.badge) {
            (SetupView::Reported { .. }, Badge::Error) => Some(format!(
                "Mend it where {name} runs: the next success that it reports clears this."
            )),
            (SetupView::Reported { .. }, Badge::Warning) => {
                Some("A warning stays until nine of ten reports of a day are good.".to_owned())
            }
            (SetupView::Reported { .. }, Badge::Off) => Some(format!(
                "Look whether {name} runs: its next report connects it again."
            )),
            (SetupView::Calendars { .. } | SetupView::Reported { .. }, _) => None,
        }
    }

    fn connections(connections: &[ConnectionLine], has_more: bool) -> Markup {
        html! {
            section.panel aria-labelledby="connections-title" {
                h2 #connections-title { "Connected accounts" }
                @if connections.is_empty() {
                    p { "Everybody connects their own calendar." }
                    div.actions { (action("connect", routes::CONNECTIONS, Look::Primary, labelled(Icon::Plus, "Connect yours"))) }
                } @else {
                    ul.items { @for line in connections { (line.render()) } }
                    @if has_more { p.quiet { "Those that need somebody stand first; not all of the others are shown." } }
                }
            }
        }
    }

    fn reported(&self, address: &str) -> Markup {
        let name = self.card.integration.title();
        let sample = if self.card.integration == Integration::Reported(Connector::Edi) {
            r#""event_type":"order.received","message":"Order 4711""#
        } else {
            r#""event_type":"invoice.sent","message":"Invoice 2027/03/17""#
        };
        html! {
            section.panel aria-labelledby="setup-title" {
                h2 #setup-title { "Setup" }
                p { (name) " runs outside of Kalends and tells how its transfers go. To set it up:" }
                ol.plain {
                    li {
                        "1. "
                        @if self.may_manage { (link("to-keys", routes::API_KEYS, "Make an API key")) }
                        @else { "Let an administrator make an API key" }
                        " with the scope " code { "integrations.report" } "."
                    }
                    li { "2. After each transfer, let the connector send:" }
                }
                pre tabindex="0" role="region" aria-label="Example of a report" { code {
                    "curl -X POST " (address) " \\\n  -H 'Authorization: Bearer kalends_…' \\\n  -H 'Content-Type: application/json' \\\n  \
                     -d '{\"status\":\"success\"," (sample) "}'"
                } }
                p.quiet { code { "status" } " is success, warning or error. The card is there from the first report on." }
                @if self.card.is_configured && self.may_manage {
                    @let confirm = Self::forget(self.card.integration);
                    div.actions {
                        (opens("forget-open", &routes::integration_forget(self.card.integration), &confirm.id, Look::Plain, labelled(Icon::Off, "Forget…")))
                    }
                    (confirm.dialog(&self.frame.csrf))
                }
            }
        }
    }

    /// The question behind "Forget", for the dialog and for its own page.
    pub fn forget(integration: Integration) -> Confirm {
        Confirm {
            id: "forget".to_owned(),
            question: format!("Forget {}?", integration.title()),
            consequences: vec![
                "Its card says that it is not configured. What it reported stays in the log."
                    .to_owned(),
                "Its next report sets it up again: revoke its API key if it should not.".to_owned(),
            ],
            extras: Vec::new(),
            action: routes::integration_forget(integration),
            hidden: Vec::new(),
            yes: "Forget",
            busy: "Forgetting",
            back: routes::integration_page(integration),
        }
    }
}

impl ConnectionLine {
    pub(super) fn render(&self) -> Markup {
        html! {
            li #{ "connection-" (self.id) } {
                p { strong { (self.account) } }
                div.badges {
                    (standing(self.standing))
                    @if self.dead > 0 { (badge(Meaning::Error, &items(self.dead, "set aside"))) }
                    @if self.retrying > 0 { (badge(Meaning::Warning, &items(self.retrying, "failing"))) }
                }
                @if let Some(words) = &self.last_failure { (note(Meaning::Error, html! { p { (words) } })) }
                p.quiet {
                    @match &self.last_sync_at {
                        Some(at) => { (icon(Icon::Clock)) " Last sync " (relative(at)) }
                        None => { "Not synced yet" }
                    }
                }
            }
        }
    }
}

fn items(count: u32, how: &str) -> String {
    match count {
        1 => format!("1 item {how}"),
        many => format!("{many} items {how}"),
    }
}

fn standing(standing: Option<Standing>) -> Markup {
    match standing {
        Some(Standing::Connected) => badge(Meaning::Ok, "Connected"),
        Some(Standing::Pending) => badge(Meaning::Notice, "First sync"),
        Some(Standing::Failing) => badge(Meaning::Error, "Sync failing"),
        Some(Standing::NeedsReauth) => badge(Meaning::Warning, "Its owner has to reconnect it"),
        Some(Standing::Paused) => badge(Meaning::Off, "Paused"),
        None => badge(Meaning::Off, "Disconnecting"),
    }
}
