//! What happened with integrations: rows that open, and the log as a whole.

use domain::integration::{EventStatus, Integration};
use maud::{Markup, html};

use super::integrations::{grouped, logo};
use crate::components::{
    Csrf, FieldError, Look, Meaning, Moment, Select, absolute, action, badge, error_summary, exact,
    labelled, link, note, post, relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes::{self, url_encoded};

/// One event.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub id: String,
    pub at: Moment,
    pub integration: Integration,
    pub event_type: String,
    pub status: EventStatus,
    pub message: String,
    pub error: Option<String>,
    pub account: Option<String>,
    pub correlation_id: String,
    pub retry_count: u32,
    /// As they were kept, laid out to be read.
    pub request_body: Option<String>,
    pub response_body: Option<String>,
    pub can_retry: bool,
}

const fn meaning(status: EventStatus) -> (Meaning, &'static str) {
    match status {
        EventStatus::Success => (Meaning::Ok, "Success"),
        EventStatus::Warning => (Meaning::Warning, "Warning"),
        EventStatus::Error => (Meaning::Error, "Error"),
    }
}

/// What happened lately, as rows that open. What is pressed leads back `here`.
pub(super) fn feed(csrf: &Csrf, events: &[EventRow], may_manage: bool, here: &str) -> Markup {
    rows(csrf, events, may_manage, here, relative)
}

/// New ones are told of by the script.
fn rows(
    csrf: &Csrf,
    events: &[EventRow],
    may_manage: bool,
    here: &str,
    when: fn(&Moment) -> Markup,
) -> Markup {
    html! {
        ul #events .items.events data-news="event" {
            @for event in events { (event.render(csrf, may_manage, here, when)) }
        }
    }
}

impl EventRow {
    fn render(
        &self,
        csrf: &Csrf,
        may_manage: bool,
        here: &str,
        when: fn(&Moment) -> Markup,
    ) -> Markup {
        let (meaning, word) = meaning(self.status);
        html! {
            li #{ "event-" (self.id) } {
                details #{ "event-" (self.id) "-details" } {
                    summary #{ "event-" (self.id) "-summary" } {
                        span.provider.small { (icon(logo(self.integration))) }
                        span.event-words {
                            strong { (self.integration.title()) }
                            " " (badge(meaning, word)) " "
                            span.quiet { (when(&self.at)) }
                            br;
                            (self.message)
                        }
                    }
                    (self.details(csrf, may_manage, here))
                }
            }
        }
    }

    fn details(&self, csrf: &Csrf, may_manage: bool, here: &str) -> Markup {
        html! {
            dl.facts.small {
                div { dt { "When" } dd { (absolute(&self.at)) } }
                div { dt { "What" } dd { code { (self.event_type) } } }
                @if let Some(error) = &self.error { div { dt { "Error" } dd { (error) } } }
                @if let Some(account) = &self.account { div { dt { "Account" } dd { (account) } } }
                @if self.status == EventStatus::Error || self.retry_count > 0 {
                    div { dt { "Retries" } dd { (self.retry_count) } }
                }
                div {
                    dt { "Same cause" }
                    dd { (link(&format!("event-{}-cause", self.id), &routes::integration_cause(&self.correlation_id), html! { code { (self.correlation_id) } })) }
                }
            }
            (body(&self.id, "request", "Request body", self.request_body.as_deref()))
            (body(&self.id, "response", "Response body", self.response_body.as_deref()))
            @if self.can_retry && may_manage {
                (post(csrf, &routes::integration_event_retry(&self.id), "actions", html! {
                    input type="hidden" name="next" value=(here);
                    (submit(&format!("event-{}-retry", self.id), Look::Plain, labelled(Icon::Sync, "Retry now"), "Retrying"))
                }))
            }
        }
    }
}

fn body(id: &str, part: &str, title: &str, text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text {
            p.quiet #{ "event-" (id) "-" (part) } { (title) }
            pre tabindex="0" role="region" aria-labelledby={ "event-" (id) "-" (part) } { code { (text) } }
        }
    }
}

#[derive(Clone, Debug)]
pub struct IntegrationLogPage {
    pub frame: Frame,
    pub filter: LogFilter,
    /// What was asked for and cannot be, so that nothing is filtered by it.
    pub errors: Vec<FieldError>,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Where those that are shown begin, if not with the newest.
    pub from: Option<String>,
    /// Where older events begin.
    pub next: Option<String>,
    /// How many go into one file.
    pub exported_max: u32,
    /// How many are looked through for them.
    pub looked_through_max: u32,
    pub may_manage: bool,
}

