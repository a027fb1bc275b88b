//! The step from a form of ours to a provider's sign-in.
//!
//! A redirect would be refused: browsers hold the targets of a redirected form to `form-action`, which names only us.

use domain::connection::Provider;
use maud::{Markup, html};

use super::connections::product;
use crate::components::{Look, action};
use crate::layout::{Theme, forwarding};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Forward {
    pub theme: Theme,
    pub provider: Provider,
    /// The provider's authorization page, with all parameters.
    pub address: String,
}

impl Forward {
    pub fn render(&self) -> Markup {
        let name = product(self.provider);
        let content = html! {
            p { "You sign in there and choose what Kalends may see. Then you come back here." }
            div.actions {
                (action("continue", &self.address, Look::Primary, format!("Continue to {name}")))
                (action("cancel", routes::CONNECTIONS, Look::Quiet, "Cancel"))
            }
        };
        forwarding(
            &format!("Going on to {name}"),
            self.theme,
            &self.address,
            content,
        )
    }
}
