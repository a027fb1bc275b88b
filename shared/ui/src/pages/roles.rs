//! What each role may do: the table of [`domain::permission`], for people.

use domain::{
    member::Role,
    permission::{Permission, Rule},
};
use maud::{Markup, html};

use crate::components::{Meaning, back, badge};
use crate::layout::{Frame, Head, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Roles {
    pub frame: Frame,
}

fn words(rule: Rule) -> Markup {
    match rule {
        Rule::Always => badge(Meaning::Ok, "Yes"),
        Rule::OnGrant => badge(Meaning::Notice, "If granted"),
        Rule::Never => badge(Meaning::Off, "No"),
    }
}

impl Roles {
    pub fn render(&self) -> Markup {
        let head = Head {
            title: "Roles",
            section: None,
            back: Some(back("back", routes::PROFILE, "Profile")),
            actions: Markup::default(),
        };
        let content = html! {
            section.panel aria-labelledby="roles-title" {
                h2 #roles-title { "What each role may do" }
                table.stacks aria-labelledby="roles-title" {
                    thead {
                        tr {
                            th scope="col" { "Permission" }
                            @for role in Role::ALL { th scope="col" { (role.words()) } }
                        }
                    }
                    tbody {
                        @for permission in Permission::ALL {
                            tr {
                                th scope="row" { (permission.opens()) " " code { (permission.name()) } }
                                @for role in Role::ALL {
                                    td data-label=(role.words()) { (words(permission.rule(role))) }
                                }
                            }
                        }
                    }
                }
                p.quiet { "“If granted” is off until an administrator grants it to one member." }
            }
        };
        page(&self.frame, &head, content)
    }
}
