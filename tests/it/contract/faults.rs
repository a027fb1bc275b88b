//! Refusals that AWS gives now and then, asked of the stand-ins: no emulator gives them by itself.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::result::SdkError;
use tests::aws::ApiError;

use super::Account;

#[tokio::test]
async fn a_refusal_on_request_comes_once() {
    let aws = Account::of_stand_ins().await;
    let queue = aws.queue("refused", None).await;
    let throttled = ApiError::new("ThrottlingException", "Rate exceeded");
    let stand_ins = aws.stand_ins().expect("ours");
    // The SDK tries three times.
    for _ in 0..3 {
        stand_ins.refuse_next("SendMessage", throttled.clone());
    }
    let send = || {
        let request = aws.sqs.send_message().queue_url(&queue);
        request.message_body("one").send()
    };
    let error = send().await.map_err(SdkError::into_service_error);
    assert_eq!(
        error.expect_err("throttled").code(),
        Some("ThrottlingException")
    );
    send().await.expect("once more");
}

#[tokio::test]
async fn a_transaction_can_meet_another_one() {
    let aws = Account::of_stand_ins().await;
    let conflict = ApiError::transaction_cancelled(&["None", "TransactionConflict"]);
    aws.stand_ins()
        .expect("ours")
        .refuse_next("TransactWriteItems", conflict);
    let put = Put::builder()
        .table_name("any")
        .item("PK", AttributeValue::S("T#1".to_owned()))
        .build()
        .expect("a put");
    let action = TransactWriteItem::builder().put(put).build();
    let request = aws.dynamodb.transact_write_items().transact_items(action);
    let error = request.send().await.expect_err("cancelled");
    let TransactWriteItemsError::TransactionCanceledException(cancelled) =
        error.into_service_error()
    else {
        panic!("not a cancelled transaction");
    };
    assert_eq!(
        cancelled.cancellation_reasons()[1].code(),
        Some("TransactionConflict")
    );
}

#[tokio::test]
async fn one_event_of_a_put_can_fail_by_itself() {
    let aws = Account::of_stand_ins().await;
    let failure = ApiError::new("InternalFailure", "try again");
    aws.stand_ins()
        .expect("ours")
        .refuse_next("PutEvents.Entry", failure);
    let entry = PutEventsRequestEntry::builder()
        .source("kalends.sync")
        .detail_type("CALENDAR_SYNCED")
        .detail("{}")
        .build();
    let request = aws
        .events
        .put_events()
        .entries(entry.clone())
        .entries(entry);
    let answer = request.send().await.expect("an answer for each");
    assert_eq!(answer.failed_entry_count, 1);
    assert_eq!(answer.entries()[0].error_code(), Some("InternalFailure"));
    assert!(answer.entries()[1].event_id().is_some());
}
