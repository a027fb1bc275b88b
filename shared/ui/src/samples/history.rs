//! What happened to an entry, and what can be brought back.

use super::frame;
use crate::components::Moment;
use crate::pages::deleted::{DeletedPage, DeletedRow};
use crate::pages::entry::{Happening, Was};

pub(super) fn history() -> Vec<Happening> {
    let at = Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin");
    let happening = |id: &str, words: &str, by: &str| Happening {
        id: id.to_owned(),
        words: words.to_owned(),
        by: by.to_owned(),
        at: at.clone(),
        was: Vec::new(),
    };
    let calendar = "Ada Lindgren, ada@northwind.test";
    let text = "Title: Round\nTime: 2 March 2027, 08:00 – 08:30 Europe/Berlin";
    let was = |there| Was {
        there,
        text: text.to_owned(),
    };
    vec![
        Happening {
            was: vec![was(true)],
            ..happening("trc_3", "Written to the calendar: title", calendar)
        },
        Happening {
            was: vec![was(false)],
            ..happening("trc_2", "Changed here: title", "Ada Lindgren")
        },
        happening("trc_1", "Created here", "Ada Lindgren"),
    ]
}

pub(super) fn deleted(filled: bool) -> DeletedPage {
    let row = DeletedRow {
        id: "ent_2".to_owned(),
        title: "Heat pump service, Ackerstraße 4".to_owned(),
        when: "1 March 2027, 10:00 – 12:00 Europe/Berlin".to_owned(),
        deleted: Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin"),
        kept_until: Moment::new("2027-04-01T09:41:12Z", "1 April 2027, 11:41 Europe/Berlin"),
    };
    DeletedPage {
        frame: frame(),
        rows: if filled { vec![row] } else { Vec::new() },
    }
}