/// What is asked for, each empty where it is not.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    pub status: String,
    pub integration_type: String,
    pub date_range: String,
    pub correlation_id: String,
}

const RANGES: [(&str, &str); 5] = [
    ("", "All that is kept"),
    ("1h", "The last hour"),
    ("24h", "24 hours"),
    ("7d", "7 days"),
    ("30d", "30 days"),
];

impl LogFilter {
    fn is_empty(&self) -> bool {
        [
            &self.status,
            &self.integration_type,
            &self.date_range,
            &self.correlation_id,
        ]
        .iter()
        .all(|part| part.is_empty())
    }

    fn address(&self, path: &str, cursor: &str) -> String {
        let Self {
            status,
            integration_type,
            date_range,
            correlation_id,
        } = self;
        let correlation_id = url_encoded(correlation_id);
        format!(
            "{path}?status={status}&integration_type={integration_type}&date_range={date_range}\
             &correlation_id={correlation_id}&cursor={cursor}"
        )
    }
}

impl IntegrationLogPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Integration logs", Section::IntegrationLogs);
        let content = html! {
            div.stack {
                (error_summary(&self.errors))
                (self.filters())
                @if self.events.is_empty() { (self.empty()) }
                @else {
                    section.panel aria-label="Integration events" { (rows(&self.frame.csrf, &self.events, self.may_manage, &self.here(), exact)) }
                }
                @if !self.events.is_empty() || self.next.is_some() || self.from.is_some() { (self.more()) }
                p.quiet { "Syncs that found nothing new are counted on the dashboard, and not listed here." }
            }
        };
        page(&self.frame, &head, content)
    }

    fn filters(&self) -> Markup {
        let mut statuses = vec![("", "Any status")];
        statuses.extend(EventStatus::ALL.map(|status| (status.name(), meaning(status).1)));
        let mut integrations = vec![("", "All integrations")];
        integrations.extend(Integration::ALL.map(|one| (one.name(), one.title())));
        let filter = &self.filter;
        html! {
            form #filter .toolbar method="get" action=(routes::INTEGRATION_LOGS) {
                (Select::new("status", "Status", &statuses, &filter.status))
                (Select::new("integration_type", "Integration", &integrations, &filter.integration_type))
                (Select::new("date_range", "Time", &RANGES, &filter.date_range))
                @if !filter.correlation_id.is_empty() {
                    input type="hidden" name="correlation_id" value=(filter.correlation_id);
                }
                div.actions {
                    (submit("show", Look::Plain, "Show", "Looking"))
                    @if !filter.is_empty() {
                        (action("clear", routes::INTEGRATION_LOGS, Look::Quiet, "Clear filters"))
                    }
                }
            }
            @if !filter.correlation_id.is_empty() {
                (note(Meaning::Notice, html! { p { "Only what has the same cause: " code { (filter.correlation_id) } } }))
            }
        }
    }

    fn here(&self) -> String {
        let from = self.from.as_deref().unwrap_or_default();
        self.filter.address(routes::INTEGRATION_LOGS, from)
    }

    fn more(&self) -> Markup {
        let file = self.filter.address(routes::INTEGRATION_LOGS_FILE, "");
        html! {
            div.actions {
                @if self.from.is_some() {
                    (action("newest", &self.filter.address(routes::INTEGRATION_LOGS, ""), Look::Plain, "Newest"))
                }
                @if let Some(next) = &self.next {
                    (action("older", &self.filter.address(routes::INTEGRATION_LOGS, next), Look::Plain, "Older"))
                }
                (action("export", &file, Look::Quiet, labelled(Icon::Download, "Export CSV")))
                span.quiet { "The newest " (grouped(self.exported_max)) ", as filtered, of the newest " (grouped(self.looked_through_max)) "." }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                (icon(Icon::Facts))
                @if self.filter.is_empty() && self.from.is_none() {
                    h2 { "Nothing has happened yet" }
                    p { "What syncs, connectors and deliveries do is kept here for 30 days." }
                } @else if self.next.is_some() {
                    h2 { "Nothing matches so far" }
                    p { "The events that were looked through have none of it. Older ones may." }
                } @else {
                    h2 { "Nothing matches the filter" }
                    div.actions { (action("clear-empty", routes::INTEGRATION_LOGS, Look::Plain, "Clear filters")) }
                }
            }
        }
    }
}
