//! Subcontractors: people of other firms, who sync their own calendar and see nothing else.

use maud::{Markup, html};

use super::integration::ConnectionLine;
use crate::components::{Look, Meaning, Moment, action, badge, labelled, relative};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct SuppliersPage {
    pub frame: Frame,
    /// By name.
    pub suppliers: Vec<Supplier>,
    /// Address, and when its link expires.
    pub invited: Vec<(String, Moment)>,
    pub may_invite: bool,
}

#[derive(Clone, Debug)]
pub struct Supplier {
    pub id: String,
    pub name: String,
    pub email: String,
    pub connections: Vec<ConnectionLine>,
}

impl SuppliersPage {
    pub fn render(&self) -> Markup {
        let invite = |id| {
            let face = labelled(Icon::Plus, "Invite a subcontractor");
            action(id, &routes::invite_supplier(), Look::Primary, face)
        };
        let is_empty = self.suppliers.is_empty() && self.invited.is_empty();
        let head = Head {
            actions: html! { @if self.may_invite && !is_empty { (invite("invite")) } },
            ..Head::new("Supplier portal", Section::Suppliers)
        };
        let content = html! {
            div.stack {
                p.quiet { "Subcontractors sign in here and connect their own calendar, so that you see when they are booked. They see their own schedule and nothing of yours." }
                @if is_empty {
                    div.empty {
                        (icon(Icon::Members))
                        h2 { "No subcontractors yet" }
                        @if self.may_invite {
                            p { "Invite one, and send them the link. It works for seven days, once." }
                            div.actions { (invite("invite-first")) }
                        } @else { p { "An administrator can invite them." } }
                    }
                }
                @for supplier in &self.suppliers { (supplier.render()) }
                @if !self.invited.is_empty() { (self.invited()) }
            }
        };
        page(&self.frame, &head, content)
    }

    fn invited(&self) -> Markup {
        html! {
            section.panel aria-labelledby="invited-title" {
                h2 #invited-title { "Invited" }
                ul.items {
                    @for (email, expires) in &self.invited {
                        li { p { strong { (email) } } p.quiet { "The link expires " (relative(expires)) } }
                    }
                }
            }
        }
    }
}

impl Supplier {
    fn render(&self) -> Markup {
        let title = format!("{}-title", self.id);
        html! {
            section.panel aria-labelledby=(title) {
                h2 #(title) { (self.name) }
                p.quiet { (self.email) }
                @if self.connections.is_empty() {
                    div.badges { (badge(Meaning::Off, "No calendar connected yet")) }
                } @else {
                    ul.items { @for line in &self.connections { (line.render()) } }
                }
            }
        }
    }
}
