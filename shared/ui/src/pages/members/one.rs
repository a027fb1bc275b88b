//! One member: what they may do, and whether they can sign in.

use domain::{member::Role, permission::Permission};
use maud::{Markup, html};

use super::state;
use crate::components::{
    Checkbox, Confirm, Look, Meaning, Moment, Select, absolute, back, labelled, note, opens, post,
    relative, submit,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct MemberPage {
    pub frame: Frame,
    pub id: String,
    /// The version that the forms change.
    pub version: u64,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// What the role leaves to grants.
    pub grants: Vec<Grant>,
    pub joined: Moment,
    pub last_sign_in: Option<Moment>,
    pub standing: Standing,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub permission: Permission,
    pub given: bool,
}

#[derive(Clone, Debug)]
pub enum Standing {
    /// The visitor, who changes nobody but others.
    Oneself,
    Active,
    Deactivated {
        since: Moment,
        connections: usize,
    },
}

impl MemberPage {
    pub fn render(&self) -> Markup {
        let head = Head {
            back: Some(back("back", routes::MEMBERS, "Members")),
            ..Head::new(&self.name, Section::Members)
        };
        let content = html! {
            div.stack {
                (self.facts())
                @match &self.standing {
                    Standing::Oneself => div.narrow {
                        (note(Meaning::Notice, "This is you. Your role can only be changed by another administrator, so that there is always one."))
                    },
                    Standing::Active => {
                        (self.role_form())
                        @if !self.grants.is_empty() { (self.grants_form()) }
                        (self.deactivation())
                    },
                    Standing::Deactivated { since, connections } => {
                        (self.reactivation(since, *connections))
                        (self.role_form())
                        @if !self.grants.is_empty() { (self.grants_form()) }
                    },
                }
            }
        };
        page(&self.frame, &head, content)
    }

    /// The question behind "Deactivate", for the dialog and for its own page.
    pub fn deactivate(id: &str, name: &str) -> Confirm {
        Confirm {
            id: "deactivate-member".to_owned(),
            question: format!("Deactivate {name}?"),
            consequences: vec![
                "They are signed out everywhere at once, and cannot sign in any more.".to_owned(),
                "Their calendars are paused: nothing of the schedule leaves any more, and nothing comes in.".to_owned(),
                "Their entries stay in the schedule, and copies in their calendars stay as they are.".to_owned(),
                "You can reactivate them at any time.".to_owned(),
            ],
            extras: Vec::new(),
            action: routes::member_deactivate(id),
            hidden: Vec::new(),
            yes: "Deactivate",
            busy: "Deactivating",
            back: routes::member(id),
        }
    }

    fn facts(&self) -> Markup {
        let is_active = !matches!(self.standing, Standing::Deactivated { .. });
        html! {
            section .panel.narrow aria-labelledby="facts-title" {
                h2 #facts-title { "Member" }
                dl.facts {
                    div { dt { "E-mail" } dd { (self.email) } }
                    div { dt { "Role" } dd { (self.role.words()) } }
                    div { dt { "State" } dd { (state(is_active)) } }
                    div {
                        dt { "Last sign-in" }
                        dd { @match &self.last_sign_in { Some(moment) => (relative(moment)), None => "Never" } }
                    }
                    div { dt { "Joined" } dd { (absolute(&self.joined)) } }
                    div { dt { "Id" } dd { code { (self.id) } } }
                }
            }
        }
    }

    fn role_form(&self) -> Markup {
        let names = Role::ALL.map(|role| role.to_string());
        let choices: Vec<(&str, &str)> = Role::ALL
            .iter()
            .zip(&names)
            .map(|(role, name)| (name.as_str(), role.words()))
            .collect();
        let chosen = self.role.to_string();
        let hint = "Counts from their next click on. Grants that the new role does not know are withdrawn.";
        let form = html! {
            input type="hidden" name="version" value=(self.version);
            (Select { hint: Some(hint), ..Select::new("role", "Role", &choices, &chosen) })
            div.actions.end { (submit("save-role", Look::Primary, labelled(Icon::Save, "Change role"), "Changing")) }
        };
        html! {
            section .panel.narrow aria-labelledby="role-title" {
                h2 #role-title { "What they are" }
                (post(&self.frame.csrf, &routes::member_role(&self.id), "stack", form))
            }
        }
    }

    fn grants_form(&self) -> Markup {
        let form = html! {
            input type="hidden" name="version" value=(self.version);
            @for Grant { permission, given } in &self.grants {
                @let id = format!("grant-{}", permission.name().replace('.', "-"));
                (Checkbox { id: &id, name: permission.name(), label: permission.opens(), checked: *given, hint: None })
            }
            div.actions.end { (submit("save-grants", Look::Primary, labelled(Icon::Save, "Save grants"), "Saving")) }
        };
        html! {
            section .panel.narrow aria-labelledby="grants-title" {
                h2 #grants-title { "Granted to them beyond the role" }
                (post(&self.frame.csrf, &routes::member_grants(&self.id), "stack", form))
            }
        }
    }

    fn deactivation(&self) -> Markup {
        let confirm = Self::deactivate(&self.id, &self.name);
        html! {
            section .panel.narrow aria-labelledby="state-title" {
                h2 #state-title { "Deactivate" }
                p { "Signs them out everywhere and pauses their calendars. Nothing is deleted." }
                div.actions.end {
                    (opens(
                        "deactivate", &routes::member_deactivate(&self.id), &confirm.id, Look::Danger,
                        labelled(Icon::Off, "Deactivate"),
                    ))
                }
            }
            (confirm.dialog(&self.frame.csrf))
        }
    }

    fn reactivation(&self, since: &Moment, connections: usize) -> Markup {
        let button = submit(
            "reactivate",
            Look::Primary,
            labelled(Icon::Play, "Reactivate"),
            "Reactivating",
        );
        html! {
            section .panel.narrow aria-labelledby="state-title" {
                h2 #state-title { "Deactivated" }
                p { "Cannot sign in since " (absolute(since)) "." }
                @match connections {
                    0 => p { "They have no calendar connected." },
                    1 => p { "Their calendar is paused: nothing of the schedule leaves to it, and nothing comes in. Reactivating does not resume it; they do that themselves." },
                    many => p { "Their " (many) " calendars are paused: nothing of the schedule leaves to them, and nothing comes in. Reactivating does not resume them; they do that themselves." },
                }
                div.actions.end { (post(&self.frame.csrf, &routes::member_reactivate(&self.id), "", button)) }
            }
        }
    }
}
