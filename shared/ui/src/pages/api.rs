//! The API for people: what holds for all of it, every operation, every shape, every code.

mod shapes;

use maud::{Markup, Render, html};

pub use shapes::{Field, Shape};

use crate::components::link;
use crate::layout::{Theme, reading};
use crate::routes;

const SHAPES: &str = "Shapes";
const CODES: &str = "Codes of problems";

#[derive(Clone, Debug)]
pub struct ApiPage {
    pub theme: Theme,
    pub version: String,
    /// Paragraphs. The first part has no title.
    pub guide: Vec<(String, Vec<String>)>,
    pub groups: Vec<Group>,
    pub shapes: Vec<Shape>,
    /// Each code of a problem, and what it says.
    pub codes: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub words: String,
    pub operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub words: String,
    /// What a caller must bring.
    pub needs: &'static str,
    pub parameters: Vec<Parameter>,
    pub body: Option<Kind>,
    pub answers: Vec<Answer>,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    /// "path", "query" or "header"
    pub place: String,
    pub required: bool,
    pub kind: Kind,
    pub words: String,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: String,
    /// Paragraphs.
    pub words: Vec<String>,
    pub kind: Option<Kind>,
    pub headers: Vec<String>,
}

/// What a value is, in words and names of shapes.
#[derive(Clone, Debug, Default)]
pub struct Kind(pub Vec<Piece>);

#[derive(Clone, Debug)]
pub enum Piece {
    Words(String),
    Shape(String),
}

/// Text with `code` in it, as the document has it.
struct Marked<'a>(&'a str);

impl Render for Marked<'_> {
    fn render(&self) -> Markup {
        html! {
            @for (number, piece) in self.0.split('`').enumerate() {
                @if number % 2 == 0 { (piece) } @else { code { (piece) } }
            }
        }
    }
}

impl Kind {
    pub fn say(&mut self, words: &str) {
        self.0.push(Piece::Words(words.to_owned()));
    }

    /// `place` makes the ids of its links.
    fn shown(&self, place: &str) -> Markup {
        html! {
            @for (number, piece) in self.0.iter().enumerate() {
                @match piece {
                    Piece::Words(words) => (Marked(words)),
                    Piece::Shape(name) => (link(&format!("{place}-{number}"), &format!("#shape-{name}"), name)),
                }
            }
        }
    }
}

impl ApiPage {
    pub fn render(&self) -> Markup {
        let content = html! {
            p.quiet {
                "Version " (self.version) ", "
                (link("openapi", routes::OPENAPI, "for programs: OpenAPI 3.1"))
            }
            (self.contents())
            @for (title, paragraphs) in &self.guide { (part(title, paragraphs)) }
            @for group in &self.groups {
                section.stack {
                    div {
                        h2 id=(anchor(&group.name)) { (group.name) }
                        p { (Marked(&group.words)) }
                        ul.plain {
                            @for operation in &group.operations {
                                li { (link(&format!("to-{}", operation.id), &format!("#{}", operation.id), &operation.summary)) }
                            }
                        }
                    }
                    @for operation in &group.operations { (operation.render()) }
                }
            }
            section.stack {
                h2 id=(anchor(SHAPES)) { (SHAPES) }
                @for shape in &self.shapes { (shape.render()) }
            }
            section.panel id="shape-ProblemCode" {
                h2 id=(anchor(CODES)) { (CODES) }
                dl.facts {
                    @for (code, words) in &self.codes {
                        div.tall { dt { code id={ "code-" (code) } { (code) } } dd { (Marked(words)) } }
                    }
                }
            }
        };
        reading("The API", self.theme, content)
    }

    fn contents(&self) -> Markup {
        let titles = self.guide.iter().map(|(title, _)| title.as_str());
        let groups = self.groups.iter().map(|group| group.name.as_str());
        let all = titles.chain(groups).filter(|title| !title.is_empty());
        html! {
            nav aria-label="Contents" {
                ul.badges {
                    @for title in all.chain([SHAPES, CODES]) {
                        li { (link(&format!("to-{}", anchor(title)), &format!("#{}", anchor(title)), title)) }
                    }
                }
            }
        }
    }
}

fn part(title: &str, paragraphs: &[String]) -> Markup {
    html! {
        section.panel {
            @if !title.is_empty() { h2 id=(anchor(title)) { (title) } }
            @for paragraph in paragraphs { p { (Marked(paragraph)) } }
        }
    }
}

/// A title as an address within the page.
fn anchor(title: &str) -> String {
    format!("part-{}", title.to_lowercase().replace(' ', "-"))
}

impl Operation {
    fn render(&self) -> Markup {
        html! {
            section.panel id=(self.id) {
                h3 { (self.summary) }
                p { code { (self.method) " " (self.path) } }
                @if !self.words.is_empty() { p { (Marked(&self.words)) } }
                p.quiet { (Marked(self.needs)) }
                table.stacks {
                    thead { tr { th scope="col" { "What" } th scope="col" { "Is" } th scope="col" { "Means" } } }
                    tbody {
                        @for parameter in &self.parameters { (parameter.row(&self.id)) }
                        @if let Some(body) = &self.body {
                            (row(&html! { "Body" }, &body.shown(&format!("{}-body", self.id)), &html! { "What is asked for" }))
                        }
                        @for answer in &self.answers { (answer.row(&self.id)) }
                    }
                }
            }
        }
    }
}

fn row(what: &Markup, is: &Markup, means: &Markup) -> Markup {
    html! {
        tr { td data-label="What" { (what) } td data-label="Is" { (is) } td data-label="Means" { (means) } }
    }
}

impl Parameter {
    fn row(&self, operation: &str) -> Markup {
        let place = format!("{operation}-{}", self.name.to_lowercase());
        let what = html! { code { (self.name) } " in " (self.place) };
        let means = html! {
            (Marked(&self.words))
            @if !self.required { " May be left out." }
        };
        row(&what, &self.kind.shown(&place), &means)
    }
}

impl Answer {
    fn row(&self, operation: &str) -> Markup {
        let place = format!("{operation}-{}", self.status);
        let what = html! { strong { (self.status) } };
        let is = html! {
            @if let Some(kind) = &self.kind { (kind.shown(&place)) } @else { "no body" }
        };
        let means = html! {
            div.plain {
                @for paragraph in &self.words { p { (Marked(paragraph)) } }
                @if !self.headers.is_empty() { p.quiet { "With " (Marked(&self.headers.join(", "))) } }
            }
        };
        row(&what, &is, &means)
    }
}
