//! Mass changes that wait until their calendar's owner confirms them.

use maud::{Markup, html};

use crate::components::{Confirm, Csrf, Look, Meaning, note, opens, post, submit};
use crate::routes;

#[derive(Clone, Debug)]
pub struct HeldChanges {
    pub id: String,
    /// Sent with the answer, so that nothing is decided unseen.
    pub version: u64,
    /// "214 events are gone from Work"
    pub what: String,
    /// Title, and what would be done.
    pub sample: Vec<(String, String)>,
    /// How many there are beside the sample.
    pub more: u32,
    /// On the button that lets it happen.
    pub confirm: &'static str,
    /// What happens then, and what can be done about it afterwards.
    pub consequence: String,
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
    /// The two ways to decide. The one that cannot be taken back asks once more.
    pub(crate) fn choices(&self, connection: &str, csrf: &Csrf) -> Markup {
        let path = routes::connection_hold(connection, &self.id);
        let restore = html! {
            input type="hidden" name="decision" value="restore";
            input type="hidden" name="version" value=(self.version);
            (submit(&format!("{}-restore", self.id), Look::Primary, "Put them back", "Saving"))
        };
        let question = self.question(connection);
        let id = format!("{}-asks", self.id);
        html! {
            (post(csrf, &path, "", restore))
            (opens(&id, &path, &question.id, Look::Danger, html! { (self.confirm) "…" }))
            (question.dialog(csrf))
        }
    }

    /// What is asked before it happens, for the dialog and for a page of its own.
    pub fn question(&self, connection: &str) -> Confirm {
        Confirm {
            id: format!("{}-confirm", self.id),
            question: format!("{}?", self.confirm),
            consequences: vec![format!("{}.", self.what), self.consequence.clone()],
            extras: Vec::new(),
            action: routes::connection_hold(connection, &self.id),
            hidden: vec![
                ("decision", "confirm".to_owned()),
                ("version", self.version.to_string()),
            ],
            yes: self.confirm,
            busy: "Saving",
            back: routes::connection(connection),
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
