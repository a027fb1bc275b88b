//! Conflicts.

use super::{Sample, frame, frame_with};
use crate::components::{FieldError, Meaning, Moment};
use crate::layout::Frame;
use crate::pages::conflicts::{ConflictPage, Difference, Inbox, Line, Row, Side, State};

pub(super) fn samples() -> Vec<Sample> {
    let counted = Frame {
        conflicts: 2,
        ..frame()
    };
    vec![
        (
            "conflicts",
            Inbox {
                frame: counted.clone(),
                open: true,
                rows: rows(),
            }
            .render(),
        ),
        (
            "conflicts-empty",
            Inbox {
                frame: frame(),
                open: true,
                rows: Vec::new(),
            }
            .render(),
        ),
        (
            "conflicts-settled",
            Inbox {
                frame: frame(),
                open: false,
                rows: over(),
            }
            .render(),
        ),
        (
            "conflicts-settled-empty",
            Inbox {
                frame: frame(),
                open: false,
                rows: Vec::new(),
            }
            .render(),
        ),
        (
            "conflict",
            ConflictPage {
                frame: counted,
                ..conflict()
            }
            .render(),
        ),
        ("conflict-undecided", undecided().render()),
        ("conflict-deleted", deleted().render()),
        ("conflict-chosen", chosen().render()),
        (
            "conflict-dropped",
            ConflictPage {
                state: State::Dropped { at: at("46") },
                ..chosen()
            }
            .render(),
        ),
        ("conflict-settled", settled().render()),
        ("conflict-locked", locked().render()),
    ]
}

fn at(minute: &str) -> Moment {
    Moment::new(
        &format!("2027-03-02T09:{minute}:12Z"),
        &format!("2 March 2027, 10:{minute} Europe/Berlin"),
    )
}

fn rows() -> Vec<Row> {
    let row = |id: &str, title: &str, what: &str, state| Row {
        id: id.to_owned(),
        title: title.to_owned(),
        what: what.to_owned(),
        calendar: "Work, ada@northwind.test".to_owned(),
        since: at("41"),
        over: None,
        state,
    };
    vec![
        row(
            "cfl_2",
            "Boiler inspection, Lindenstraße 12",
            "title and time",
            State::Open,
        ),
        row("cfl_1", "Call with Contoso Care", "notes", State::Open),
    ]
}

fn over() -> Vec<Row> {
    let settled = State::Settled {
        at: at("55"),
        decided: true,
        undo_until: None,
    };
    let dropped = State::Dropped { at: at("55") };
    let states = [State::Undone, settled, dropped];
    let ended = |(row, state)| Row {
        over: Some(at("55")),
        state,
        ..row
    };
    rows().into_iter().zip(states).map(ended).collect()
}

fn says(value: &str) -> Side {
    Side::Says(vec![Line {
        name: None,
        value: value.to_owned(),
    }])
}

fn conflict() -> ConflictPage {
    ConflictPage {
        frame: frame(),
        id: "cfl_2".to_owned(),
        version: 1,
        title: "Boiler inspection, Lindenstraße 12".to_owned(),
        entry: Some("ent_4".to_owned()),
        calendar: "Work, ada@northwind.test".to_owned(),
        since: at("41"),
        state: State::Open,
        differences: vec![
            Difference {
                name: "title".to_owned(),
                label: "Title".to_owned(),
                before: says("Boiler inspection"),
                here: says("Boiler inspection, Lindenstraße 12"),
                there: says(
                    "Inspection of the boiler in the house next to the bakery, second yard",
                ),
                external: None,
            },
            Difference {
                name: "timing".to_owned(),
                label: "Time".to_owned(),
                before: says("2 March 2027, 09:30 – 11:00 Europe/Berlin"),
                here: says("3 March 2027, 09:30 – 11:00 Europe/Berlin"),
                there: says("2 March 2027, 14:00 – 15:30 Europe/Berlin"),
                external: None,
            },
        ],
        locked: None,
        errors: Vec::new(),
    }
}

fn undecided() -> ConflictPage {
    let mut page = conflict();
    page.differences[0].external = Some(true);
    page.errors = vec![FieldError::new("", "Time: choose a side.")];
    page
}

fn deleted() -> ConflictPage {
    let line = |name: &str, value: &str| Line {
        name: Some(name.to_owned()),
        value: value.to_owned(),
    };
    let both =
        |title: &str, place: &str| Side::Says(vec![line("Title", title), line("Place", place)]);
    ConflictPage {
        differences: vec![Difference {
            name: "entry".to_owned(),
            label: "The whole entry".to_owned(),
            before: both("Boiler inspection", "(empty)"),
            here: Side::Deleted,
            there: both("Boiler inspection, urgent", "Lindenstraße 12"),
            external: None,
        }],
        entry: None,
        ..conflict()
    }
}

fn chosen() -> ConflictPage {
    let mut page = undecided();
    page.errors = Vec::new();
    page.differences[1].external = Some(false);
    page.frame = frame_with(Meaning::Ok, "Your decision is saved.");
    page.state = State::Chosen {
        by: "Ada Lindgren".to_owned(),
        at: at("45"),
        waits: None,
    };
    page
}

fn settled() -> ConflictPage {
    ConflictPage {
        frame: frame(),
        state: State::Settled {
            at: at("46"),
            decided: true,
            undo_until: Some(Moment::new(
                "2027-03-03T09:46:12Z",
                "3 March 2027, 10:46 Europe/Berlin",
            )),
        },
        ..chosen()
    }
}

fn locked() -> ConflictPage {
    ConflictPage {
        locked: Some("Your role lets you see this but not decide it.".to_owned()),
        ..conflict()
    }
}
