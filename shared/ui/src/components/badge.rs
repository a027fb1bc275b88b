//! Four meanings and plain information, always as glyph, word and colour together.

use maud::{Markup, html};

use crate::icons::{Icon, icon};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Ok,
    Warning,
    Error,
    Off,
    Notice,
}

impl Meaning {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Off => "off",
            Self::Notice => "notice",
        }
    }

    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Ok => Icon::Check,
            Self::Warning => Icon::Alert,
            Self::Error => Icon::Error,
            Self::Off => Icon::Off,
            Self::Notice => Icon::Facts,
        }
    }
}

pub fn badge(meaning: Meaning, word: &str) -> Markup {
    html! { span class={ "badge " (meaning.class()) } { (icon(meaning.icon())) (word) } }
}

/// A paragraph that must not be missed, with what to do about it.
pub fn note(meaning: Meaning, body: impl maud::Render) -> Markup {
    html! { div class={ "note " (meaning.class()) } { (icon(meaning.icon())) div { (body) } } }
}
