//! The schedule as files: the form of an export, the form of an import, and what an import does.

use maud::{Markup, html};

use crate::components::{
    Checkbox, Field, FieldError, Look, Meaning, Radios, action, back, error_of, error_summary,
    labelled, link, note, submit, submit_as, upload,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct ExportPage {
    pub frame: Frame,
    pub typed: ExportForm,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug, Default)]
pub struct ExportForm {
    /// `ics` or `csv`.
    pub format: String,
    pub from: String,
    /// The last day.
    pub to: String,
    pub expand: bool,
    pub bom: bool,
}

const FORMATS: [(&str, &str); 2] = [
    ("ics", "Calendar (.ics), for other calendars"),
    ("csv", "Table (.csv), for spreadsheets"),
];

impl ExportPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Export", Section::Export);
        let expand = Checkbox {
            id: "expand",
            name: "expand",
            label: "Each occurrence of a series in a row of its own",
            checked: self.typed.expand,
            hint: Some("For tables only. Otherwise a series is one row with its rule."),
        };
        let bom = Checkbox {
            id: "bom",
            name: "bom",
            label: "Marked as UTF-8, for older spreadsheets",
            checked: self.typed.bom,
            hint: None,
        };
        let content = html! {
            section .panel.narrow aria-label="Export" {
                (error_summary(&self.errors))
                p { "Your entries in a span of days, as a file that other programs read and that can be imported again." }
                form.stack method="get" action=(routes::EXPORT) data-repeats {
                    (Radios { id: "format", name: "format", legend: "Format", choices: &FORMATS, chosen: &self.typed.format })
                    div.pair {
                        (Field::new("from", "date", "From").value(&self.typed.from).required()
                            .error(error_of(&self.errors, "from")))
                        (Field::new("to", "date", "Up to and with").value(&self.typed.to).required()
                            .error(error_of(&self.errors, "to")))
                    }
                    (expand)
                    (bom)
                    div.actions {
                        (submit_as("export", Look::Primary, ("download", "1"), labelled(Icon::Download, "Download")))
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }
}

#[derive(Clone, Debug)]
pub struct ImportPage {
    pub frame: Frame,
    pub update_existing: bool,
    pub all_or_nothing: bool,
    pub errors: Vec<FieldError>,
}

impl ImportPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Import", Section::Import);
        let update = Checkbox {
            id: "update_existing",
            name: "update_existing",
            label: "Change entries that are there already",
            checked: self.update_existing,
            hint: Some("Otherwise those that differ from the file stay as they are."),
        };
        let all = Checkbox {
            id: "all_or_nothing",
            name: "all_or_nothing",
            label: "All or nothing",
            checked: self.all_or_nothing,
            hint: Some("Import nothing if any part of the file cannot be imported."),
        };
        let form = html! {
            (Field::new("file", "file", "File").required().error(error_of(&self.errors, "file"))
                .hint("A calendar (.ics) or a table (.csv), of at most 3 MB and 2,000 entries."))
            (update)
            (all)
            div.actions { (submit("preview", Look::Primary, labelled(Icon::Upload, "Preview"), "Reading")) }
        };
        let content = html! {
            section .panel.narrow aria-label="Import" {
                (error_summary(&self.errors))
                p {
                    "Nothing is imported before you have seen what would be done. The same file imported twice is there once."
                }
                (upload(&self.frame.csrf, routes::IMPORT, "stack", form))
            }
        };
        page(&self.frame, &head, content)
    }
}

/// What an import would do, or has done.
#[derive(Clone, Debug)]
pub struct ImportReportPage {
    pub frame: Frame,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub refused: Vec<RefusedRow>,
    /// How many more were refused than are shown.
    pub more_refused: usize,
    pub remarks: Vec<String>,
    /// Absent where it is done.
    pub ahead: Option<ImportAhead>,
}

/// What is sent once more to be done.
#[derive(Clone, Debug)]
pub struct ImportAhead {
    /// The file in base64: a form would change its line breaks.
    pub content: String,
    pub update_existing: bool,
    pub all_or_nothing: bool,
}

#[derive(Clone, Debug)]
pub struct RefusedRow {
    pub line: usize,
    pub title: String,
    pub reason: String,
}

impl ImportReportPage {
    pub fn render(&self) -> Markup {
        let title = if self.ahead.is_some() {
            "Preview of the import"
        } else {
            "Imported"
        };
        let mut head = Head::new(title, Section::Import);
        head.back = Some(back("back-to-import", routes::IMPORT, "Import"));
        let content = html! {
            section .panel.narrow aria-label=(title) {
                (self.counts())
                @for (number, words) in self.remarks.iter().enumerate() {
                    p.quiet id={ "remark-" (number) } { (words) }
                }
                @match &self.ahead {
                    Some(ahead) => (self.ahead(ahead)),
                    None => p { (link("to-schedule", routes::SCHEDULE, "Go to the schedule")) },
                }
            }
            @if !self.refused.is_empty() {
                section .panel.narrow aria-labelledby="refused-title" {
                    h2 #refused-title { "Not imported" }
                    ul.items {
                        @for row in &self.refused {
                            li {
                                p { strong { (row.title) } span.quiet { " line " (row.line) } }
                                p { (row.reason) }
                            }
                        }
                    }
                    @if self.more_refused > 0 { p.quiet { "and " (self.more_refused) " more" } }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    fn counts(&self) -> Markup {
        let refused = self.refused.len() + self.more_refused;
        let done = self.ahead.is_none();
        let count = |id: &str, words: &str, number: usize| {
            html! { div { dt { (words) } dd id=(id) { (number) } } }
        };
        html! {
            dl.facts {
                (count("created", if done { "Created" } else { "Will create" }, self.created))
                (count("updated", if done { "Changed" } else { "Will change" }, self.updated))
                (count("unchanged", "There already", self.unchanged))
                (count("refused", if done { "Left out" } else { "Will leave out" }, refused))
            }
        }
    }

    fn ahead(&self, ahead: &ImportAhead) -> Markup {
        let is_held_up = ahead.all_or_nothing && !self.refused.is_empty();
        let is_empty = self.created + self.updated == 0;
        let ticked = |name: &str, ticked: bool| {
            html! { @if ticked { input type="hidden" name=(name) value="on"; } }
        };
        let form = html! {
            input type="hidden" name="content" value=(ahead.content);
            (ticked("update_existing", ahead.update_existing))
            (ticked("all_or_nothing", ahead.all_or_nothing))
            input type="hidden" name="confirmed" value="on";
            div.actions {
                (submit("import", Look::Primary, labelled(Icon::Upload, "Import"), "Importing"))
                (action("cancel", routes::IMPORT, Look::Plain, "Cancel"))
            }
        };
        html! {
            @if is_held_up { (note(Meaning::Warning, "You asked for all or nothing: nothing can be imported.")) }
            @else if is_empty { (note(Meaning::Notice, "There is nothing to import.")) }
            @else { (upload(&self.frame.csrf, routes::IMPORT, "stack", form)) }
        }
    }
}
