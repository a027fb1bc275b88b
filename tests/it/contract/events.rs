//! EventBridge: each entry of a put succeeds or fails by itself.

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};

use super::{Account, Deviation, sentences};

sentences! {
    an_event_is_accepted_and_gets_an_id,
    an_entry_without_a_source_fails_alone,
    an_entry_without_a_detail_type_fails_alone,
    an_entry_whose_detail_is_not_json_fails_alone,
    more_than_ten_entries_are_refused,
}

const PUT_EVENTS: &str =
    "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html";

fn entry() -> aws_sdk_eventbridge::types::builders::PutEventsRequestEntryBuilder {
    PutEventsRequestEntry::builder()
        .source("kalends.sync")
        .detail_type("CALENDAR_SYNCED")
        .detail("{\"connection\":\"con_1\"}")
}

/// Puts the entry between two good ones and gives back the three results.
async fn put_between(aws: &Account, entry_: PutEventsRequestEntry) -> Vec<PutEventsResultEntry> {
    let request = aws.events.put_events().entries(entry().build());
    let request = request.entries(entry_).entries(entry().build());
    let answer = request.send().await.expect("an answer for each");
    let results = answer.entries.unwrap_or_default();
    let failed = results.iter().filter(|r| r.error_code.is_some()).count();
    assert_eq!(usize::try_from(answer.failed_entry_count), Ok(failed));
    assert!(results[0].event_id.is_some() && results[2].event_id.is_some());
    results
}

async fn an_event_is_accepted_and_gets_an_id(aws: &Account) {
    let results = put_between(aws, entry().build()).await;
    assert!(results[1].event_id.is_some());
    if let Some(stand_ins) = aws.stand_ins() {
        let events = stand_ins.events_put();
        assert_eq!(events.len(), 3);
        assert_eq!(events[1].detail["connection"], "con_1");
        assert_eq!(events[1].bus, "default");
    }
}

async fn an_entry_without_a_source_fails_alone(aws: &Account) {
    let results = put_between(aws, entry().set_source(None).build()).await;
    aws.holds(
        results[1].error_code() == Some("InvalidArgument"),
        &Deviation {
            name: "a missing Source is accepted",
            documented: PUT_EVENTS,
        },
    );
}

async fn an_entry_without_a_detail_type_fails_alone(aws: &Account) {
    let results = put_between(aws, entry().set_detail_type(None).build()).await;
    aws.holds(
        results[1].error_code() == Some("InvalidArgument"),
        &Deviation {
            name: "a missing DetailType is accepted",
            documented: PUT_EVENTS,
        },
    );
}

async fn an_entry_whose_detail_is_not_json_fails_alone(aws: &Account) {
    let results = put_between(aws, entry().detail("{not json").build()).await;
    aws.holds(
        results[1].error_code() == Some("MalformedDetail"),
        &Deviation {
            name: "a malformed Detail is accepted",
            documented: PUT_EVENTS,
        },
    );
}

async fn more_than_ten_entries_are_refused(aws: &Account) {
    let eleven = vec![entry().build(); 11];
    let request = aws.events.put_events().set_entries(Some(eleven));
    assert!(request.send().await.is_err());
}
