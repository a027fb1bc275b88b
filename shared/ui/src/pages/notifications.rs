//! What waits for the member, with what they can choose.

use domain::{connection::Provider, permission::Permission};
use maud::{Markup, html};

use super::{
    conflicts::fields,
    connection::HeldChanges,
    connections::{logo, product},
};
use crate::components::{Csrf, Look, Moment, action, labelled, post, relative, submit, submit_as};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, counted, page};
use crate::routes::{self, Action};

#[derive(Clone, Debug)]
pub struct NotificationsPage {
    pub frame: Frame,
    /// Newest first.
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct Row {
    /// Another's as soon as something else waits.
    pub id: String,
    pub since: Moment,
    pub about: About,
}

#[derive(Clone, Debug)]
pub enum About {
    Conflict {
        id: String,
        version: u64,
        title: String,
        /// "title and time"
        what: String,
        /// "Work, ada@example.com"
        calendar: String,
        may_decide: bool,
    },
    Reauth {
        connection: String,
        provider: Provider,
        account: String,
        /// What happened, and what to do.
        words: String,
    },
    Held {
        connection: String,
        changes: HeldChanges,
    },
    Items {
        connection: String,
        account: String,
        count: usize,
        /// Title and reason of the first.
        first: Vec<(String, String)>,
    },
}

impl NotificationsPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Notifications", Section::Notifications);
        let content = html! {
            div #notifications hx-get=(routes::NOTIFICATIONS) hx-select="#notifications" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                @if self.rows.is_empty() { (self.empty()) }
                @else {
                    section.panel aria-label="What waits for you" {
                        ul.items { @for row in &self.rows { (row.render(&self.frame.csrf)) } }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn empty(&self) -> Markup {
        let sees_all = self.frame.permissions.has(Permission::IntegrationsRead);
        html! {
            div.empty {
                (icon(Icon::Check))
                h2 { "Nothing waits for you" }
                p { "Conflicts, lost access, unusually many deletions, and events that could not be synced are told here, until you decide." }
                @if sees_all { p { "This is about your own calendars. How it goes with everybody's stands on the dashboard." } }
                div.actions {
                    (action("to-schedule", routes::SCHEDULE, Look::Plain, "Go to the schedule"))
                    @if sees_all { (action("to-dashboard", routes::INTEGRATIONS_DASHBOARD, Look::Plain, "Open the dashboard")) }
                }
            }
        }
    }
}

/// Beside the menu's entry: how many there are, and which, so that a new one is told wherever the member looks.
pub fn count(ids: &[String]) -> Markup {
    html! {
        @if !ids.is_empty() {
            span.now { (counted(ids.len())) span.heard { " waiting" } }
            ul hidden data-news="notification" { @for id in ids { li #{ "news-" (id) } {} } }
        }
    }
}

/// The place of the count, which fills itself: no page has to wait for it.
pub(crate) fn count_place() -> Markup {
    html! {
        span #notifications-count hx-get=(routes::NOTIFICATIONS_COUNT) hx-trigger="load, app:looked from:body" hx-swap="innerMorph" {}
    }
}

fn named(title: &str) -> &str {
    if title.is_empty() {
        "(no title)"
    } else {
        title
    }
}

impl Row {
    fn render(&self, csrf: &Csrf) -> Markup {
        html! {
            li #(self.id) {
                p { (icon(self.about.glyph())) " " strong { (self.about.title()) } }
                (self.about.words())
                p.quiet { (relative(&self.since)) }
                div.actions { (self.choices(csrf)) }
            }
        }
    }

    fn choices(&self, csrf: &Csrf) -> Markup {
        let id = |choice: &str| format!("{}-{choice}", self.id);
        match &self.about {
            About::Conflict {
                id: conflict,
                version,
                may_decide,
                ..
            } => {
                let path = routes::conflict(conflict);
                html! {
                    (action(&id("compare"), &path, Look::Primary, "Compare and decide"))
                    @if *may_decide {
                        (post(csrf, &path, "actions", html! {
                            input type="hidden" name=(fields::VERSION) value=(version);
                            (submit_as(&id("local"), Look::Plain, (fields::KEEP, "local"), "Keep all of here"))
                            (submit_as(&id("external"), Look::Plain, (fields::KEEP, "external"), "Keep all of the calendar"))
                        }))
                    }
                }
            }
            About::Reauth { connection, .. } => html! {
                (post(csrf, &routes::connection_action(connection, Action::Reconnect), "",
                    submit(&id("reconnect"), Look::Primary, labelled(Icon::Connections, "Reconnect"), "Reconnecting")))
                (action(&id("disconnect"), &routes::connection_disconnect(connection), Look::Plain, "Disconnect…"))
            },
            About::Held {
                connection,
                changes,
            } => changes.choices(connection, csrf),
            About::Items { connection, .. } => html! {
                (post(csrf, &routes::connection_retry_all(connection), "",
                    submit(&id("retry"), Look::Primary, labelled(Icon::Sync, "Retry all"), "Retrying")))
                (action(&id("look"), &format!("{}#attention", routes::connection(connection)), Look::Plain, "Look at each"))
            },
        }
    }
}

impl About {
    fn glyph(&self) -> Icon {
        match self {
            Self::Conflict { .. } => Icon::Exchange,
            Self::Reauth { provider, .. } => logo(*provider),
            Self::Held { .. } => Icon::Pause,
            Self::Items { .. } => Icon::Error,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Conflict { title, .. } => {
                format!("“{}” was changed on both sides", named(title))
            }
            Self::Reauth {
                provider, account, ..
            } => {
                format!("{} of {account} has stopped syncing", product(*provider))
            }
            Self::Held { changes, .. } => changes.what.clone(),
            Self::Items { account, count, .. } => match count {
                1 => format!("1 item of {account} does not sync"),
                count => format!("{count} items of {account} do not sync"),
            },
        }
    }

    fn words(&self) -> Markup {
        match self {
            Self::Conflict { what, calendar, .. } => {
                html! { p { "Here and in " (calendar) " it differs in " (what) ". Both versions are kept until you decide." } }
            }
            Self::Reauth { words, .. } => html! { p { (words) } },
            Self::Held { changes, .. } => html! {
                p { "That is unusually many at once, so nothing was done about them yet. Everything else syncs on." }
                @if !changes.sample.is_empty() {
                    details {
                        summary #{ "sample-" (changes.id) } { "Which" }
                        ul { @for (title, what) in &changes.sample { li { (named(title)) ": would " (what) } } }
                        @if changes.more > 0 { p { "and " (changes.more) " more" } }
                    }
                }
            },
            Self::Items { first, count, .. } => html! {
                ul { @for (title, why) in first { li { (named(title)) ": " (why) } } }
                @if *count > first.len() { p.quiet { "and " (count - first.len()) " more" } }
            },
        }
    }
}
