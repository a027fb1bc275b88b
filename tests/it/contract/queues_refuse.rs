//! What SQS does not take.

use aws_sdk_sqs::{
    error::ProvideErrorMetadata,
    types::{BatchResultErrorEntry, SendMessageBatchRequestEntry},
};

use aws_smithy_runtime_api::client::result::SdkError;

use super::{Account, Deviation, sentences};

sentences! {
    an_unknown_queue_does_not_exist,
    a_delay_beyond_fifteen_minutes_is_refused,
    a_visibility_beyond_twelve_hours_is_refused,
    a_message_over_one_mebibyte_is_refused_and_one_of_that_size_is_not,
    the_visibility_of_a_message_that_is_not_in_flight_cannot_change,
    a_receipt_handle_that_was_never_given_out_is_refused,
    a_bad_entry_fails_alone_in_its_batch,
    a_batch_of_none_of_eleven_or_with_a_repeated_id_is_refused,
}

const MEBIBYTE: usize = 1024 * 1024;

const ANY_DELAY: Deviation = Deviation {
    name: "a delay of more than fifteen minutes is accepted",
    documented: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html",
};

fn refused_with<T, E: ProvideErrorMetadata, R>(
    answer: Result<T, SdkError<E, R>>,
    code: &str,
) -> bool {
    answer.is_err_and(|error| error.code() == Some(code))
}

async fn an_unknown_queue_does_not_exist(aws: &Account) {
    let answer = aws.sqs.get_queue_url().queue_name("nowhere").send().await;
    let error = answer.expect_err("there is none").into_service_error();
    assert!(error.is_queue_does_not_exist(), "{error:?}");

    let url = aws.queue("somewhere", None).await;
    let url = url.replace("somewhere", "nowhere");
    let answer = aws.sqs.send_message().queue_url(url).message_body("one");
    let error = answer
        .send()
        .await
        .expect_err("there is none")
        .into_service_error();
    assert_eq!(
        error.code(),
        Some("AWS.SimpleQueueService.NonExistentQueue")
    );
}

async fn a_delay_beyond_fifteen_minutes_is_refused(aws: &Account) {
    let queue = aws.queue("late", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    let answer = request.delay_seconds(901).send().await;
    aws.holds(refused_with(answer, "InvalidParameterValue"), &ANY_DELAY);
}

async fn a_visibility_beyond_twelve_hours_is_refused(aws: &Account) {
    let queue = aws.queue("hidden", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    request.send().await.expect("sent");
    let received = aws.sqs.receive_message().queue_url(&queue).send().await;
    let messages = received.expect("an answer").messages.unwrap_or_default();
    let answer = aws
        .sqs
        .change_message_visibility()
        .queue_url(&queue)
        .set_receipt_handle(messages[0].receipt_handle.clone())
        .visibility_timeout(43_201)
        .send()
        .await;
    aws.holds(
        refused_with(answer, "InvalidParameterValue"),
        &Deviation {
            name: "a visibility of more than twelve hours is accepted",
            documented: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
        },
    );
}

async fn a_message_over_one_mebibyte_is_refused_and_one_of_that_size_is_not(aws: &Account) {
    let queue = aws.queue("large", None).await;
    let send = |bytes: usize| {
        let request = aws.sqs.send_message().queue_url(&queue);
        request.message_body("x".repeat(bytes)).send()
    };
    send(MEBIBYTE).await.expect("just fits");
    let error = send(MEBIBYTE + 1)
        .await
        .expect_err("too long")
        .into_service_error();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
}

async fn the_visibility_of_a_message_that_is_not_in_flight_cannot_change(aws: &Account) {
    let queue = aws.queue("idle", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    request.send().await.expect("sent");
    let received = aws.sqs.receive_message().queue_url(&queue).send().await;
    let messages = received.expect("an answer").messages.unwrap_or_default();
    let change = |seconds| {
        let request = aws.sqs.change_message_visibility().queue_url(&queue);
        let request = request.set_receipt_handle(messages[0].receipt_handle.clone());
        request.visibility_timeout(seconds).send()
    };
    change(0).await.expect("in flight until now");
    let answer = change(10).await.map_err(SdkError::into_service_error);
    aws.holds(
        answer.is_err_and(|error| error.is_message_not_inflight()),
        &Deviation {
            name: "the visibility of a waiting message can be changed",
            documented: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
        },
    );
}

async fn a_receipt_handle_that_was_never_given_out_is_refused(aws: &Account) {
    let queue = aws.queue("forged", None).await;
    let request = aws.sqs.delete_message().queue_url(&queue);
    let answer = request.receipt_handle("not a receipt handle").send().await;
    let error = answer.expect_err("forged").into_service_error();
    assert!(error.is_receipt_handle_is_invalid(), "{error:?}");
}

fn entry(id: &str, delay_s: i32) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(id)
        .message_body("one")
        .delay_seconds(delay_s)
        .build()
        .expect("an entry")
}

async fn a_bad_entry_fails_alone_in_its_batch(aws: &Account) {
    let queue = aws.queue("mixed", None).await;
    let request = aws.sqs.send_message_batch().queue_url(&queue);
    let request = request.entries(entry("good", 0)).entries(entry("bad", 901));
    let answer = request.send().await.expect("an answer for each");
    let failed: Vec<_> = answer
        .failed
        .iter()
        .map(BatchResultErrorEntry::id)
        .collect();
    aws.holds(
        failed == ["bad"] && answer.successful.len() == 1,
        &ANY_DELAY,
    );
}

async fn a_batch_of_none_of_eleven_or_with_a_repeated_id_is_refused(aws: &Account) {
    let queue = aws.queue("counted", None).await;
    let send = |entries: Vec<SendMessageBatchRequestEntry>| {
        let request = aws.sqs.send_message_batch().queue_url(&queue);
        request.set_entries(Some(entries)).send()
    };
    let error = send(Vec::new())
        .await
        .expect_err("none")
        .into_service_error();
    assert!(error.is_empty_batch_request(), "{error:?}");
    let eleven = (0..11).map(|n| entry(&n.to_string(), 0)).collect();
    let error = send(eleven).await.expect_err("eleven").into_service_error();
    assert!(error.is_too_many_entries_in_batch_request(), "{error:?}");
    let error = send(vec![entry("a", 0), entry("a", 0)])
        .await
        .expect_err("twice the same id")
        .into_service_error();
    assert!(error.is_batch_entry_ids_not_distinct(), "{error:?}");
}
