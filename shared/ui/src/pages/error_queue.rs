//! Items of all connections that wait: for their next try, or for somebody to retry them; and where deliveries wait.

use domain::integration::Integration;
use maud::{Markup, html};

use super::integrations::{grouped, logo};
use crate::components::{
    FieldError, Look, Meaning, Moment, Select, action, back, badge, error_summary, labelled, link,
    note, post, relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes::{self, url_encoded};

#[derive(Clone, Debug)]
pub struct ErrorQueuePage {
    pub frame: Frame,
    pub filter: QueueFilter,
    /// What the filter asked for that there is not.
    pub errors: Vec<FieldError>,
    pub items: Vec<QueueRow>,
    pub deliveries: Vec<DeliveriesRow>,
    /// Where those that are shown begin, if not with the first.
    pub from: Option<String>,
    /// Where further items begin.
    pub next: Option<String>,
    pub may_manage: bool,
}

/// What is asked for, each empty where it is not.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    pub state: String,
    pub integration_type: String,
}

#[derive(Clone, Debug)]
pub struct QueueRow {
    pub id: String,
    pub connection: String,
    pub integration: Integration,
    pub is_dead: bool,
    pub account: String,
    pub error: String,
    pub attempts: u32,
    pub last_seen_at: Moment,
    pub next_try_at: Option<Moment>,
}

/// Deliveries to one webhook that wait. They are retried there.
#[derive(Clone, Debug)]
pub struct DeliveriesRow {
    pub webhook: String,
    pub url: String,
    pub retrying: u32,
    pub dead: u32,
}

impl DeliveriesRow {
    fn render(&self) -> Markup {
        let count = |many: u32, one: &str, more: &str| match many {
            1 => format!("1 {one}"),
            many => format!("{} {more}", grouped(many)),
        };
        html! {
            li {
                p {
                    span.provider.small { (icon(logo(Integration::Webhooks))) }
                    strong { "Webhooks" } " · " (link(&format!("{}-open", self.webhook), &routes::webhook(&self.webhook), &self.url))
                }
                div.badges {
                    @if self.dead > 0 { (badge(Meaning::Error, &count(self.dead, "dead letter", "dead letters"))) }
                    @if self.retrying > 0 {
                        (badge(Meaning::Warning, &count(self.retrying, "delivery waits for its next try", "deliveries wait for their next try")))
                    }
                }
            }
        }
    }
}

const STATES: [(&str, &str); 3] = [
    ("", "Everything that waits"),
    ("retrying", "Pending retries"),
    ("dead_letter", "Dead letters"),
];

impl QueueFilter {
    fn is_empty(&self) -> bool {
        self.state.is_empty() && self.integration_type.is_empty()
    }

    fn query(&self) -> String {
        let Self {
            state,
            integration_type,
        } = self;
        format!("state={state}&integration_type={integration_type}")
    }

    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="state" value=(self.state);
            input type="hidden" name="integration_type" value=(self.integration_type);
        }
    }
}

