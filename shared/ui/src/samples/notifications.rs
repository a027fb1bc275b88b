//! What waits for a member.

use domain::connection::Provider;

use super::{Sample, frame};
use crate::components::Moment;
use crate::pages::{
    connection::HeldChanges,
    notifications::{About, NotificationsPage, Row},
};

pub(super) fn samples() -> Vec<Sample> {
    let page = |rows| NotificationsPage {
        frame: frame(),
        rows,
    };
    vec![
        ("notifications", page(rows()).render()),
        ("notifications-empty", page(Vec::new()).render()),
    ]
}

fn row(id: &str, minute: u8, about: About) -> Row {
    Row {
        id: id.to_owned(),
        since: Moment::new(
            &format!("2027-03-02T09:{minute:02}:12Z"),
            &format!("2 March 2027, 10:{minute:02} Europe/Berlin"),
        ),
        about,
    }
}

fn rows() -> Vec<Row> {
    let connection = "con_01hy0000000000000000000001".to_owned();
    let account = "ada@northwind.test".to_owned();
    let conflict = |title: &str, may_decide| About::Conflict {
        id: "cfl_01hy0000000000000000000001".to_owned(),
        version: 3,
        title: title.to_owned(),
        what: "title and time".to_owned(),
        calendar: "Work, ada@northwind.test".to_owned(),
        may_decide,
    };
    vec![
        row(
            "conflict-1",
            41,
            conflict("Boiler service, Hill Street", true),
        ),
        row("conflict-2", 40, conflict("", false)),
        row(
            "reauth-1",
            38,
            About::Reauth {
                connection: connection.clone(),
                provider: Provider::Microsoft,
                account: account.clone(),
                words: "Microsoft 365 no longer accepts our access. Reconnect to give it again."
                    .to_owned(),
            },
        ),
        row(
            "held-1",
            30,
            About::Held {
                connection: connection.clone(),
                changes: HeldChanges {
                    id: "hld_01hy0000000000000000000001".to_owned(),
                    version: 1,
                    what: "214 events are gone from Work".to_owned(),
                    sample: vec![
                        ("Pump check".to_owned(), "delete the entry".to_owned()),
                        (String::new(), "delete the entry".to_owned()),
                    ],
                    more: 212,
                    confirm: "Delete them on the other side too",
                    consequence: "214 entries are deleted from the schedule. Under Deleted entries each can be brought back for 30 days."
                        .to_owned(),
                    decided: None,
                },
            },
        ),
        row(
            "items-1",
            12,
            About::Items {
                connection,
                account,
                count: 4,
                first: vec![
                    (
                        "Site visit".to_owned(),
                        "the zone “Mars/Base” is not known".to_owned(),
                    ),
                    (String::new(), "503 Service Unavailable".to_owned()),
                ],
            },
        ),
    ]
}
