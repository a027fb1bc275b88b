//! The members of the organisation, for those who manage them.

mod invite;
mod one;

use domain::member::Role;
use maud::{Markup, html};

pub use invite::{InviteForm, Invited, OpenInvite};
pub use one::{Grant, MemberPage, Standing};

use crate::components::{Look, Meaning, Moment, action, badge, labelled, link, relative};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Members {
    pub frame: Frame,
    pub rows: Vec<Row>,
    pub invites: Vec<OpenInvite>,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// In words; what was granted beyond the role.
    pub grants: Vec<&'static str>,
    pub is_active: bool,
    pub is_oneself: bool,
    pub last_sign_in: Option<Moment>,
}

fn state(is_active: bool) -> Markup {
    if is_active {
        badge(Meaning::Ok, "Active")
    } else {
        badge(Meaning::Off, "Deactivated")
    }
}

impl Members {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Members", Section::Members);
        let face = labelled(Icon::Plus, "Invite somebody");
        head.actions = action("invite", routes::INVITE, Look::Primary, face);
        let content = html! {
            div.stack {
                section #members .panel aria-labelledby="members-title" {
                    h2 #members-title { "Who can sign in" }
                    (self.table())
                }
                (invite::open(&self.invites, &self.frame.csrf))
            }
        };
        page(&self.frame, &head, content)
    }

    fn table(&self) -> Markup {
        html! {
            table.stacks aria-labelledby="members-title" {
                thead {
                    tr {
                        th scope="col" { "Name" } th scope="col" { "E-mail" } th scope="col" { "Role" }
                        th scope="col" { "State" } th scope="col" { "Last sign-in" }
                    }
                }
                tbody {
                    @for row in &self.rows {
                        tr {
                            td data-label="Name" {
                                span {
                                    (link(&row.id, &routes::member(&row.id), &row.name))
                                    @if row.is_oneself { " (you)" }
                                }
                            }
                            td data-label="E-mail" { (row.email) }
                            td data-label="Role" {
                                span {
                                    (row.role.words())
                                    @if !row.grants.is_empty() { ", granted: " (row.grants.join("; ")) }
                                }
                            }
                            td data-label="State" { (state(row.is_active)) }
                            td data-label="Last sign-in" {
                                @match &row.last_sign_in { Some(moment) => (relative(moment)), None => "Never" }
                            }
                        }
                    }
                }
            }
        }
    }
}
