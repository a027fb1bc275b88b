//! The dashboard of integrations: cards, what happened last, what failed. Each part that could not be read says so in
//! its own place.

use domain::integration::{Badge, Calendars, Connector, Integration, Pinned, Tally};
use maud::{Markup, html};

use super::integration_events::{EventRow, feed};
use crate::components::{
    Look, Meaning, Moment, Radios, action, badge, labelled, link, note, post, relative, sentence,
    submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct IntegrationsPage {
    pub frame: Frame,
    /// `None`: how it goes with them could not be read.
    pub known: Option<Known>,
    /// Newest first. `None`: what happened could not be read in time.
    pub events: Option<Vec<EventRow>>,
    pub may_manage: bool,
}

#[derive(Clone, Debug)]
pub struct Known {
    pub pinned: Pinned,
    /// Those that are pinned, in their order.
    pub cards: Vec<IntegrationCard>,
    pub others: Vec<IntegrationCard>,
    pub errors: Errors,
}

/// How it goes with one integration.
#[derive(Clone, Debug)]
pub struct IntegrationCard {
    pub integration: Integration,
    pub badge: Badge,
    pub is_configured: bool,
    /// Why it is disconnected, where nobody wants it so.
    pub lost: Option<&'static str>,
    pub last_success_at: Option<Moment>,
    /// What went wrong last, and when, while something is wrong.
    pub last_error: Option<(String, Moment)>,
    pub tally: Tally,
    /// The same by the hour, in order of time.
    pub hours: Vec<Tally>,
    /// What is special to it.
    pub facts: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Errors {
    /// Nothing that is set up stands still, whether it failed today or before.
    pub all_healthy: bool,
    pub failed_24h: u32,
    pub retrying: u32,
    pub dead: u32,
}

impl IntegrationsPage {
    pub fn render(&self) -> Markup {
        let refresh = html! {
            (action("refresh", routes::INTEGRATIONS_REFRESH, Look::Plain, labelled(Icon::Sync, "Refresh")))
        };
        let head = Head {
            actions: refresh,
            ..Head::new("Integrations", Section::Dashboard)
        };
        let content = html! {
            div #overview .stack hx-get=(routes::INTEGRATIONS_DASHBOARD) hx-select="#overview"
                hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                (self.cards())
                div.columns {
                    section #feed .panel aria-labelledby="feed-title" {
                        h2 #feed-title { "Recent activity" }
                        (self.feed())
                    }
                    aside.stack {
                        section #errors .panel aria-labelledby="errors-title" {
                            h2 #errors-title { "Errors" }
                            (self.errors())
                        }
                        @if let (Some(known), true) = (&self.known, self.may_manage) { (self.pinning(known.pinned)) }
                    }
                }
                @if let Some(known) = &self.known {
                    section aria-labelledby="others-title" .stack {
                        h2 #others-title { "Other integrations" }
                        ul.cards { @for card in &known.others { (card.render(self.may_manage)) } }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn cards(&self) -> Markup {
        html! {
            h2.heard { "Health" }
            ul #cards .cards.four {
                @match &self.known {
                    Some(known) => { @for card in &known.cards { (card.render(self.may_manage)) } }
                    None => { @for integration in Pinned::default().cards() { (unread(integration)) } }
                }
            }
        }
    }

    fn feed(&self) -> Markup {
        match &self.events {
            None => html! {
                (note(Meaning::Error, html! { p { "Activity feed temporarily unavailable" } }))
                div.actions { (action("feed-retry", routes::INTEGRATIONS_DASHBOARD, Look::Plain, labelled(Icon::Sync, "Try again"))) }
            },
            Some(events) if events.is_empty() => html! {
                div.empty {
                    (icon(Icon::Facts))
                    h3 { "No recent integration activity" }
                    p { "What syncs, reports and deliveries do is told here as it happens." }
                }
            },
            Some(events) => html! {
                (feed(&self.frame.csrf, events, self.may_manage, routes::INTEGRATIONS_DASHBOARD))
                p { (link("all-events", routes::INTEGRATION_LOGS, "All events of the last 30 days")) }
            },
        }
    }

    fn errors(&self) -> Markup {
        let Some(known) = &self.known else {
            return note(
                Meaning::Error,
                html! { p { "What failed could not be read. Refresh to try again." } },
            );
        };
        let errors = known.errors;
        let is_quiet = errors.failed_24h + errors.retrying + errors.dead == 0;
        if is_quiet && errors.all_healthy {
            return note(Meaning::Ok, html! { p { "All integrations healthy" } });
        }
        html! {
            @if is_quiet { p { "Nothing failed in the last day, but not all works: the cards say what." } }
            dl.facts.ends {
                (counted("failed-syncs", "Failed Syncs (24h)", errors.failed_24h, routes::INTEGRATION_ERRORS_24H))
                (counted("pending-retries", "Pending Retries", errors.retrying, routes::ERROR_QUEUE_RETRYING))
                (counted("dead-letters", "Dead Letter Queue", errors.dead, routes::ERROR_QUEUE_DEAD))
            }
        }
    }

    fn pinning(&self, pinned: Pinned) -> Markup {
        let choices = Pinned::ALL.map(|one| (one.name(), one.words()));
        html! {
            section.panel aria-labelledby="pinning-title" {
                h2 #pinning-title { "Cards on top" }
                (post(&self.frame.csrf, routes::INTEGRATIONS_PINNED, "stack", html! {
                    (Radios { id: "pinned", name: "pinned", legend: "For everybody", choices: &choices, chosen: pinned.name() })
                    div.actions { (submit("pin", Look::Plain, "Save", "Saving")) }
                }))
            }
        }
    }
}

/// A number that leads to what it counts. Zero is nothing to worry about.
fn counted(id: &str, words: &str, count: u32, href: &str) -> Markup {
    html! {
        div {
            dt { (link(id, href, words)) }
            dd.number { strong class=[(count > 0).then_some("error")] { (grouped(count)) } }
        }
    }
}

/// `1,247`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl IntegrationCard {
    fn render(&self, may_manage: bool) -> Markup {
        let name = self.integration.name().replace('_', "-");
        let page = routes::integration(self.integration);
        html! {
            li #{ "card-" (name) } {
                article.card aria-labelledby={ "card-" (name) "-title" } {
                    div.card-head {
                        span.provider { (icon(logo(self.integration))) }
                        div {
                            h3 #{ "card-" (name) "-title" } {
                                (link(&format!("card-{name}-link"), &page, self.integration.title()))
                            }
                            div.badges { (self.badge()) }
                        }
                    }
                    @if self.is_configured { (self.details()) }
                    @else {
                        p.quiet { (self.integration.promise()) }
                        @if may_manage {
                            div.actions { (action(&format!("card-{name}-configure"), &page, Look::Plain, "Configure")) }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn badge(&self) -> Markup {
        let (meaning, word) = match self.badge {
            Badge::Ok => (Meaning::Ok, "Connected"),
            Badge::Warning => (Meaning::Warning, "Warning"),
            Badge::Error => (Meaning::Error, "Error"),
            Badge::Off if self.is_configured => (Meaning::Off, "Disconnected"),
            Badge::Off => (Meaning::Off, "Not configured"),
        };
        badge(meaning, word)
    }

    pub(super) fn details(&self) -> Markup {
        html! {
            @if let Some(why) = self.lost { (note(Meaning::Warning, html! { p { (why) } })) }
            @if let Some((words, at)) = &self.last_error {
                (note(if self.badge == Badge::Error { Meaning::Error } else { Meaning::Warning }, html! {
                    p { strong { "Last error " } (relative(at)) }
                    p { (words) }
                }))
            }
            (self.graph())
            dl.facts.small.ends {
                @for (name, value) in &self.facts { div { dt { (name) } dd { (value) } } }
                @if let Some(at) = &self.last_success_at {
                    div { dt { (self.last_word()) } dd { (relative(at)) } }
                }
                @if self.integration != Integration::ApiKeys {
                    div { dt { "Success rate" } dd { (self.rate()) } }
                }
            }
        }
    }

    /// One bar for each hour; what failed stands on top.
    fn graph(&self) -> Markup {
        let most = self
            .hours
            .iter()
            .map(|hour| hour.tried)
            .max()
            .unwrap_or_default();
        let failed = self.hours.iter().filter(|hour| hour.failed > 0).count();
        let words = format!(
            "{} by the hour: at most {} in one, failures in {failed} of {}",
            sentence(self.integration.unit()),
            grouped(most),
            self.hours.len()
        );
        let height = |count: u32| count.saturating_mul(20).div_ceil(most.max(1)).min(20);
        html! {
            @if most > 0 {
                svg.graph viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label=(words) {
                    @for (x, hour) in (0..).step_by(4).zip(&self.hours) {
                        @let (all, failed) = (height(hour.tried.max(hour.failed)), height(hour.failed));
                        @if all > 0 { rect x=(x) y=(20 - all) width="3" height=(all) {} }
                        @if failed > 0 { rect.failed x=(x) y=(20 - all) width="3" height=(failed) {} }
                    }
                }
            }
        }
    }

    const fn last_word(&self) -> &'static str {
        match self.integration {
            Integration::Calendars(_) | Integration::Reported(_) => "Last sync",
            Integration::ApiKeys | Integration::Webhooks | Integration::Files => "Last success",
        }
    }

    /// "95% (38/40 syncs)".
    fn rate(&self) -> Markup {
        let unit = self.integration.unit();
        match self.tally.success_rate() {
            None if self.last_success_at.is_some() => html! { "No " (unit) " in 24 hours" },
            None => html! { "No " (unit) " yet" },
            Some(rate) => html! {
                (rate) "% (" (grouped(self.tally.succeeded())) "/" (grouped(self.tally.tried)) " " (unit) ")"
            },
        }
    }
}

/// A card of which nothing could be read.
fn unread(integration: Integration) -> Markup {
    let name = integration.name().replace('_', "-");
    html! {
        li #{ "card-" (name) } {
            article.card aria-labelledby={ "card-" (name) "-title" } {
                div.card-head {
                    span.provider { (icon(logo(integration))) }
                    h3 #{ "card-" (name) "-title" } { (integration.title()) }
                }
                (note(Meaning::Error, html! { p { "Its health could not be read. Refresh to try again." } }))
            }
        }
    }
}

pub(super) const fn logo(integration: Integration) -> Icon {
    match integration {
        Integration::Calendars(Calendars::Google) => Icon::Google,
        Integration::Calendars(Calendars::Microsoft) => Icon::Microsoft,
        Integration::Reported(Connector::Comarch) | Integration::Files => Icon::Document,
        Integration::Reported(Connector::Edi) => Icon::Exchange,
        Integration::ApiKeys => Icon::Private,
        Integration::Webhooks => Icon::Webhook,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        let said = [0, 999, 1_247, 1_000_000].map(grouped);
        assert_eq!(said, ["0", "999", "1,247", "1,000,000"]);
    }
}
