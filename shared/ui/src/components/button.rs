//! Buttons, and links that look like them.

use maud::{Markup, Render, html};

use crate::icons::{Icon, icon};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Primary,
    Plain,
    Quiet,
    Danger,
}

impl Look {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Plain => "button",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
        }
    }
}

/// A glyph and its words, for the face of a button or link.
pub fn labelled(glyph: Icon, words: &str) -> Markup {
    html! { (icon(glyph)) span { (words) } }
}

/// Sends the form it stands in. `busy` replaces its words while the answer is awaited.
pub fn submit(id: &str, look: Look, face: impl Render, busy: &str) -> Markup {
    html! { button id=(id) class=(look.class()) type="submit" data-busy=(busy) { (face) } }
}

/// Like [`submit`], but cannot be pressed while there is a `reason` against it, which is shown to those who ask.
pub fn submit_unless(
    id: &str,
    look: Look,
    face: impl Render,
    busy: &str,
    reason: Option<&str>,
) -> Markup {
    match reason {
        None => submit(id, look, face, busy),
        Some(reason) => html! {
            button id=(id) class=(look.class()) type="submit" disabled title=(reason) { (face) }
        },
    }
}

/// Sends the form with one more value, whatever else is filled in.
pub fn submit_as(id: &str, look: Look, (name, value): (&str, &str), face: impl Render) -> Markup {
    html! {
        button id=(id) class=(look.class()) type="submit" name=(name) value=(value) formnovalidate { (face) }
    }
}

/// A button that only the script gives a meaning to; hidden where there is no script.
pub fn button(id: &str, name: &str, face: impl Render) -> Markup {
    html! { button id=(id) class="button quiet scripted" type="button" data-does=(name) { (face) } }
}

/// A plain link inside text.
pub fn link(id: &str, href: &str, words: impl Render) -> Markup {
    html! { a id=(id) href=(href) { (words) } }
}

/// A link with the weight of a button.
pub fn action(id: &str, href: &str, look: Look, face: impl Render) -> Markup {
    html! { a id=(id) class=(look.class()) href=(href) { (face) } }
}

/// A link to a page that asks; with script it opens the dialog of the same question instead.
pub fn opens(id: &str, href: &str, dialog: &str, look: Look, face: impl Render) -> Markup {
    html! { a id=(id) class=(look.class()) href=(href) data-opens=(dialog) { (face) } }
}

/// The way up from a detail page.
pub fn back(id: &str, href: &str, words: &str) -> Markup {
    html! { a id=(id) class="back" href=(href) { (icon(Icon::Back)) (words) } }
}
