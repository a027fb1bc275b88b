//! One's own account: what one may do, and where one is signed in.

use domain::{member::Role, permission::Permissions};
use maud::{Markup, html};

use crate::components::{
    Csrf, Field, FieldError, Look, Meaning, Moment, absolute, action, back, badge, error_of,
    error_summary, labelled, link, post, relative, submit,
};
use crate::icons::Icon;
use crate::layout::{Frame, Head, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Profile {
    pub frame: Frame,
    pub email: String,
    pub role: Role,
    pub permissions: Permissions,
    /// The one that looks comes first.
    pub sessions: Vec<SignedIn>,
}

/// A browser in which the member is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub id: String,
    /// "Firefox on Linux"
    pub browser: String,
    pub address: Option<String>,
    pub began: Moment,
    pub is_this: bool,
}

fn head(title: &str, back: Option<Markup>) -> Head<'_> {
    Head {
        title,
        section: None,
        back,
        actions: Markup::default(),
    }
}

impl Profile {
    pub fn render(&self) -> Markup {
        let content = html! {
            div.stack {
                section .panel.narrow aria-labelledby="facts-title" {
                    h2 #facts-title { (self.frame.member) }
                    dl.facts {
                        div { dt { "E-mail" } dd { (self.email) } }
                        div { dt { "Organisation" } dd { (self.frame.organization) } }
                        div { dt { "Role" } dd { (self.role.words()) } }
                        div {
                            dt { "Password" }
                            dd { (action("change-password", routes::PASSWORD, Look::Plain, "Change the password")) }
                        }
                    }
                }
                section .panel.narrow aria-labelledby="may-title" {
                    h2 #may-title { "What you may do" }
                    ul.plain { @for one in self.permissions.iter() { li { (one.opens()) } } }
                    p.quiet { (link("roles", routes::ROLES, "What each role may do")) }
                }
                (self.signed_in())
            }
        };
        page(&self.frame, &head("Profile", None), content)
    }

    fn signed_in(&self) -> Markup {
        let csrf = &self.frame.csrf;
        html! {
            section #sessions .panel.narrow aria-labelledby="sessions-title" {
                h2 #sessions-title { "Where you are signed in" }
                ul.items {
                    @for one in &self.sessions {
                        li {
                            p { strong { (one.browser) } @if let Some(address) = &one.address { " · " (address) } }
                            p.quiet { "Since " (absolute(&one.began)) " (" (relative(&one.began)) ")" }
                            @if one.is_this {
                                div.badges { (badge(Meaning::Ok, "This browser")) }
                            } @else {
                                @let end = submit(&format!("{}-end", one.id), Look::Quiet, labelled(Icon::SignOut, "Sign out there"), "Signing out");
                                (post(csrf, &routes::session_end(&one.id), "", end))
                            }
                        }
                    }
                }
                @if self.sessions.len() > 1 {
                    @let end = submit("end-others", Look::Plain, labelled(Icon::SignOut, "Sign out everywhere else"), "Signing out");
                    div.actions.end { (post(csrf, routes::SESSIONS_END, "", end)) }
                }
            }
        }
    }
}

/// Another password, for whoever knows the old one.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    pub frame: Frame,
    pub email: String,
    /// By the names `current`, `password`.
    pub errors: Vec<FieldError>,
}

impl ChangePassword {
    pub fn render(&self) -> Markup {
        let csrf: &Csrf = &self.frame.csrf;
        let error = |field| error_of(&self.errors, field);
        let form = html! {
            // For password managers: whose password it is.
            input type="hidden" name="username" value=(self.email) autocomplete="username";
            (Field::new("current", "password", "Current password").error(error("current"))
                .autocomplete("current-password").required())
            (Field::new("password", "password", "New password").error(error("password"))
                .hint("At least 12 characters. A few words you can remember are fine.")
                .autocomplete("new-password").required())
            div.actions.end { (submit("change", Look::Primary, "Change the password", "Changing")) }
        };
        let content = html! {
            div.panel.narrow {
                (error_summary(&self.errors))
                p { "You stay signed in here, and are signed out everywhere else." }
                (post(csrf, routes::PASSWORD, "stack", form))
            }
        };
        let up = back("back", routes::PROFILE, "Profile");
        page(&self.frame, &head("Change the password", Some(up)), content)
    }
}
