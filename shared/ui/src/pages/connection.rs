//! One connection: its three states, its calendars, its runs, and what needs a person.

mod held;
mod preview;
mod records;
mod settings;
mod why;

pub use held::HeldChanges;
pub use preview::PreviewShown;
pub use records::{ItemError, NextTry, Outcome, Run};
pub use settings::{CalendarChoice, Settings, fields};
pub use why::{WhyPage, WhyRow};

use domain::connection::Provider;
use maud::{Markup, html};

use super::connections::{AuthState, SyncState, logo, product, reconnect, running, sync_now};
use crate::components::{
    Confirm, Look, Meaning, Moment, absolute, back, badge, labelled, link, note, opens, post,
    relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes::{self, Action};

const ALSO_REFRESHED: &str = "#page-actions:outerMorph,#reauthorize:outerMorph,#attention:outerMorph,#held:outerMorph,#runs:outerMorph,#facts:outerMorph";

#[derive(Clone, Debug)]
pub struct ConnectionPage {
    pub frame: Frame,
    pub id: String,
    pub provider: Provider,
    pub account: String,
    pub auth: AuthState,
    pub subscription: SubscriptionState,
    pub sync: SyncState,
    pub facts: Facts,
    pub last_error: Option<String>,
    /// How many conflicts wait for a decision.
    pub conflicts: usize,
    pub settings: Settings,
    /// Newest first.
    pub runs: Vec<Run>,
    pub attention: Vec<ItemError>,
    /// Mass changes that wait for the owner.
    pub held: Vec<HeldChanges>,
    /// What the settings would do, if that was asked.
    pub preview: Vec<PreviewShown>,
}

/// Whether the provider tells us of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    Active,
    /// Not proven yet, or refused: we ask at intervals.
    Polling {
        minutes: u32,
    },
    Failing,
    Off,
}

#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// In words: "See and edit events".
    pub scopes: Vec<String>,
    pub last_sync: Option<Moment>,
    /// When the provider is asked again, whether it calls or not.
    pub next_look: Option<Moment>,
    pub next_renewal: Option<Moment>,
    /// When the first subscription ends, if it were not renewed.
    pub notices_until: Option<Moment>,
    /// Why the provider does not tell us of changes, as a sentence.
    pub notices_failing: Option<String>,
    pub last_notice: Option<Moment>,
    /// When a poll or the daily look last found a change that no notice had told of.
    pub last_miss: Option<Moment>,
    /// Since when the present refresh token is kept.
    pub token_since: Option<Moment>,
}

impl SubscriptionState {
    fn badge(self) -> Markup {
        match self {
            Self::Active => badge(Meaning::Ok, "Notices active"),
            Self::Polling { minutes } => {
                badge(Meaning::Notice, &format!("Polling every {minutes} min"))
            }
            Self::Failing => badge(Meaning::Error, "Renewal failing"),
            Self::Off => badge(Meaning::Off, "Off"),
        }
    }
}

