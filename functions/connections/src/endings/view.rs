//! The end of a connection in words.

use domain::{
    ending::{AccessEnd, Ending, Receipt},
    time::Zone,
};
use jiff::Timestamp;
use shared::web::page::moment;
use ui::{
    layout::Frame,
    pages::{
        connections::product,
        disconnection::{Disconnection, ReceiptShown, Standing, withdrawn_by_hand},
    },
};

pub(crate) fn page(frame: Frame, ending: &Ending, zone: &Zone, now: Timestamp) -> Disconnection {
    Disconnection {
        frame,
        id: ending.connection.to_string(),
        provider: ending.provider,
        account: ending.account.clone(),
        asked: moment(ending.asked_at, zone),
        steps: Standing::of_each(&ending.steps(), ending.step),
        waits: waits(ending, now),
        receipt: ending.finished_at.map(|at| ReceiptShown {
            finished: moment(at, zone),
            lines: lines(&ending.receipt, zone),
            by_hand: by_hand(ending),
        }),
    }
}

fn waits(ending: &Ending, now: Timestamp) -> Option<String> {
    let (why, until) = (ending.last_failure.as_ref()?, ending.not_before?);
    let minutes = until.duration_since(now).as_mins().max(0) + 1;
    let name = product(ending.provider);
    let why = why.trim_end_matches('.');
    Some(format!(
        "{name} does not let us go on: {why}. The next try is in about {minutes} min."
    ))
}

fn lines(receipt: &Receipt, zone: &Zone) -> Vec<(&'static str, String)> {
    let notices = match (receipt.subscriptions_stopped, receipt.subscriptions_left) {
        (0, 0) => "There were none".to_owned(),
        (stopped, 0) => format!("{stopped} stopped"),
        (stopped, left) => {
            let until = receipt.left_until.map(|until| moment(until, zone).words);
            let until = until.map_or_else(String::new, |until| format!(" by {until}"));
            format!("{stopped} stopped, {left} left to expire{until}; nobody listens to them")
        }
    };
    let copies = match (receipt.copies_removed, receipt.copies_kept) {
        (0, 0) => "There were none".to_owned(),
        (0, kept) => format!("{kept} kept"),
        (removed, 0) => format!("{removed} removed"),
        (removed, kept) => format!("{removed} removed, {kept} kept"),
    };
    let credential = if receipt.credential_deleted {
        "Deleted"
    } else {
        "Not deleted"
    };
    vec![
        ("Notices", notices),
        ("Copies", copies),
        ("Access", access(receipt.access.as_ref())),
        ("Credential", credential.to_owned()),
        ("Records", format!("{} deleted", receipt.records_deleted)),
    ]
}

fn access(end: Option<&AccessEnd>) -> String {
    match end {
        None | Some(AccessEnd::Withdrawn) => "Withdrawn".to_owned(),
        Some(AccessEnd::Shared) => {
            "Not withdrawn: another connection uses the same account".to_owned()
        }
        Some(AccessEnd::ByHand) => "Not withdrawn: only the account's owner can".to_owned(),
        Some(AccessEnd::Refused { detail }) => format!("Could not be withdrawn: {detail}"),
    }
}

fn by_hand(ending: &Ending) -> Option<String> {
    match ending.receipt.access.as_ref()? {
        AccessEnd::Withdrawn | AccessEnd::Shared => None,
        AccessEnd::ByHand | AccessEnd::Refused { .. } => {
            Some(withdrawn_by_hand(ending.provider).to_owned())
        }
    }
}
