//! One thing that a webhook was told, as a row that opens.

use maud::{Markup, html};

use super::WebhookRow;
use crate::components::{
    Csrf, Look, Meaning, Moment, absolute, badge, exact, labelled, post, submit,
};
use crate::icons::Icon;
use crate::routes;

#[derive(Clone, Debug)]
pub struct DeliveryRow {
    pub id: String,
    pub event: String,
    pub look: DeliveryLook,
    pub created: Moment,
    pub attempts: u32,
    pub next: Option<Moment>,
    /// What came of the last try: `answered 500`.
    pub outcome: Option<String>,
    /// As they were kept, laid out to be read.
    pub request_body: String,
    pub response_body: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryLook {
    Queued,
    Retrying,
    Arrived,
    Dead,
}

impl DeliveryLook {
    const fn meaning(self) -> (Meaning, &'static str) {
        match self {
            Self::Queued => (Meaning::Notice, "On its way"),
            Self::Retrying => (Meaning::Warning, "Retrying"),
            Self::Arrived => (Meaning::Ok, "Arrived"),
            Self::Dead => (Meaning::Error, "Set aside"),
        }
    }
}

impl DeliveryRow {
    pub(super) fn render(&self, csrf: &Csrf, webhook: &WebhookRow, may_manage: bool) -> Markup {
        let (meaning, word) = self.look.meaning();
        let can_retry = self.look == DeliveryLook::Dead && webhook.is_active();
        html! {
            li {
                details #{ (self.id) "-details" } {
                    summary #{ (self.id) "-summary" } {
                        span.event-words {
                            strong { (self.event) }
                            " " (badge(meaning, word)) " "
                            span.quiet { (exact(&self.created)) }
                        }
                    }
                    (self.facts(webhook.is_active()))
                    (self.body("request", "What is sent", Some(&self.request_body)))
                    (self.body("response", "What was answered", self.response_body.as_deref()))
                    @if can_retry && may_manage {
                        (post(csrf, &routes::delivery_retry(&webhook.id, &self.id), "actions", html! {
                            (submit(&format!("{}-retry", self.id), Look::Plain, labelled(Icon::Sync, "Retry now"), "Retrying"))
                        }))
                    }
                }
            }
        }
    }

    fn facts(&self, is_active: bool) -> Markup {
        html! {
            dl.facts.small {
                div { dt { "When" } dd { (absolute(&self.created)) } }
                div { dt { "Id" } dd { code { (self.id) } } }
                div { dt { "Attempts" } dd { (self.attempts) } }
                @if let Some(outcome) = &self.outcome { div { dt { "Last attempt" } dd { "The webhook " (outcome) "." } } }
                @match &self.next {
                    Some(next) if is_active => div { dt { "Next attempt" } dd { (absolute(next)) } },
                    Some(next) => div { dt { "Next attempt" } dd { (absolute(next)) ", if the webhook is enabled by then" } },
                    None => {},
                }
                @if self.look == DeliveryLook::Dead && !is_active { div { dt { "Next attempt" } dd { "Enable the webhook, then retry it." } } }
            }
        }
    }

    fn body(&self, part: &str, title: &str, text: Option<&str>) -> Markup {
        let id = format!("{}-{part}", self.id);
        html! {
            @if let Some(text) = text {
                p.quiet #(id) { (title) }
                pre tabindex="0" role="region" aria-labelledby=(id) { code { (text) } }
            }
        }
    }
}