impl ConnectionPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new(&self.account, Section::Connections);
        head.back = Some(back("all-connections", routes::CONNECTIONS, "Connections"));
        head.actions = self.actions();
        let content = html! {
            div.columns {
                div.stack {
                    div #reauthorize { @if self.auth == AuthState::ActionRequired { (self.action_required()) } }
                    (self.progress())
                    div #held { @if !self.held.is_empty() { (held::held(&self.id, &self.frame.csrf, &self.held)) } }
                    div #attention { @if !self.attention.is_empty() { (records::attention(&self.id, &self.attention, &self.frame.csrf)) } }
                    @if !self.preview.is_empty() { (preview::preview(&self.preview)) }
                    (self.settings.render(&self.id, &self.frame.csrf))
                    (records::runs(&self.runs))
                }
                aside.stack {
                    (self.facts())
                    (why::search(&self.id, ""))
                    (self.ending())
                }
            }
        };
        page(&self.frame, &head, content)
    }

    /// The question behind "Disconnect", for the dialog and for its own page.
    pub fn disconnect(id: &str, account: &str) -> Confirm {
        Confirm {
            id: "disconnect".to_owned(),
            question: format!("Disconnect {account}?"),
            consequences: vec![
                "Syncing stops at once, and we give up our access. A receipt says what is left for you to do."
                    .to_owned(),
                "Entries in the schedule stay. Events that were in the calendar before stay too."
                    .to_owned(),
            ],
            extras: vec![crate::components::Extra::Tick {
                name: "remove_copies",
                label: "Also remove the copies we created in this calendar",
                hint: "Only events that Kalends itself added are removed.",
            }],
            action: routes::connection_disconnect(id),
            hidden: Vec::new(),
            yes: "Disconnect",
            busy: "Disconnecting",
            back: routes::connection(id),
        }
    }

    fn actions(&self) -> Markup {
        let (id, csrf) = (&self.id, &self.frame.csrf);
        let press = |action, glyph, words, busy| {
            let button = submit(
                &format!("{id}-{}", Action::segment(action)),
                Look::Quiet,
                labelled(glyph, words),
                busy,
            );
            post(csrf, &routes::connection_action(id, action), "", button)
        };
        html! {
            @match self.auth {
                AuthState::Complete => (press(Action::Pause, Icon::Pause, "Pause", "Pausing")),
                AuthState::Paused => (press(Action::Resume, Icon::Play, "Resume", "Resuming")),
                AuthState::ActionRequired | AuthState::Ending => {},
            }
            @match self.auth {
                AuthState::Complete => { (press(Action::Reconnect, Icon::Connections, "Reconnect", "Opening")) (sync_now(&self.frame, id, self.auth, &self.sync)) },
                AuthState::Paused => (sync_now(&self.frame, id, self.auth, &self.sync)),
                AuthState::ActionRequired => (reconnect(&self.frame, id)),
                AuthState::Ending => {},
            }
        }
    }

    fn action_required(&self) -> Markup {
        note(
            Meaning::Warning,
            html! {
                strong { "Reconnect to go on syncing" }
                p {
                    "Syncing stands still until " (product(self.provider)) " gives us access again. Nothing was deleted; it goes on where it stopped once you reconnect."
                }
            },
        )
    }

    /// Looks again for itself and for everything else here that a run changes. The settings stay: someone may be at them.
    fn progress(&self) -> Markup {
        let id = &self.id;
        html! {
            section #sync .panel aria-labelledby="sync-title" data-running[self.sync.in_flight()]
                hx-get=(routes::connection(id)) hx-select="#sync" hx-select-oob=(ALSO_REFRESHED)
                hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                h2 #sync-title { "Sync" }
                div.badges { (self.sync.badge()) }
                @match &self.facts.last_sync {
                    Some(moment) => p.quiet { "Last finished " (relative(moment)) },
                    None => p.quiet { "No sync has finished yet" },
                }
                @if let Some(progress) = self.sync.progress() { (running(id, *progress)) }
                @if let Some(words) = &self.last_error { (note(Meaning::Error, words)) }
                @if self.conflicts > 0 { (note(Meaning::Warning, self.undecided())) }
            }
        }
    }

    fn undecided(&self) -> Markup {
        let words = match self.conflicts {
            1 => "Decide about 1 conflict".to_owned(),
            count => format!("Decide about {count} conflicts"),
        };
        html! {
            p { "The same was changed here and in the calendar, differently." }
            p { (link("to-conflicts", routes::CONFLICTS, words)) }
        }
    }

    fn facts(&self) -> Markup {
        let facts = &self.facts;
        let when = |moment: &Option<Moment>, none: &str| {
            moment
                .as_ref()
                .map_or_else(|| html! { span.quiet { (none) } }, relative)
        };
        let planned = |moment: &Option<Moment>| {
            moment
                .as_ref()
                .map_or_else(|| html! { span.quiet { "None planned" } }, absolute)
        };
        html! {
            section #facts .panel aria-labelledby="facts-title" {
                h2 #facts-title { "State" }
                @if let Some(words) = &facts.notices_failing { (note(Meaning::Warning, words)) }
                dl.facts {
                    div {
                        dt { "Provider" }
                        dd { span class={ "provider small " (self.provider.name()) } { (icon(logo(self.provider))) } (product(self.provider)) }
                    }
                    div { dt { "Authorization" } dd { (self.auth.badge()) } }
                    div { dt { "Notices" } dd { (self.subscription.badge()) } }
                    div { dt { "Sync" } dd { (self.sync.badge()) } }
                    div { dt { "Next poll" } dd { (planned(&facts.next_look)) } }
                    div { dt { "Next renewal" } dd { (planned(&facts.next_renewal)) } }
                    div { dt { "Notices until" } dd { (planned(&facts.notices_until)) } }
                    div { dt { "Last notice" } dd { (when(&facts.last_notice, "None yet")) } }
                    div { dt { "Last missed notice" } dd { (when(&facts.last_miss, "None so far")) } }
                    div { dt { "Refresh token since" } dd { (when(&facts.token_since, "No token")) } }
                    div.tall {
                        dt { "Granted" }
                        dd { @if facts.scopes.is_empty() { span.quiet { "Nothing" } } @else { ul.plain { @for scope in &facts.scopes { li { (scope) } } } } }
                    }
                }
            }
        }
    }

    fn ending(&self) -> Markup {
        let confirm = Self::disconnect(&self.id, &self.account);
        html! {
            section.panel aria-labelledby="ending-title" {
                h2 #ending-title { "Disconnect" }
                p.quiet { "Ends syncing and gives up our access. Events stay where they are, unless you say otherwise." }
                (opens(
                    &format!("{}-disconnect", self.id),
                    &routes::connection_disconnect(&self.id),
                    &confirm.id,
                    Look::Danger,
                    labelled(Icon::Unplug, "Disconnect"),
                ))
                (confirm.dialog(&self.frame.csrf))
            }
        }
    }
}
