//! What is sent and answered, by its name.

use maud::{Markup, html};

use super::{Kind, Marked, row};

#[derive(Clone, Debug)]
pub struct Shape {
    pub name: String,
    pub words: String,
    /// What it is, where it is no object of fields, or besides them.
    pub kind: Kind,
    pub fields: Vec<Field>,
    /// Values that it may have, or kinds that it may be, each with what there is to know of it.
    pub choices: Vec<(Kind, String)>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub required: bool,
    pub kind: Kind,
    pub words: String,
}

impl Shape {
    pub(super) fn render(&self) -> Markup {
        let place = format!("shape-{}", self.name);
        html! {
            section.panel id=(place) {
                h3 { (self.name) }
                @if !self.words.is_empty() { p { (Marked(&self.words)) } }
                @if !self.kind.0.is_empty() { p { (self.kind.shown(&format!("{place}-is"))) } }
                @if !self.fields.is_empty() {
                    table.stacks {
                        thead { tr { th scope="col" { "Field" } th scope="col" { "Is" } th scope="col" { "Means" } } }
                        tbody {
                            @for field in &self.fields { (field.row(&place)) }
                        }
                    }
                }
                @if !self.choices.is_empty() {
                    p.quiet { @if self.fields.is_empty() { "One of" } @else { "And one of" } }
                    ul.plain {
                        @for (number, (kind, words)) in self.choices.iter().enumerate() {
                            li {
                                (kind.shown(&format!("{place}-{number}")))
                                @if !words.is_empty() { ": " (Marked(words)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Field {
    fn row(&self, shape: &str) -> Markup {
        let means = html! {
            (Marked(&self.words))
            @if !self.required { " May be absent." }
        };
        let kind = self.kind.shown(&format!("{shape}-{}", self.name));
        row(&html! { code { (self.name) } }, &kind, &means)
    }
}
