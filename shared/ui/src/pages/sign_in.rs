//! Sign in with e-mail and password.

use maud::{Markup, html};

use crate::components::{Csrf, Field, Look, Meaning, link, note, post, submit};
use crate::layout::{Theme, bare};
use crate::routes;

#[derive(Clone, Debug)]
pub struct SignIn {
    pub theme: Theme,
    pub csrf: Csrf,
    /// Where to go afterwards.
    pub next: Option<String>,
    pub email: String,
    pub trouble: Option<Trouble>,
}

/// Why the last try did not work. It never says which of the two fields was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Refused,
    Throttled {
        minutes: u32,
    },
    /// The member was here before and has been away too long.
    Expired,
    /// The organisation is being deleted.
    Erasing,
    /// The password was right.
    Deactivated,
}

impl SignIn {
    pub fn render(&self) -> Markup {
        let form = html! {
            @if let Some(next) = &self.next { input type="hidden" name="next" value=(next); }
            (Field::new("email", "email", "E-mail").value(&self.email).autocomplete("username").required())
            (Field::new("password", "password", "Password").autocomplete("current-password").required())
            (submit("sign-in", Look::Primary, "Sign in", "Signing in"))
        };
        let content = html! {
            @if let Some(trouble) = self.trouble { (explained(trouble)) }
            (post(&self.csrf, routes::SIGN_IN, "stack", form))
            p.aside { "New here? " (link("go-sign-up", routes::SIGN_UP, "Create an organisation")) }
        };
        bare("Sign in", self.theme, content)
    }
}

/// The password again, before what cannot be taken back.
#[derive(Clone, Debug)]
pub struct Confirm {
    pub theme: Theme,
    pub csrf: Csrf,
    pub email: String,
    /// Where to go afterwards, and where to go instead.
    pub next: String,
    pub trouble: Option<Trouble>,
}

impl Confirm {
    pub fn render(&self) -> Markup {
        let form = html! {
            input type="hidden" name="next" value=(self.next);
            // For password managers: whose password it is.
            input type="hidden" name="username" value=(self.email) autocomplete="username";
            (Field::new("password", "password", "Password").autocomplete("current-password").required())
            (submit("confirm", Look::Primary, "Confirm", "Confirming"))
        };
        let content = html! {
            @match self.trouble {
                Some(Trouble::Refused) => div role="alert" {
                    (note(Meaning::Error, "That is not your password. Nothing was done."))
                },
                Some(trouble) => (explained(trouble)),
                None => {}
            }
            p { "What you are about to do needs the password of " strong { (self.email) } ". You are asked again after a quarter of an hour." }
            (post(&self.csrf, routes::CONFIRM, "stack", form))
            p.aside { (link("confirm-not", &self.next, "Go back without it")) }
        };
        bare("Confirm that it is you", self.theme, content)
    }
}

fn explained(trouble: Trouble) -> Markup {
    let (meaning, words) = match trouble {
        Trouble::Refused => (
            Meaning::Error,
            "E-mail and password do not match. Check both and try again.".to_owned(),
        ),
        Trouble::Throttled { minutes: 1 } => (
            Meaning::Warning,
            "Too many tries. Wait one minute, then try again.".to_owned(),
        ),
        Trouble::Throttled { minutes } => (
            Meaning::Warning,
            format!("Too many tries. Wait {minutes} minutes, then try again."),
        ),
        Trouble::Expired => (
            Meaning::Notice,
            "You were signed out after a while away. Sign in to go on.".to_owned(),
        ),
        Trouble::Erasing => (
            Meaning::Warning,
            "Your organisation is being deleted. Nobody can sign in any more.".to_owned(),
        ),
        Trouble::Deactivated => (
            Meaning::Warning,
            "You can no longer sign in: an administrator deactivated you. Ask them if that is a mistake.".to_owned(),
        ),
    };
    html! { div role="alert" { (note(meaning, words)) } }
}
