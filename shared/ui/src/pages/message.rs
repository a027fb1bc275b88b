//! One outcome and a way forward, as after an authorization at a provider.

use maud::{Markup, html};

use crate::components::{Look, Meaning, action, note};
use crate::layout::{Theme, bare};

#[derive(Clone, Debug)]
pub struct Message {
    pub theme: Theme,
    pub meaning: Meaning,
    pub title: String,
    pub words: String,
    /// What can be done about it, most useful first: words and address.
    pub ways: Vec<(String, String)>,
}

impl Message {
    pub fn render(&self) -> Markup {
        let content = html! {
            (note(self.meaning, &self.words))
            div.actions {
                @for (number, (words, href)) in self.ways.iter().enumerate() {
                    (action(&format!("way-{number}"), href, if number == 0 { Look::Primary } else { Look::Plain }, words))
                }
            }
        };
        bare(&self.title, self.theme, content)
    }
}
