//! A destructive act asks first: in a dialog where there is script, on a page of its own where there is none.

use maud::{Markup, html};

use super::{Checkbox, Csrf, Field, Look, Radios, action, post, submit};

#[derive(Clone, Debug)]
pub struct Confirm {
    /// Prefix of every id in it, and the id of the dialog.
    pub id: String,
    /// Names the thing at stake: "Disconnect ada@example.com?"
    pub question: String,
    /// What will happen and what will not.
    pub consequences: Vec<String>,
    pub extras: Vec<Extra>,
    /// Where the answer goes.
    pub action: String,
    /// Carried along unseen.
    pub hidden: Vec<(&'static str, String)>,
    pub yes: &'static str,
    pub busy: &'static str,
    /// Back to where the question came from.
    pub back: String,
}

/// A choice that goes with the answer.
#[derive(Clone, Debug)]
pub enum Extra {
    Tick {
        name: &'static str,
        label: &'static str,
        hint: &'static str,
    },
    /// The first is chosen.
    OneOf {
        name: &'static str,
        legend: &'static str,
        choices: &'static [(&'static str, &'static str)],
    },
    /// To be typed, so that nobody does it unawares.
    Typed {
        name: &'static str,
        label: String,
        error: Option<String>,
    },
}

impl Confirm {
    pub fn dialog(&self, csrf: &Csrf) -> Markup {
        let id = format!("{}-dialog", self.id);
        let title = format!("{id}-title");
        let keep = html! {
            button id={ (id) "-cancel" } class="button" type="button" data-closes autofocus { "Cancel" }
        };
        html! {
            dialog id=(self.id) aria-labelledby=(title) {
                h2 id=(title) { (self.question) }
                (self.form(&id, csrf, &keep))
            }
        }
    }

    /// The body of the page; the page's heading is the question.
    pub fn page(&self, csrf: &Csrf) -> Markup {
        let keep = action(
            &format!("{}-cancel", self.id),
            &self.back,
            Look::Plain,
            "Cancel",
        );
        html! { div.panel.narrow { (self.form(&self.id, csrf, &keep)) } }
    }

    fn form(&self, id: &str, csrf: &Csrf, keep: &Markup) -> Markup {
        let body = html! {
            @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
            ul.plain { @for line in &self.consequences { li { (line) } } }
            @for extra in &self.extras { (extra.field(id)) }
            div.actions.end {
                (keep)
                (submit(&format!("{id}-confirm"), Look::Danger, self.yes, self.busy))
            }
        };
        post(csrf, &self.action, "stack", body)
    }
}

impl Extra {
    fn field(&self, id: &str) -> Markup {
        match self {
            Self::Tick { name, label, hint } => html! {
                (Checkbox { id: &format!("{id}-{name}"), name, label, checked: false, hint: Some(hint) })
            },
            Self::OneOf {
                name,
                legend,
                choices,
            } => html! {
                (Radios {
                    id: &format!("{id}-{name}"),
                    name,
                    legend,
                    choices,
                    chosen: choices.first().map_or("", |(value, _)| value),
                })
            },
            Self::Typed { name, label, error } => html! {
                (Field::new(&format!("{id}-{name}"), "text", label)
                    .name(name).error(error.as_deref()).autocomplete("off").required())
            },
        }
    }
}
