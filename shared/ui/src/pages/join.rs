//! Join an organisation with an invite. Address and role are the invite's.

use domain::member::Role;
use maud::{Markup, html};

use crate::components::{Csrf, Field, FieldError, Look, error_of, error_summary, post, submit};
use crate::layout::{Theme, bare};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Join {
    pub theme: Theme,
    pub csrf: Csrf,
    pub token: String,
    pub organization: String,
    pub email: String,
    pub role: Role,
    pub name: String,
    /// By the names `name`, `password`.
    pub errors: Vec<FieldError>,
}

impl Join {
    pub fn render(&self) -> Markup {
        let error = |field| error_of(&self.errors, field);
        let form = html! {
            input type="hidden" name="token" value=(self.token);
            // For password managers: whose password it is.
            input type="hidden" name="username" value=(self.email) autocomplete="username";
            (Field::new("name", "text", "Your name").value(&self.name).error(error("name"))
                .autocomplete("name").required())
            (Field::new("password", "password", "Password").error(error("password"))
                .hint("At least 12 characters. A few words you can remember are fine.")
                .autocomplete("new-password").required())
            (submit("join", Look::Primary, "Join", "Joining"))
        };
        let content = html! {
            (error_summary(&self.errors))
            dl.facts {
                div { dt { "E-mail" } dd { (self.email) } }
                div { dt { "Role" } dd { (self.role.words()) } }
            }
            (post(&self.csrf, routes::JOIN, "stack", form))
        };
        bare(&format!("Join {}", self.organization), self.theme, content)
    }
}
