//! An entry that repeats: one occurrence of it, or the whole with the occurrences that differ.

use maud::{Markup, html};

use crate::components::{Csrf, Extra, Look, Radios, action, labelled, link, post, submit};
use crate::icons::{Icon, icon};
use crate::routes;

/// What a page is about where the entry repeats.
#[derive(Clone, Debug)]
pub enum OfSeries {
    Whole {
        /// The occurrences that differ, in order.
        differing: Vec<Occurrence>,
        /// How many more differ than are listed.
        more: usize,
    },
    One {
        occurrence: Occurrence,
        /// "Every week on Monday"
        rule: String,
        scope: Scope,
    },
}

#[derive(Clone, Debug)]
pub struct Occurrence {
    /// Its original start, as addresses name it.
    pub original: String,
    /// "Mon 8 March 2027, 10:00", as the series has it.
    pub when: String,
    pub differs: Differs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differs {
    Not,
    /// "time, title"
    In(String),
    Cancelled,
}

/// For which occurrences a change is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    This,
    Following,
    All,
}

impl Scope {
    pub const FIELD: &str = "scope";
    const CHOICES: [(&str, &str); 3] = [
        (Self::This.name(), "Only this one"),
        (Self::Following.name(), "This and all that follow"),
        (Self::All.name(), "All of the series"),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::Following => "following",
            Self::All => "all",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::This, Self::Following, Self::All]
            .into_iter()
            .find(|scope| scope.name() == name)
    }

    pub(super) fn ask(self) -> Markup {
        html! {
            (Radios {
                id: Self::FIELD,
                name: Self::FIELD,
                legend: "Save this for",
                choices: &Self::CHOICES,
                chosen: self.name(),
            })
        }
    }

    pub(super) const fn ask_to_delete() -> Extra {
        Extra::OneOf {
            name: Self::FIELD,
            legend: "Delete",
            choices: &Self::CHOICES,
        }
    }
}

impl OfSeries {
    /// The original start of the one occurrence that the page is about.
    pub(super) fn original(&self) -> Option<&str> {
        match self {
            Self::Whole { .. } => None,
            Self::One { occurrence, .. } => Some(&occurrence.original),
        }
    }

    /// Beside the form.
    pub(super) fn panel(&self, entry: &Place) -> Markup {
        match self {
            Self::Whole { differing, .. } if differing.is_empty() => html! {},
            Self::Whole { differing, more } => html! {
                section.panel aria-labelledby="series-title" {
                    h2 #series-title { "Occurrences that differ" }
                    ul.items {
                        @for one in differing {
                            @let address = routes::occurrence(entry.id, Some(&one.original));
                            li {
                                p { (link(&format!("differs-{}", one.original), &address, &one.when)) }
                                (one.state())
                                (one.restore(entry))
                            }
                        }
                    }
                    @if *more > 0 { p.quiet { "And " (more) " more." } }
                }
            },
            Self::One {
                occurrence, rule, ..
            } => html! {
                section.panel aria-labelledby="series-title" {
                    h2 #series-title { "One of a series" }
                    p { (icon(Icon::Repeat)) " " (rule) }
                    p.quiet { "By the series: " (occurrence.when) }
                    (occurrence.state())
                    div.actions {
                        (action("whole-series", &routes::entry(entry.id), Look::Plain, "Open the whole series"))
                        (occurrence.restore(entry))
                    }
                }
            },
        }
    }
}

/// The entry of a page, and who may change it.
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) version: u64,
    pub(super) may_change: bool,
    pub(super) csrf: &'a Csrf,
}

impl Occurrence {
    fn state(&self) -> Markup {
        html! {
            @match &self.differs {
                Differs::Not => {}
                Differs::In(fields) => p { span.copies.notice { (icon(Icon::Facts)) "Changed: " (fields) } }
                Differs::Cancelled => p { span.copies.off { (icon(Icon::Off)) "Cancelled" } }
            }
        }
    }

    fn restore(&self, entry: &Place) -> Markup {
        let words = match &self.differs {
            Differs::Not => return html! {},
            Differs::In(_) => "As the series",
            Differs::Cancelled => "Let it take place",
        };
        if !entry.may_change {
            return html! {};
        }
        let id = format!("restore-{}", self.original);
        let body = html! {
            input type="hidden" name="version" value=(entry.version);
            input type="hidden" name="occurrence" value=(self.original);
            (submit(&id, Look::Plain, labelled(Icon::Sync, words), "Restoring"))
        };
        post(entry.csrf, &routes::entry_restore(entry.id), "", body)
    }
}
