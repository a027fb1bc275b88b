//! The API for people.

use super::Sample;
use crate::layout::Theme;
use crate::pages::api::{Answer, ApiPage, Field, Group, Kind, Operation, Parameter, Piece, Shape};

pub(super) fn samples() -> Vec<Sample> {
    vec![("api", page().render())]
}

fn words(words: &str) -> Kind {
    Kind(vec![Piece::Words(words.to_owned())])
}

fn shape(name: &str) -> Kind {
    Kind(vec![Piece::Shape(name.to_owned())])
}

fn page() -> ApiPage {
    ApiPage {
        theme: Theme::System,
        version: "0.1.0".to_owned(),
        guide: vec![
            (String::new(), vec!["Bodies are JSON.".to_owned()]),
            (
                "Sessions".to_owned(),
                vec!["Send the token as `X-CSRF-Token`.".to_owned()],
            ),
        ],
        groups: vec![Group {
            name: "Deleted entries".to_owned(),
            words: "Entries that were deleted are kept for thirty days.".to_owned(),
            operations: vec![restore()],
        }],
        shapes: vec![entry(), status()],
        codes: vec![(
            "not_found".to_owned(),
            "There is no such thing, or it is not yours to see.".to_owned(),
        )],
    }
}

fn restore() -> Operation {
    Operation {
        id: "restoreEntry".to_owned(),
        method: "POST".to_owned(),
        path: "/api/v1/schedule/deleted/{id}/restore".to_owned(),
        summary: "Bring a deleted entry back".to_owned(),
        words: "Under its id.".to_owned(),
        needs: "Needs a session, and `X-CSRF-Token`.",
        parameters: vec![Parameter {
            name: "id".to_owned(),
            place: "path".to_owned(),
            required: true,
            kind: words("text like `^ent_[0-7][0-9A-HJKMNP-TV-Z]{25}$`"),
            words: "A schedule entry.".to_owned(),
        }],
        body: None,
        answers: vec![
            Answer {
                status: "200".to_owned(),
                words: vec!["The entry.".to_owned()],
                kind: Some(shape("Entry")),
                headers: vec!["`ETag`".to_owned()],
            },
            Answer {
                status: "404".to_owned(),
                words: vec!["`not_found`: There is no such thing.".to_owned()],
                kind: None,
                headers: Vec::new(),
            },
        ],
    }
}

fn entry() -> Shape {
    Shape {
        name: "Entry".to_owned(),
        words: String::new(),
        kind: Kind::default(),
        fields: vec![
            Field {
                name: "status".to_owned(),
                required: true,
                kind: shape("EntryStatus"),
                words: String::new(),
            },
            Field {
                name: "overrides".to_owned(),
                required: false,
                kind: words("list of objects"),
                words: "Occurrences that differ from the series.".to_owned(),
            },
        ],
        choices: Vec::new(),
    }
}

fn status() -> Shape {
    Shape {
        name: "EntryStatus".to_owned(),
        words: "How far it has come.".to_owned(),
        kind: Kind::default(),
        fields: Vec::new(),
        choices: vec![
            (words("`scheduled`"), String::new()),
            (words("`cancelled`"), "It does not take place.".to_owned()),
        ],
    }
}
