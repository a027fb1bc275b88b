//! The question of a [`Confirm`] as a page, where there is no script to open a dialog.

use maud::Markup;

use crate::components::Confirm;
use crate::layout::{Frame, Head, Section, page};

#[derive(Clone, Debug)]
pub struct Confirmation {
    pub frame: Frame,
    pub section: Section,
    pub confirm: Confirm,
}

impl Confirmation {
    pub fn render(&self) -> Markup {
        let head = Head::new(&self.confirm.question, self.section);
        page(&self.frame, &head, self.confirm.page(&self.frame.csrf))
    }
}
