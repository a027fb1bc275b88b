//! A connection that is being disconnected, or was: how far it has come, and at the end the receipt.

use std::cmp::Ordering;

use domain::{connection::Provider, ending::Step};
use maud::{Markup, html};

use super::connections::{logo, product};
use crate::components::{
    Look, Meaning, Moment, absolute, action, back, badge, labelled, note, relative,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Disconnection {
    pub frame: Frame,
    pub id: String,
    pub provider: Provider,
    pub account: String,
    pub asked: Moment,
    /// Every step, in order.
    pub steps: Vec<(Step, Standing)>,
    /// Why it does not go on now, and when it is tried again.
    pub waits: Option<String>,
    /// When it is over.
    pub receipt: Option<ReceiptShown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Over,
    Now,
    ToCome,
}

#[derive(Clone, Debug)]
pub struct ReceiptShown {
    pub finished: Moment,
    /// What was done, line by line.
    pub lines: Vec<(&'static str, String)>,
    /// What is left to the account's owner.
    pub by_hand: Option<String>,
}

/// Where the account's owner withdraws our access, where we cannot.
pub const fn withdrawn_by_hand(provider: Provider) -> &'static str {
    match provider {
        Provider::Google => {
            "Open your Google Account, go to Security, then to the third-party apps with account access, and remove Kalends."
        }
        Provider::Microsoft => {
            "Open My Apps of your Microsoft account (myapplications.microsoft.com, or account.live.com/consent/Manage for a personal one) and remove Kalends."
        }
    }
}

const fn words(step: Step) -> &'static str {
    match step {
        Step::StopNotices => "Stop the calendar's notices",
        Step::RemoveCopies => "Remove the copies in the calendar",
        Step::WithdrawAccess => "Withdraw our access",
        Step::DeleteCredential => "Delete our credential",
        Step::DeleteRecords => "Delete what is kept of the connection",
    }
}

impl Standing {
    /// Each of these in their order, when things have come to `now`; past the last one when that is none of them.
    pub fn of_each<T: Copy + PartialEq>(all: &[T], now: Option<T>) -> Vec<(T, Self)> {
        let reached = all.iter().position(|one| Some(*one) == now);
        let reached = reached.unwrap_or(all.len());
        let standing = |at: usize| match at.cmp(&reached) {
            Ordering::Less => Self::Over,
            Ordering::Equal => Self::Now,
            Ordering::Greater => Self::ToCome,
        };
        let numbered = all.iter().enumerate();
        numbered.map(|(at, one)| (*one, standing(at))).collect()
    }

    pub(super) fn badge(self) -> Markup {
        match self {
            Self::Over => badge(Meaning::Ok, "Done"),
            Self::Now => badge(Meaning::Notice, "Under way"),
            Self::ToCome => badge(Meaning::Off, "To come"),
        }
    }
}

impl Disconnection {
    pub fn render(&self) -> Markup {
        let mut head = Head::new(&self.account, Section::Connections);
        head.back = Some(back("all-connections", routes::CONNECTIONS, "Connections"));
        let content = html! {
            section #ending .panel.narrow aria-labelledby="ending-title" data-running[self.receipt.is_none()]
                hx-get=[self.receipt.is_none().then(|| routes::connection(&self.id))] hx-select="#ending"
                hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                @match &self.receipt {
                    Some(receipt) => (self.over(receipt)),
                    None => (self.under_way()),
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn under_way(&self) -> Markup {
        html! {
            h2 #ending-title { "Disconnecting" }
            p {
                span class={ "provider small " (self.provider.name()) } { (icon(logo(self.provider))) }
                (product(self.provider)) ". Nothing is synced any more. You can leave this page."
            }
            p.quiet { "Asked for " (relative(&self.asked)) }
            ol.items {
                @for (step, standing) in &self.steps {
                    li { p { (words(*step)) } div.badges { (standing.badge()) } }
                }
            }
            @if let Some(words) = &self.waits { (note(Meaning::Warning, words)) }
        }
    }

    fn over(&self, receipt: &ReceiptShown) -> Markup {
        html! {
            h2 #ending-title { "Receipt" }
            p {
                span class={ "provider small " (self.provider.name()) } { (icon(logo(self.provider))) }
                (product(self.provider)) " was disconnected. Entries in the schedule have stayed."
            }
            dl.facts {
                div { dt { "Asked for" } dd { (absolute(&self.asked)) } }
                div { dt { "Finished" } dd { (absolute(&receipt.finished)) } }
                @for (name, words) in &receipt.lines { div { dt { (name) } dd { (words) } } }
            }
            @if let Some(words) = &receipt.by_hand { (note(Meaning::Warning, words)) }
            div.actions.end {
                (action("connect-again", routes::CONNECTIONS, Look::Plain, labelled(Icon::Plus, "Connect an account")))
            }
        }
    }
}
