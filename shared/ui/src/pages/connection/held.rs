//! Mass changes that wait until their calendar's owner confirms them.

use maud::{Markup, html};

use crate::components::{Csrf, Look, Meaning, note, post, submit};
use crate::routes;

#[derive(Clone, Debug)]
pub struct HeldChanges {
    pub id: String,
    /// "214 events are gone from Work"
    pub what: String,
    /// Title, and what would be done.
    pub sample: Vec<(String, String)>,
    /// How many there are beside the sample.
    pub more: u32,
    /// On the button that lets it happen.
    pub confirm: String,
    /// What was decided, in words, until it is carried out.
    pub decided: Option<String>,
}

pub(super) fn held(connection: &str, csrf: &Csrf, changes: &[HeldChanges]) -> Markup {
    html! {
        section.panel aria-labelledby="held-title" {
            h2 #held-title { "Waiting for you" }
            @for held in changes { (one(connection, csrf, held)) }
        }
    }
}

impl HeldChanges {
    /// The two ways to decide.
    pub(crate) fn choices(&self, connection: &str, csrf: &Csrf) -> Markup {
        let press = |decision: &str, look: Look, words: &str| {
            let body = html! {
                input type="hidden" name="decision" value=(decision);
                (submit(&format!("{}-{decision}", self.id), look, words, "Saving"))
            };
            let path = routes::connection_hold(connection, &self.id);
            post(csrf, &path, "", body)
        };
        html! {
            (press("restore", Look::Primary, "Put them back"))
            (press("confirm", Look::Danger, &self.confirm))
        }
    }
}

fn one(connection: &str, csrf: &Csrf, held: &HeldChanges) -> Markup {
    html! {
        (note(Meaning::Warning, html! {
            strong { (held.what) }
            p { "That is unusually many at once, so nothing was done about them yet. Everything else syncs on." }
        }))
        ul.items {
            @for (title, what) in &held.sample {
                li { p { strong { @if title.is_empty() { "(no title)" } @else { (title) } } } p.quiet { "Would " (what) } }
            }
        }
        @if held.more > 0 { p.quiet { "and " (held.more) " more" } }
        @match &held.decided {
            Some(words) => p { (words) },
            None => div.badges { (held.choices(connection, csrf)) },
        }
    }
}
