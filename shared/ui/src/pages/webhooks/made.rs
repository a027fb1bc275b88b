//! The one time that a webhook's secret is shown.

use maud::{Markup, html};

use crate::components::{Meaning, back, note};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct WebhookSecret {
    pub frame: Frame,
    pub id: String,
    pub url: String,
    pub secret: String,
    /// It replaces another, which signs on for a day.
    pub is_another: bool,
}

impl WebhookSecret {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Your webhook's secret", Section::WEBHOOKS);
        head.back = Some(back(
            "back-to-webhook",
            &routes::webhook(&self.id),
            "The webhook",
        ));
        let content = html! {
            section .panel.narrow aria-labelledby="made-title" {
                h2 #made-title { (self.url) }
                (note(Meaning::Warning, "Copy the secret now. It is shown this once."))
                p { code #secret { (self.secret) } }
                p {
                    "With it your program proves that a delivery is ours. Each carries a signature as Standard Webhooks has it, \
                     so that any of its libraries can check it."
                }
                @if self.is_another { p { "For a day deliveries are signed with the old secret too." } }
            }
        };
        page(&self.frame, &head, content)
    }
}
