//! Create an organisation and its first member, an admin.

use maud::{Markup, html};

use crate::components::{
    Csrf, Field, FieldError, Look, error_of, error_summary, link, post, submit,
};
use crate::layout::{Theme, bare};
use crate::routes;

#[derive(Clone, Debug)]
pub struct SignUp {
    pub theme: Theme,
    pub csrf: Csrf,
    pub organization: String,
    pub name: String,
    pub email: String,
    /// By the names `organization`, `name`, `email`, `password`.
    pub errors: Vec<FieldError>,
}

impl SignUp {
    pub fn render(&self) -> Markup {
        let error = |field| error_of(&self.errors, field);
        let form = html! {
            (Field::new("organization", "text", "Organisation").value(&self.organization).error(error("organization"))
                .autocomplete("organization").required())
            (Field::new("name", "text", "Your name").value(&self.name).error(error("name"))
                .autocomplete("name").required())
            (Field::new("email", "email", "E-mail").value(&self.email).error(error("email"))
                .autocomplete("username").required())
            (Field::new("password", "password", "Password").error(error("password"))
                .hint("At least 12 characters. A few words you can remember are fine.")
                .autocomplete("new-password").required())
            (submit("sign-up", Look::Primary, "Create organisation", "Creating"))
        };
        let content = html! {
            (error_summary(&self.errors))
            (post(&self.csrf, routes::SIGN_UP, "stack", form))
            p.aside { "Already a member? " (link("go-sign-in", routes::SIGN_IN, "Sign in")) }
        };
        bare("Create an organisation", self.theme, content)
    }
}
