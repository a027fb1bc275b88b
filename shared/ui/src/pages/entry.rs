//! One schedule entry: the form to create or change it, and where it is synced.

mod history;
mod series;

pub use history::{Happening, Was};

use maud::{Markup, html};

pub use series::{Differs, Occurrence, OfSeries, Scope};

use self::series::Place;
use super::schedule::Copies;
use crate::components::{
    Checkbox, Confirm, Field, FieldError, Look, Moment, Select, Textarea, action, back, error_of,
    error_summary, labelled, link, opens, post, relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct EntryPage {
    pub frame: Frame,
    /// Nothing while it is being created.
    pub saved: Option<Saved>,
    pub form: EntryForm,
    /// By field name; see [`EntryForm`].
    pub errors: Vec<FieldError>,
    /// Why nothing can be typed, if so.
    pub locked: Option<String>,
    /// Whether the member may change the entry at all.
    pub changeable: bool,
    /// The week to go back to, as a day of it.
    pub week: String,
}

#[derive(Clone, Debug)]
pub struct Saved {
    pub id: String,
    /// Sent back with the form, so that a change by someone else in between is noticed.
    pub version: u64,
    pub copies: Vec<Copy>,
    /// Where the entry repeats.
    pub series: Option<OfSeries>,
    /// Newest first; nothing where the member may not see it.
    pub history: Option<Vec<Happening>>,
}

/// The entry in one calendar.
#[derive(Clone, Debug)]
pub struct Copy {
    /// "Work, ada@example.com"
    pub calendar: String,
    pub state: Copies,
    pub last_synced: Option<Moment>,
    pub reason: Option<String>,
    /// The conflict that waits for a decision.
    pub conflict: Option<String>,
    /// The connection to which a removed copy can be put back.
    pub put_back: Option<String>,
}

/// What stands in the fields, as typed. Field names are the names of these, except `repeat`.
#[derive(Clone, Debug, Default)]
pub struct EntryForm {
    pub title: String,
    pub all_day: bool,
    pub start_date: String,
    pub start_time: String,
    /// For all-day entries the last day itself, as people say it.
    pub end_date: String,
    pub end_time: String,
    pub zone: String,
    /// Offered while typing.
    pub zones: Vec<String>,
    pub location: String,
    pub notes: String,
    pub private: bool,
    pub repeat: Repeat,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    #[default]
    Never,
    /// Field `repeat` is `daily`, `weekly`, `monthly` or `yearly`; `until` is a date or empty.
    Every { frequency: String, until: String },
    /// A rule that the form cannot express: kept as it is, shown in words and as written.
    Custom { words: String, rule: String },
    /// One occurrence: how it repeats is for its series to say.
    AsSeries,
}

const FREQUENCIES: [(&str, &str); 5] = [
    ("none", "Does not repeat"),
    ("daily", "Every day"),
    ("weekly", "Every week"),
    ("monthly", "Every month"),
    ("yearly", "Every year"),
];

impl EntryPage {
    pub fn render(&self) -> Markup {
        let title = match &self.saved {
            None => "New entry",
            Some(_) if self.form.title.is_empty() => "Untitled entry",
            Some(_) => &self.form.title,
        };
        let mut head = Head::new(title, Section::Schedule);
        let week = routes::schedule_week(&self.week);
        head.back = Some(back("back-to-week", &week, "Schedule"));
        let content = html! {
            div.columns {
                div.stack {
                    section.panel aria-label="Entry" { (self.form(&week)) }
                    @if let Some(history) = self.saved.as_ref().and_then(|saved| saved.history.as_ref()) { (history::history(history)) }
                }
                @if let Some(saved) = &self.saved {
                    aside.stack {
                        @if let Some(series) = &saved.series { (series.panel(&self.place(saved))) }
                        (self.copies(saved))
                        @if self.locked.is_none() { (self.ending(saved, title)) }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn place<'a>(&'a self, saved: &'a Saved) -> Place<'a> {
        Place {
            id: &saved.id,
            version: saved.version,
            may_change: self.changeable,
            csrf: &self.frame.csrf,
        }
    }

    /// The question behind "Delete", for the dialog and for its own page. `occurrence` is the one of a series that was
    /// looked at.
    pub fn delete(
        id: &str,
        version: u64,
        title: &str,
        repeats: bool,
        occurrence: Option<&str>,
    ) -> Confirm {
        let all = match (repeats, occurrence) {
            (_, Some(_)) => "What is deleted no longer shows in the schedule.",
            (true, None) => "Every repetition is deleted.",
            (false, None) => "The entry is deleted from the schedule.",
        };
        let hidden = occurrence.map(|original| ("occurrence", original.to_owned()));
        Confirm {
            id: "delete".to_owned(),
            question: format!("Delete {title}?"),
            consequences: vec![
                all.to_owned(),
                "Its copies in connected calendars are removed as well. Nobody is sent a cancellation.".to_owned(),
            ],
            extras: occurrence.map(|_| Scope::ask_to_delete()).into_iter().collect(),
            action: routes::entry_delete(id, None),
            hidden: std::iter::once(("version", version.to_string()))
                .chain(hidden)
                .collect(),
            yes: "Delete",
            busy: "Deleting",
            back: routes::occurrence(id, occurrence),
        }
    }

    fn form(&self, week: &str) -> Markup {
        let target = self.saved.as_ref().map_or_else(
            || routes::ENTRY_NEW.to_owned(),
            |saved| routes::entry(&saved.id),
        );
        let body = html! {
            @if let Some(saved) = &self.saved { input type="hidden" name="version" value=(saved.version); }
            @if let Some(original) = self.original() { input type="hidden" name="occurrence" value=(original); }
            fieldset.stack disabled[self.locked.is_some()] {
                legend.heard { "Entry" }
                (Field::new("title", "text", "Title").value(&self.form.title).error(self.error("title")).required())
                (self.when())
                (self.repeat())
                (Field::new("location", "text", "Place").value(&self.form.location).error(self.error("location")))
                (Textarea { id: "notes", label: "Notes", value: &self.form.notes, hint: None, error: self.error("notes") })
                (Checkbox {
                    id: "private",
                    name: "private",
                    label: "Private",
                    checked: self.form.private,
                    hint: Some("Only you see the details, and it stays out of other people's calendars."),
                })
            }
            @if self.locked.is_none() {
                @if let Some(OfSeries::One { scope, .. }) = self.series() { (scope.ask()) }
                div.actions {
                    (submit("save-entry", Look::Primary, labelled(Icon::Save, "Save"), "Saving"))
                    (action("cancel-entry", week, Look::Quiet, "Cancel"))
                }
            }
        };
        html! {
            @if let Some(reason) = &self.locked { p.locked { (icon(Icon::Private)) (reason) } }
            (error_summary(&self.errors))
            (post(&self.frame.csrf, &target, "stack", body))
        }
    }

    fn when(&self) -> Markup {
        let form = &self.form;
        html! {
            (Checkbox { id: "all_day", name: "all_day", label: "All day", checked: form.all_day, hint: None })
            div.times {
                (Field::new("start_date", "date", "Starts on").value(&form.start_date).error(self.error("start_date")).required())
                (Field::new("start_time", "time", "Starts at").class("clock").value(&form.start_time).error(self.error("start_time")))
                (Field::new("end_date", "date", "Ends on").value(&form.end_date).error(self.error("end_date")).required())
                (Field::new("end_time", "time", "Ends at").class("clock").value(&form.end_time).error(self.error("end_time")))
            }
            (Field::new("zone", "text", "Time zone").class("clock").value(&form.zone).error(self.error("zone"))
                .suggestions(&form.zones).hint("A place name such as Europe/Berlin. Times above are local to it."))
        }
    }

    fn repeat(&self) -> Markup {
        let (frequency, until) = match &self.form.repeat {
            Repeat::Never => ("none", ""),
            Repeat::Every { frequency, until } => (frequency.as_str(), until.as_str()),
            Repeat::Custom { words, rule } => return custom(words, rule),
            Repeat::AsSeries => return html! { input type="hidden" name="repeat" value="keep"; },
        };
        html! {
            div.pair.repeats {
                (Select { error: self.error("repeat"), ..Select::new("repeat", "Repeats", &FREQUENCIES, frequency) })
                (Field::new("until", "date", "Until").class("until").value(until).error(self.error("until"))
                    .hint("The last day it may fall on. Leave empty to go on without end."))
            }
        }
    }

    fn ending(&self, saved: &Saved, title: &str) -> Markup {
        let original = self.original();
        let repeats = self.form.repeat != Repeat::Never;
        let confirm = Self::delete(&saved.id, saved.version, title, repeats, original);
        html! {
            section.panel aria-labelledby="ending-title" {
                h2 #ending-title { "Delete" }
                p.quiet { "Removes the entry and its copies in connected calendars." }
                (opens("delete-entry", &routes::entry_delete(&saved.id, original), &confirm.id, Look::Danger, labelled(Icon::Trash, "Delete")))
                (confirm.dialog(&self.frame.csrf))
            }
        }
    }

    fn series(&self) -> Option<&OfSeries> {
        self.saved.as_ref()?.series.as_ref()
    }

    /// The original start of the occurrence that the page is about, if it is about one.
    fn original(&self) -> Option<&str> {
        self.series()?.original()
    }

    /// Looks again for itself, sooner while a calendar is awaited. The form stays: someone may be at it.
    fn copies(&self, saved: &Saved) -> Markup {
        let copies = &saved.copies;
        let is_awaited = copies.iter().any(|copy| copy.state == Copies::Waiting);
        let history = saved.history.as_ref().map(|_| "#history:outerMorph");
        html! {
            section #copies .panel aria-labelledby="copies-title" data-running[is_awaited]
                hx-get=(routes::entry(&saved.id)) hx-select="#copies" hx-select-oob=[history]
                hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                h2 #copies-title { "Where this is synced" }
                @if copies.is_empty() {
                    p.quiet { "In no calendar. Connect one and choose it to see this entry there." }
                } @else {
                    ul.items { @for copy in copies { (self.copy(&saved.id, copy)) } }
                }
            }
        }
    }

    fn copy(&self, id: &str, copy: &Copy) -> Markup {
        let (glyph, class, words) = copy.state.face();
        html! {
            li {
                p { strong { (copy.calendar) } }
                p { span class={ "copies " (class) } { (icon(glyph)) (words) } }
                @if let Some(reason) = &copy.reason { p { (reason) } }
                @if let Some(conflict) = &copy.conflict {
                    p { (link(&format!("{conflict}-decide"), &routes::conflict(conflict), "Look at both and decide")) }
                }
                @if let Some(connection) = copy.put_back.as_ref().filter(|_| self.locked.is_none()) {
                    (post(&self.frame.csrf, &routes::entry_put_back(id, connection), "", submit(
                        &format!("{connection}-put-back"), Look::Plain, labelled(Icon::Back, "Put it back"), "Asking",
                    )))
                }
                @if let Some(moment) = &copy.last_synced { p.quiet { "Last synced " (relative(moment)) } }
            }
        }
    }

    fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}

/// A rule finer than the form. It stays unless the member replaces it where it was made.
fn custom(words: &str, rule: &str) -> Markup {
    html! {
        div.field {
            p.label { (icon(Icon::Repeat)) "Repeats" }
            p { (words) }
            p.hint { "This rule is finer than this form can express. It is kept as it is." }
            p { code { (rule) } }
            input type="hidden" name="repeat" value="keep";
        }
    }
}
