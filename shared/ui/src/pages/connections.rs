//! A member's connections, as cards.

use domain::connection::Provider;
use maud::{Markup, html};

use crate::components::{
    Look, Meaning, Moment, action, badge, labelled, note, post, relative, submit, submit_unless,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes::{self, Action};

/// What people call the provider's product.
pub const fn product(provider: Provider) -> &'static str {
    match provider {
        Provider::Google => "Google Calendar",
        Provider::Microsoft => "Microsoft 365",
    }
}

pub(super) const fn logo(provider: Provider) -> Icon {
    match provider {
        Provider::Google => Icon::Google,
        Provider::Microsoft => Icon::Microsoft,
    }
}

/// Whether we may act for the member at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthState {
    Complete,
    ActionRequired,
    Paused,
    /// It is being disconnected.
    Ending,
}

impl AuthState {
    pub(super) fn badge(self) -> Markup {
        match self {
            Self::Complete => badge(Meaning::Ok, "OAuth complete"),
            Self::ActionRequired => badge(Meaning::Warning, "Action required"),
            Self::Paused => badge(Meaning::Off, "Paused"),
            Self::Ending => badge(Meaning::Off, "Disconnecting"),
        }
    }
}

/// How the last runs went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncState {
    NeverRan,
    UpToDate,
    /// It is paused, or waits to be authorised again.
    Stopped,
    /// Unusually many changes are held until the member confirms them or has them put back.
    Held,
    /// A run begins as soon as a worker is free.
    Queued,
    Running(Progress),
    /// The calendar syncs; these items wait for a person.
    NeedsAttention {
        items: u32,
    },
    Failing,
}

impl SyncState {
    pub(super) fn badge(&self) -> Markup {
        match self {
            Self::NeverRan => badge(Meaning::Off, "Not synced yet"),
            Self::UpToDate => badge(Meaning::Ok, "In sync"),
            Self::Stopped => badge(Meaning::Off, "Not syncing"),
            Self::Held => badge(Meaning::Warning, "Waits for your decision"),
            Self::Queued => badge(Meaning::Notice, "About to sync"),
            Self::Running(_) => badge(Meaning::Notice, "Syncing"),
            Self::NeedsAttention { items: 1 } => badge(Meaning::Warning, "1 item needs attention"),
            Self::NeedsAttention { items } => {
                badge(Meaning::Warning, &format!("{items} items need attention"))
            }
            Self::Failing => badge(Meaning::Error, "Sync failing"),
        }
    }

    pub(super) const fn progress(&self) -> Option<&Progress> {
        match self {
            Self::Running(progress) => Some(progress),
            Self::NeverRan
            | Self::UpToDate
            | Self::Stopped
            | Self::Held
            | Self::Queued
            | Self::NeedsAttention { .. }
            | Self::Failing => None,
        }
    }

    /// The page looks again soon.
    pub(super) const fn in_flight(&self) -> bool {
        match self {
            Self::Queued | Self::Running(_) => true,
            Self::NeverRan
            | Self::UpToDate
            | Self::Stopped
            | Self::Held
            | Self::NeedsAttention { .. }
            | Self::Failing => false,
        }
    }
}

/// Counts of the run in flight. `total` is unknown until the provider has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u32,
    pub total: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Connections {
    pub frame: Frame,
    pub cards: Vec<Card>,
    /// The providers this deployment has credentials for, in the order to offer them.
    pub available: Vec<Provider>,
}

#[derive(Clone, Debug)]
pub struct Card {
    pub id: String,
    pub provider: Provider,
    pub account: String,
    pub auth: AuthState,
    pub sync: SyncState,
    pub last_sync: Option<Moment>,
    pub last_error: Option<String>,
}

