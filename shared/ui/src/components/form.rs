//! Forms that change something, and what was wrong with the last try.

use maud::{Markup, Render, html};

/// The word a form must repeat to prove that it came from our page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csrf(pub String);

impl Csrf {
    pub const FIELD: &str = "csrf_token";
    pub const HEADER: &str = "X-CSRF-Token";
}

impl Render for Csrf {
    fn render(&self) -> Markup {
        html! { input type="hidden" name=(Self::FIELD) value=(self.0); }
    }
}

/// A form that changes something. There is no other way to write one, so none lacks its proof of origin.
pub fn post(csrf: &Csrf, action: &str, class: &str, body: impl Render) -> Markup {
    html! { form method="post" action=(action) class=(class) { (csrf) (body) } }
}

/// Like [`post`], for a form with a file.
pub fn upload(csrf: &Csrf, action: &str, class: &str, body: impl Render) -> Markup {
    html! {
        form method="post" action=(action) class=(class) enctype="multipart/form-data" { (csrf) (body) }
    }
}

/// What is wrong with one field, by the field's name; an empty name means the form as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub words: String,
}

impl FieldError {
    pub fn new(field: &str, words: &str) -> Self {
        Self {
            field: field.to_owned(),
            words: words.to_owned(),
        }
    }
}

pub fn error_of<'a>(errors: &'a [FieldError], field: &str) -> Option<&'a str> {
    errors
        .iter()
        .find(|error| error.field == field)
        .map(|error| error.words.as_str())
}

/// All errors at the top of the form, each a link to its field. An input's id is its name.
pub fn error_summary(errors: &[FieldError]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div #error-summary .note.error role="alert" tabindex="-1" {
                (crate::icons::icon(crate::icons::Icon::Error))
                div {
                    strong { @if errors.len() == 1 { "One thing needs a change" } @else { (errors.len()) " things need a change" } }
                    ul {
                        @for error in errors {
                            li {
                                @if error.field.is_empty() { (error.words) }
                                @else { a id={ "error-link-" (error.field) } href={ "#" (error.field) } { (error.words) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
