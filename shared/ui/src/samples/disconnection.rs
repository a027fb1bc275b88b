//! A connection that ends.

use domain::{connection::Provider, ending::Step};

use super::connections::GOOGLE;
use super::{Sample, frame, frame_with};
use crate::components::{Meaning, Moment};
use crate::pages::disconnection::{Disconnection, ReceiptShown, Standing, withdrawn_by_hand};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("disconnection", under_way().render()),
        ("disconnection-waits", waits().render()),
        ("disconnection-over", over().render()),
    ]
}

fn moment(minute: u8) -> Moment {
    Moment::new(
        &format!("2027-03-02T09:{minute}:12Z"),
        &format!("2 March 2027, 10:{minute} Europe/Berlin"),
    )
}

fn under_way() -> Disconnection {
    Disconnection {
        frame: frame_with(
            Meaning::Ok,
            "Disconnected. What is left is being taken down.",
        ),
        id: GOOGLE.to_owned(),
        provider: Provider::Google,
        account: "ada@northwind.test".to_owned(),
        asked: moment(41),
        steps: vec![
            (Step::StopNotices, Standing::Over),
            (Step::RemoveCopies, Standing::Now),
            (Step::WithdrawAccess, Standing::ToCome),
            (Step::DeleteCredential, Standing::ToCome),
            (Step::DeleteRecords, Standing::ToCome),
        ],
        waits: None,
        receipt: None,
    }
}

fn waits() -> Disconnection {
    Disconnection {
        frame: frame(),
        waits: Some(
            "Google Calendar does not let us go on: 503 backendError. The next try is in about 3 min."
                .to_owned(),
        ),
        ..under_way()
    }
}

fn over() -> Disconnection {
    let line = |name, words: &str| (name, words.to_owned());
    Disconnection {
        frame: frame(),
        steps: Vec::new(),
        receipt: Some(ReceiptShown {
            finished: moment(43),
            lines: vec![
                line("Notices", "2 stopped"),
                line("Copies", "14 removed, 1 kept"),
                line(
                    "Access",
                    "Could not be withdrawn: 400 unsupported_token_type",
                ),
                line("Credential", "Deleted"),
                line("Records", "512 deleted"),
            ],
            by_hand: Some(withdrawn_by_hand(Provider::Google).to_owned()),
        }),
        ..under_way()
    }
}
