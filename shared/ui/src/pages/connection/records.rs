//! What happened: recent runs, and items that no run can settle alone.

use maud::{Markup, html};

use crate::components::{
    Csrf, Look, Meaning, Moment, absolute, badge, labelled, link, post, relative, submit,
};
use crate::icons::Icon;
use crate::routes;

#[derive(Clone, Debug)]
pub struct Run {
    /// "Calendar notice", "Sync now", "Reconcile"
    pub trigger: String,
    pub started: Moment,
    /// "1.2 s"; nothing while it runs.
    pub duration: String,
    pub pulled: u32,
    pub pushed: u32,
    pub deleted: u32,
    pub conflicts: u32,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Queued,
    Running,
    Done,
    /// More is left, which the next run goes on with; why, in words.
    Continues(String),
    /// Nothing was looked at; why, in words.
    Skipped(String),
    /// Finished, with items left over.
    Partly {
        failed: u32,
    },
    /// Why, in words.
    Failed(String),
}

/// An event or entry that does not sync.
#[derive(Clone, Debug)]
pub struct ItemError {
    pub id: String,
    pub title: String,
    /// The provider's id, for those who look it up there.
    pub external_id: String,
    /// Our entry, if there is one.
    pub entry: Option<String>,
    pub reason: String,
    pub attempts: u32,
    pub last_seen: Moment,
    pub next: NextTry,
}

#[derive(Clone, Debug)]
pub enum NextTry {
    WhenItChanges,
    At(Moment),
    GivenUp,
}

impl Outcome {
    fn render(&self) -> Markup {
        match self {
            Self::Queued => badge(Meaning::Notice, "Waiting"),
            Self::Running => badge(Meaning::Notice, "Running"),
            Self::Continues(words) => {
                html! { (badge(Meaning::Notice, "To be continued")) p.quiet { (words) } }
            }
            Self::Skipped(words) => {
                html! { (badge(Meaning::Off, "Skipped")) p.quiet { (words) } }
            }
            Self::Done => badge(Meaning::Ok, "Done"),
            Self::Partly { failed } => badge(Meaning::Warning, &format!("{failed} left over")),
            Self::Failed(words) => html! { (badge(Meaning::Error, "Failed")) p.quiet { (words) } },
        }
    }
}

pub(super) fn runs(runs: &[Run]) -> Markup {
    html! {
        section #runs .panel aria-labelledby="runs-title" {
            h2 #runs-title { "Recent runs" }
            @if runs.is_empty() {
                p.quiet { "No run yet. The first one starts when you save which calendars to sync." }
            } @else {
                table.stacks aria-labelledby="runs-title" {
                    thead {
                        tr {
                            th scope="col" { "Started" } th scope="col" { "Trigger" } th.number scope="col" { "Took" }
                            th.number scope="col" { "Pulled" } th.number scope="col" { "Pushed" }
                            th.number scope="col" { "Deleted" } th.number scope="col" { "Conflicts" }
                            th scope="col" { "Outcome" }
                        }
                    }
                    tbody {
                        @for run in runs {
                            tr {
                                td data-label="Started" { (absolute(&run.started)) }
                                td data-label="Trigger" { (run.trigger) }
                                td.number data-label="Took" { @if run.duration.is_empty() { "–" } @else { (run.duration) } }
                                td.number data-label="Pulled" { (run.pulled) }
                                td.number data-label="Pushed" { (run.pushed) }
                                td.number data-label="Deleted" { (run.deleted) }
                                td.number data-label="Conflicts" { (run.conflicts) }
                                td data-label="Outcome" { (run.outcome.render()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn attention(connection: &str, items: &[ItemError], csrf: &Csrf) -> Markup {
    html! {
        section.panel aria-labelledby="attention-title" {
            h2 #attention-title { "Needs attention" }
            @if items.len() > 1 {
                @let words = format!("Retry all {}", items.len());
                (post(csrf, &routes::connection_retry_all(connection), "", submit("retry-all", Look::Plain, labelled(Icon::Sync, &words), "Asking")))
            }
            ul.items {
                @for (number, item) in items.iter().enumerate() {
                    li {
                        p {
                            @match &item.entry {
                                Some(entry) => strong { (link(&format!("attention-{number}"), &routes::entry(entry), &item.title)) },
                                None => strong { (item.title) },
                            }
                        }
                        p { (item.reason) }
                        p.quiet {
                            "Tried " (item.attempts) @if item.attempts == 1 { " time" } @else { " times" }
                            " · last " (relative(&item.last_seen)) " · "
                            @match &item.next {
                                NextTry::WhenItChanges => "again when it changes",
                                NextTry::At(moment) => { "next try " (absolute(moment)) },
                                NextTry::GivenUp => "given up",
                            }
                            " · " code { (item.external_id) }
                        }
                        @let retry = submit(&format!("{}-retry", item.id), Look::Quiet, labelled(Icon::Sync, "Retry"), "Asking");
                        (post(csrf, &routes::connection_retry(connection, &item.id), "", retry))
                    }
                }
            }
        }
    }
}
