//! What the settings would do, before they are saved.

use maud::{Markup, html};

#[derive(Clone, Debug)]
pub struct PreviewShown {
    pub calendar: String,
    pub entries_created: u32,
    pub events_created: u32,
    pub changed: u32,
    pub deleted: u32,
    pub conflicts: u32,
    pub refused: u32,
    /// Title, and what would be done.
    pub sample: Vec<(String, String)>,
    /// `false`: there is more than could be looked at in time.
    pub whole: bool,
}

pub(super) fn preview(previews: &[PreviewShown]) -> Markup {
    html! {
        section #preview .panel aria-labelledby="preview-title" tabindex="-1" {
            h2 #preview-title { "What the first sync would do" }
            p.quiet { "Nothing has been written yet. Save to start it." }
            @for preview in previews { (one(preview)) }
        }
    }
}

fn one(preview: &PreviewShown) -> Markup {
    let counts = [
        ("New in the schedule", preview.entries_created),
        ("New in the calendar", preview.events_created),
        ("Changed", preview.changed),
        ("Deleted", preview.deleted),
        ("Conflicts", preview.conflicts),
        ("Left out", preview.refused),
    ];
    html! {
        h3 { (preview.calendar) }
        dl.facts { @for (name, count) in counts { div { dt { (name) } dd { (count) } } } }
        @if !preview.whole { p.quiet { "The calendar is large: these are the numbers so far, there is more." } }
        @if !preview.sample.is_empty() {
            ul.items {
                @for (title, what) in &preview.sample {
                    li { p { strong { @if title.is_empty() { "(no title)" } @else { (title) } } } p.quiet { "Would " (what) } }
                }
            }
        }
    }
}