impl Connections {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Connections", Section::Connections);
        if !self.cards.is_empty() {
            head.actions = html! { @for provider in &self.available { (self.connect(*provider, Look::Plain)) } };
        }
        let content = html! {
            @if self.cards.is_empty() { (self.empty()) }
            @else {
                ul #cards .cards hx-get=(routes::CONNECTIONS) hx-select="#cards" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                    @for card in &self.cards { li { (card.render(&self.frame)) } }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty {
                (icon(Icon::Connections))
                h2 { "No calendar connected yet" }
                @if self.available.is_empty() {
                    p { "This installation has no calendar provider set up. An administrator adds the provider's client id and secret first." }
                } @else {
                    p { "Connect one to see its events in your schedule, and your schedule in it. Nobody is invited to anything by connecting." }
                    div.actions {
                        @for (number, provider) in self.available.iter().enumerate() {
                            (self.connect(*provider, if number == 0 { Look::Primary } else { Look::Plain }))
                        }
                    }
                }
            }
        }
    }

    fn connect(&self, provider: Provider, look: Look) -> Markup {
        let (value, name) = (provider.name(), product(provider));
        post(
            &self.frame.csrf,
            routes::CONNECTIONS_CONNECT,
            "",
            html! {
                input type="hidden" name="provider" value=(value);
                (submit(&format!("connect-{value}"), look, labelled(Icon::Plus, &format!("Connect {name}")), "Opening"))
            },
        )
    }
}

impl Card {
    fn render(&self, frame: &Frame) -> Markup {
        let id = &self.id;
        html! {
            article.card id=(id) aria-labelledby={ (id) "-name" } data-running[self.sync.in_flight()] {
                div.card-head {
                    span class={ "provider " (self.provider.name()) } { (icon(logo(self.provider))) }
                    div {
                        h2 id={ (id) "-name" } { (self.account) }
                        p.quiet { (product(self.provider)) }
                    }
                }
                div.badges { (self.auth.badge()) @if self.auth != AuthState::Ending { (self.sync.badge()) } }
                p.quiet {
                    @match &self.last_sync {
                        Some(moment) => { "Last sync " (relative(moment)) },
                        None => "No sync has finished yet",
                    }
                }
                @if let Some(progress) = self.sync.progress() { (running(id, *progress)) }
                @if let Some(words) = &self.last_error { (note(Meaning::Error, words)) }
                div.actions.end {
                    (action(&format!("{id}-manage"), &routes::connection(id), Look::Quiet, labelled(Icon::Settings, "Manage")))
                    @match self.auth {
                        AuthState::ActionRequired => (reconnect(frame, id)),
                        AuthState::Complete | AuthState::Paused => (sync_now(frame, id, self.auth, &self.sync)),
                        AuthState::Ending => {},
                    }
                }
            }
        }
    }
}

pub(super) fn running(id: &str, progress: Progress) -> Markup {
    let label = format!("{id}-progress-words");
    html! {
        div.running {
            @match progress.total {
                Some(total) => {
                    p id=(label) { (progress.done) " of " (total) " changes" }
                    progress value=(progress.done) max=(total.max(1)) aria-labelledby=(label) {}
                },
                None => {
                    p id=(label) { "Reading the calendar: " (progress.done) " events so far" }
                    progress aria-labelledby=(label) {}
                },
            }
        }
    }
}

pub(super) fn sync_now(frame: &Frame, id: &str, auth: AuthState, sync: &SyncState) -> Markup {
    // While a run only waits, a press hurries it.
    let (words, reason) = match (auth, sync.progress()) {
        (AuthState::Complete, None) => ("Sync now", None),
        (AuthState::Complete, Some(_)) => ("Syncing", Some("A sync is running")),
        (AuthState::ActionRequired, _) => ("Sync now", Some("Reconnect first")),
        (AuthState::Paused, _) => ("Sync now", Some("Resume first")),
        (AuthState::Ending, _) => ("Sync now", Some("It is being disconnected")),
    };
    let button = submit_unless(
        &format!("{id}-sync"),
        Look::Plain,
        labelled(Icon::Sync, words),
        "Starting",
        reason,
    );
    post(
        &frame.csrf,
        &routes::connection_action(id, Action::Sync),
        "",
        button,
    )
}

pub(super) fn reconnect(frame: &Frame, id: &str) -> Markup {
    let button = submit(
        &format!("{id}-reconnect"),
        Look::Primary,
        labelled(Icon::Connections, "Reconnect"),
        "Opening",
    );
    post(
        &frame.csrf,
        &routes::connection_action(id, Action::Reconnect),
        "",
        button,
    )
}
