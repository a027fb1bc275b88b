//! Inviting somebody, and the link that is shown once.

use domain::member::Role;
use maud::{Markup, html};

use crate::components::{
    Csrf, Field, FieldError, Look, Meaning, Moment, Select, action, back, button, error_of,
    error_summary, labelled, note, post, relative, submit,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

/// An invite that nobody has used yet.
#[derive(Clone, Debug)]
pub struct OpenInvite {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub expires: Moment,
}

#[derive(Clone, Debug)]
pub struct InviteForm {
    pub frame: Frame,
    pub email: String,
    pub role: Role,
    /// Those that the visitor may give.
    pub roles: Vec<Role>,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug)]
pub struct Invited {
    pub frame: Frame,
    pub email: String,
    pub role: Role,
    pub link: String,
}

pub(super) fn open(invites: &[OpenInvite], csrf: &Csrf) -> Markup {
    html! {
        section #invites .panel aria-labelledby="invites-title" {
            h2 #invites-title { "Open invites" }
            @if invites.is_empty() {
                p.quiet { "Nobody is invited at the moment." }
            } @else {
                ul.items {
                    @for invite in invites {
                        li {
                            p { strong { (invite.email) } " as " (invite.role.words()) }
                            p.quiet { "The link expires " (relative(&invite.expires)) }
                            @let revoke = submit(&format!("{}-revoke", invite.id), Look::Quiet, labelled(Icon::Close, "Revoke"), "Revoking");
                            (post(csrf, &routes::invite_revoke(&invite.id), "", revoke))
                        }
                    }
                }
            }
        }
    }
}

impl InviteForm {
    pub fn render(&self) -> Markup {
        let names: Vec<String> = self.roles.iter().map(Role::to_string).collect();
        let choices: Vec<(&str, &str)> = self
            .roles
            .iter()
            .zip(&names)
            .map(|(role, name)| (name.as_str(), role.words()))
            .collect();
        let chosen = self.role.to_string();
        let form = html! {
            (Field::new("email", "email", "E-mail").value(&self.email).error(error_of(&self.errors, "email"))
                .hint("Who joins with the link cannot change it.").autocomplete("off").required())
            (Select { hint: Some("You can change it later."), ..Select::new("role", "Role", &choices, &chosen) })
            div.actions.end { (submit("invite", Look::Primary, "Make the link", "Making")) }
        };
        let head = Head {
            back: Some(back("back", routes::MEMBERS, "Members")),
            ..Head::new("Invite somebody", Section::Members)
        };
        let content = html! {
            div.panel.narrow {
                (error_summary(&self.errors))
                p { "You get a link to pass on yourself: Kalends sends no mail. It is good once, for a week." }
                (post(&self.frame.csrf, routes::INVITE, "stack", form))
            }
        };
        page(&self.frame, &head, content)
    }
}

impl Invited {
    pub fn render(&self) -> Markup {
        let head = Head {
            back: Some(back("back", routes::MEMBERS, "Members")),
            ..Head::new("Invite somebody", Section::Members)
        };
        let content = html! {
            section .panel.narrow aria-labelledby="link-title" {
                h2 #link-title { "The link for " (self.email) }
                (note(Meaning::Warning, "It is shown only now. Copy it and pass it on yourself: Kalends sends no mail."))
                p { "Whoever opens it joins as " (self.role.words()) ". It is good once, for a week. You can revoke it until then." }
                div.stack {
                    div.field {
                        label for="link" { "Link" }
                        input #link type="text" value=(self.link) readonly;
                    }
                    div.actions.end {
                        (button("copy", "copy", labelled(Icon::Copy, "Copy")))
                        (action("done", routes::MEMBERS, Look::Primary, "Done"))
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }
}
