//! The organisation, and its end.

use domain::cors::{AllowedOrigins, WebOrigin};
use domain::erasure::Stage;
use maud::{Markup, html};

use super::disconnection::Standing;
use crate::components::{
    Confirm, Csrf, Extra, FieldError, Look, Moment, Textarea, absolute, error_of, error_summary,
    labelled, opens, post, relative, submit,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct OrganizationPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub created: Moment,
    /// For whom may say it.
    pub sites: Option<Sites>,
    pub end: End,
}

/// The name of the field.
pub const ORIGINS: &str = "origins";

/// The sites whose pages may use the organisation's keys.
#[derive(Clone, Debug)]
pub struct Sites {
    /// One in a line.
    pub origins: String,
    pub version: u64,
    pub errors: Vec<FieldError>,
}

impl Sites {
    pub fn of(allowed: &AllowedOrigins) -> Self {
        let lines: Vec<_> = allowed.origins.iter().map(WebOrigin::as_str).collect();
        Self {
            origins: lines.join("\n"),
            version: allowed.version,
            errors: Vec::new(),
        }
    }

    fn form(&self, csrf: &Csrf) -> Markup {
        let fields = html! {
            input type="hidden" name="version" value=(self.version);
            (Textarea {
                id: ORIGINS,
                label: "Sites",
                value: &self.origins,
                hint: Some("One in a line, such as https://app.example.com."),
                error: error_of(&self.errors, ORIGINS),
            })
            div.actions.end { (submit("save-origins", Look::Primary, "Save the sites", "Saving")) }
        };
        html! {
            section .panel.narrow aria-labelledby="origins-title" {
                h2 #origins-title { "Pages that may use API keys" }
                (error_summary(&self.errors))
                p { "A page of another site can call the API with a key of yours only if its site is listed here. Programs that are no pages need no entry." }
                (post(csrf, routes::ORGANIZATION_ORIGINS, "stack", fields))
            }
        }
    }
}

/// What the visitor can know or do about the organisation's end.
#[derive(Clone, Debug)]
pub enum End {
    /// Only administrators can begin it.
    NotTheirs,
    CanBegin,
    UnderWay {
        asked: Moment,
        /// Every stage, in order.
        stages: Vec<(Stage, Standing)>,
    },
}

const fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::EndConnections => "Disconnect every account",
        Stage::OutliveSessions => "Sign everyone out, about ten minutes after the request",
        Stage::DeleteRecords => "Delete everything that is kept",
    }
}

impl OrganizationPage {
    pub fn render(&self) -> Markup {
        let head = Head::new("Organisation", Section::Organization);
        let content = html! {
            div.stack {
                section .panel.narrow aria-labelledby="facts-title" {
                    h2 #facts-title { (self.name) }
                    dl.facts {
                        div { dt { "Created" } dd { (absolute(&self.created)) } }
                        div { dt { "Id" } dd { code { (self.id) } } }
                    }
                }
                @if let Some(sites) = &self.sites { (sites.form(&self.frame.csrf)) }
                @match &self.end {
                    End::NotTheirs => {}
                    End::CanBegin => (self.offer()),
                    End::UnderWay { asked, stages } => (under_way(asked, stages)),
                }
            }
        };
        page(&self.frame, &head, content)
    }

    /// The question behind "Delete", for the dialog and for its own page. `error` is what was wrong with the last answer.
    pub fn delete(name: &str, error: Option<String>) -> Confirm {
        Confirm {
            id: "delete-organization".to_owned(),
            question: format!("Delete {name}?"),
            consequences: vec![
                "Syncing stops at once, every account is disconnected, and nobody can sign in any more.".to_owned(),
                "The schedule with all entries, members, settings and history is deleted. Nobody can bring it back, and neither can we."
                    .to_owned(),
                "Events in people's calendars stay, copies included unless you tick the box.".to_owned(),
            ],
            extras: vec![
                Extra::Tick {
                    name: "remove_copies",
                    label: "Also remove the copies we created in people's calendars",
                    hint: "Only events that Kalends itself added are removed.",
                },
                Extra::Typed {
                    name: "name",
                    label: format!("Type {name} to confirm"),
                    error,
                },
            ],
            action: routes::ORGANIZATION_DELETE.to_owned(),
            hidden: Vec::new(),
            yes: "Delete for ever",
            busy: "Deleting",
            back: routes::ORGANIZATION.to_owned(),
        }
    }

    fn offer(&self) -> Markup {
        let confirm = Self::delete(&self.name, None);
        html! {
            section .panel.narrow aria-labelledby="end-title" {
                h2 #end-title { "Delete the organisation" }
                p { "Disconnects every account and deletes everything that is kept of the organisation and its members." }
                div.actions.end {
                    (opens(
                        "delete", routes::ORGANIZATION_DELETE, &confirm.id, Look::Danger,
                        labelled(Icon::Trash, "Delete the organisation"),
                    ))
                }
            }
            (confirm.dialog(&self.frame.csrf))
        }
    }
}

fn under_way(asked: &Moment, stages: &[(Stage, Standing)]) -> Markup {
    html! {
        section #end .panel.narrow aria-labelledby="end-title" data-running
            hx-get=(routes::ORGANIZATION) hx-select="#end" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
            h2 #end-title { "Being deleted" }
            p { "Nothing is synced any more, and nobody can sign in. You can leave this page." }
            p.quiet { "Asked for " (relative(asked)) }
            ol.items {
                @for (stage, standing) in stages {
                    li { p { (words(*stage)) } div.badges { (standing.badge()) } }
                }
            }
        }
    }
}