impl ErrorQueuePage {
    pub fn render(&self) -> Markup {
        let retry_all = format!("{}?{}", routes::ERROR_QUEUE_RETRY, self.filter.query());
        let head = Head {
            actions: html! {
                @if self.may_manage && !self.items.is_empty() {
                    (action("retry-all", &retry_all, Look::Plain, labelled(Icon::Sync, "Retry all of these…")))
                }
            },
            ..Head::new("Error queue", Section::ErrorQueue)
        };
        let again = self.here();
        let content = html! {
            div.stack {
                (error_summary(&self.errors))
                (self.filters())
                div #queue hx-get=(again) hx-select="#queue" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                    @if self.items.is_empty() && self.deliveries.is_empty() { (self.empty()) }
                    @else {
                        section.panel aria-label="What waits" {
                            ul.items {
                                @for row in &self.deliveries { (row.render()) }
                                @for item in &self.items { (self.item(item)) }
                            }
                        }
                    }
                }
                @if self.from.is_some() || self.next.is_some() {
                    div.actions {
                        @if self.from.is_some() { (action("first", &self.at(None), Look::Plain, "First items")) }
                        @if let Some(next) = &self.next {
                            (action("further", &self.at(Some(next)), Look::Plain, "Further items"))
                        }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn here(&self) -> String {
        self.at(self.from.as_deref())
    }

    fn at(&self, cursor: Option<&str>) -> String {
        let cursor = cursor.map(|cursor| format!("&cursor={}", url_encoded(cursor)));
        let cursor = cursor.unwrap_or_default();
        format!("{}?{}{cursor}", routes::ERROR_QUEUE, self.filter.query())
    }

    fn filters(&self) -> Markup {
        let mut integrations = vec![("", "All integrations")];
        integrations.extend(
            Integration::ALL
                .into_iter()
                .filter(|one| matches!(one, Integration::Calendars(_) | Integration::Webhooks))
                .map(|one| (one.name(), one.title())),
        );
        html! {
            form #filter .toolbar method="get" action=(routes::ERROR_QUEUE) {
                (Select::new("state", "What waits", &STATES, &self.filter.state))
                (Select::new("integration_type", "Integration", &integrations, &self.filter.integration_type))
                (submit("show", Look::Plain, "Show", "Looking"))
            }
        }
    }

    fn item(&self, item: &QueueRow) -> Markup {
        html! {
            li #{ "item-" (item.id) } {
                p {
                    span.provider.small { (icon(logo(item.integration))) }
                    strong { (item.integration.title()) } " · " (item.account)
                }
                div.badges {
                    @if item.is_dead { (badge(Meaning::Error, "Dead letter")) }
                    @else { (badge(Meaning::Warning, "Waits for its next try")) }
                }
                p { (item.error) }
                p.quiet {
                    @match item.attempts {
                        0 => { "Being tried anew, failed last " },
                        1 => { "1 attempt, last " },
                        many => { (grouped(many)) " attempts, last " },
                    }
                    (relative(&item.last_seen_at))
                    @if let Some(next) = &item.next_try_at { " · next " (relative(next)) }
                }
                @if self.may_manage {
                    (post(&self.frame.csrf, &routes::error_queue_item_retry(&item.connection, &item.id), "actions", html! {
                        input type="hidden" name="next" value=(self.here());
                        (submit(&format!("item-{}-retry", item.id), Look::Plain, labelled(Icon::Sync, "Retry now"), "Retrying"))
                    }))
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                (icon(Icon::Check))
                @if self.filter.is_empty() && self.from.is_none() && self.next.is_none() {
                    h2 { "Nothing waits" }
                    p { "Events that a calendar fails to take stand here until they sync, and deliveries that a webhook fails to take until they arrive: first for their next try, in the end for somebody to retry them." }
                } @else if self.from.is_some() || self.next.is_some() {
                    h2 { "Nothing waits here" }
                    p { "Other parts of the list may have what the filter asks for." }
                } @else {
                    h2 { "Nothing matches the filter" }
                    div.actions { (action("clear", routes::ERROR_QUEUE, Look::Plain, "Clear filters")) }
                }
            }
        }
    }
}

/// Asks before everything is retried that a filter names.
#[derive(Clone, Debug)]
pub struct RetryPage {
    pub frame: Frame,
    pub filter: QueueFilter,
    pub items: usize,
    pub has_more: bool,
}

impl RetryPage {
    pub fn render(&self) -> Markup {
        let title = match self.items {
            0 => "Nothing to retry".to_owned(),
            1 => "Retry one item?".to_owned(),
            many => format!("Retry {many} items?"),
        };
        let queue = format!("{}?{}", routes::ERROR_QUEUE, self.filter.query());
        let head = Head {
            back: Some(back("back", &queue, "Error queue")),
            ..Head::new(&title, Section::ErrorQueue)
        };
        let content = html! {
            div.panel.narrow.stack {
                @if self.items == 0 {
                    p { "What waited has been tried meanwhile, or is tried with the next run of its connection." }
                }
                @else {
                    p { "Each gets all its attempts again, and their calendars are synced now." }
                    @if self.has_more {
                        (note(Meaning::Notice, html! { p { "There are more than can be retried at once. Come back for the rest." } }))
                    }
                    (post(&self.frame.csrf, routes::ERROR_QUEUE_RETRY, "actions end", html! {
                        (self.filter.hidden())
                        (action("cancel", &queue, Look::Plain, "Cancel"))
                        (submit("retry", Look::Primary, "Retry", "Retrying"))
                    }))
                }
            }
        };
        page(&self.frame, &head, content)
    }
}
