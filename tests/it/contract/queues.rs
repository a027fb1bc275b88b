//! Standard queues: what comes back, when, how often.

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};

use super::{Account, Deviation, account::VISIBILITY_S, sentences};

sentences! {
    a_message_comes_back_with_its_body_its_attributes_and_their_digests,
    a_message_in_flight_is_hidden_and_comes_back_when_its_visibility_ends,
    each_delivery_has_its_own_receipt_handle_and_counts,
    a_deleted_message_does_not_come_back,
    an_older_delivery_cannot_delete_the_message,
    a_delayed_message_waits,
    a_message_received_too_often_moves_to_the_dead_letter_queue,
    a_message_group_is_handed_to_the_consumer_and_holds_nothing_up,
    the_depth_tells_waiting_delayed_and_in_flight_apart,
    a_batch_is_sent_and_deleted_as_a_whole,
}

async fn send(aws: &Account, queue: &str, body: &str) {
    let sent = aws.sqs.send_message().queue_url(queue).message_body(body);
    sent.send().await.expect("sent");
}

async fn receive(aws: &Account, queue: &str) -> Vec<Message> {
    let received = aws
        .sqs
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await;
    received.expect("an answer").messages.unwrap_or_default()
}

async fn receive_one(aws: &Account, queue: &str) -> Message {
    let mut messages = receive(aws, queue).await;
    assert_eq!(messages.len(), 1, "one message waits");
    messages.remove(0)
}

async fn show_again(aws: &Account, queue: &str, message: &Message) {
    aws.sqs
        .change_message_visibility()
        .queue_url(queue)
        .set_receipt_handle(message.receipt_handle.clone())
        .visibility_timeout(0)
        .send()
        .await
        .expect("visible at once");
}

async fn delete(aws: &Account, queue: &str, message: &Message) -> bool {
    let request = aws.sqs.delete_message().queue_url(queue);
    let request = request.set_receipt_handle(message.receipt_handle.clone());
    request.send().await.is_ok()
}

fn system(message: &Message, name: &MessageSystemAttributeName) -> Option<String> {
    message.attributes.as_ref()?.get(name).cloned()
}

fn receive_count(message: &Message) -> Option<String> {
    system(
        message,
        &MessageSystemAttributeName::ApproximateReceiveCount,
    )
}

async fn a_message_comes_back_with_its_body_its_attributes_and_their_digests(aws: &Account) {
    let queue = aws.queue("whole", None).await;
    let kind = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("webhook")
        .build()
        .expect("an attribute");
    let sent = aws
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body("{\"n\":1}")
        .message_attributes("kind", kind)
        .send()
        .await
        .expect("sent");
    assert_eq!(
        sent.md5_of_message_body.as_deref(),
        Some("082c26c8a6bc75226a31da5495cc9292"),
    );
    let message = receive_one(aws, &queue).await;
    assert_eq!(message.message_id, sent.message_id);
    assert_eq!(message.body.as_deref(), Some("{\"n\":1}"));
    assert_eq!(message.md5_of_body, sent.md5_of_message_body);
    assert_eq!(
        message.md5_of_message_attributes,
        sent.md5_of_message_attributes
    );
    assert!(sent.md5_of_message_attributes.is_some());
    let attributes = message.message_attributes.expect("attributes");
    assert_eq!(attributes["kind"].string_value(), Some("webhook"));
}

async fn a_message_in_flight_is_hidden_and_comes_back_when_its_visibility_ends(aws: &Account) {
    let queue = aws.queue("visibility", None).await;
    send(aws, &queue, "one").await;
    receive_one(aws, &queue).await;
    assert!(receive(aws, &queue).await.is_empty(), "in flight");
    if aws.pass(i64::from(VISIBILITY_S) - 1).is_some() {
        assert!(receive(aws, &queue).await.is_empty(), "still in flight");
        aws.pass(1);
        receive_one(aws, &queue).await;
    }
}

async fn each_delivery_has_its_own_receipt_handle_and_counts(aws: &Account) {
    let queue = aws.queue("deliveries", None).await;
    send(aws, &queue, "one").await;
    let first = receive_one(aws, &queue).await;
    show_again(aws, &queue, &first).await;
    let second = receive_one(aws, &queue).await;
    assert_eq!(first.message_id, second.message_id);
    assert_ne!(first.receipt_handle, second.receipt_handle);
    assert_eq!(receive_count(&first).as_deref(), Some("1"));
    assert_eq!(receive_count(&second).as_deref(), Some("2"));
}

async fn a_deleted_message_does_not_come_back(aws: &Account) {
    let queue = aws.queue("deleted", None).await;
    send(aws, &queue, "one").await;
    let message = receive_one(aws, &queue).await;
    assert!(delete(aws, &queue, &message).await);
    let in_flight = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    assert_eq!(aws.attribute(&queue, in_flight).await, "0");
    if aws.pass(i64::from(VISIBILITY_S)).is_some() {
        assert!(receive(aws, &queue).await.is_empty());
    }
}

/// Documented for `DeleteMessage`: with an older handle the request succeeds and the message may stay.
async fn an_older_delivery_cannot_delete_the_message(aws: &Account) {
    let queue = aws.queue("stale", None).await;
    send(aws, &queue, "one").await;
    let first = receive_one(aws, &queue).await;
    show_again(aws, &queue, &first).await;
    let second = receive_one(aws, &queue).await;
    aws.holds(
        delete(aws, &queue, &first).await,
        &Deviation {
            name: "an older receipt handle is refused",
            documented: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html",
        },
    );
    show_again(aws, &queue, &second).await;
    receive_one(aws, &queue).await;
}

async fn a_delayed_message_waits(aws: &Account) {
    let queue = aws.queue("delayed", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    request.delay_seconds(900).send().await.expect("sent");
    assert!(receive(aws, &queue).await.is_empty());
    if aws.pass(899).is_some() {
        assert!(receive(aws, &queue).await.is_empty());
        aws.pass(1);
        receive_one(aws, &queue).await;
    }
}

async fn a_message_received_too_often_moves_to_the_dead_letter_queue(aws: &Account) {
    let queue = aws.queue("poisoned", Some(2)).await;
    send(aws, &queue, "poison").await;
    for _ in 0..2 {
        let message = receive_one(aws, &queue).await;
        show_again(aws, &queue, &message).await;
    }
    assert!(receive(aws, &queue).await.is_empty(), "two were enough");
    let dead = receive_one(aws, &aws.queue_url("poisoned-dead").await).await;
    assert_eq!(dead.body.as_deref(), Some("poison"));
    let source = system(&dead, &MessageSystemAttributeName::DeadLetterQueueSourceArn);
    assert!(source.is_some_and(|arn| arn.ends_with(":poisoned")));
}

async fn a_message_group_is_handed_to_the_consumer_and_holds_nothing_up(aws: &Account) {
    let queue = aws.queue("fair", None).await;
    for body in ["one", "two"] {
        let request = aws.sqs.send_message().queue_url(&queue).message_body(body);
        let request = request.message_group_id("tenant-1");
        request
            .send()
            .await
            .expect("a standard queue takes a group");
    }
    let messages = receive(aws, &queue).await;
    assert_eq!(messages.len(), 2, "a group is no order");
    let group = system(&messages[0], &MessageSystemAttributeName::MessageGroupId);
    assert_eq!(group.as_deref(), Some("tenant-1"));
}

async fn the_depth_tells_waiting_delayed_and_in_flight_apart(aws: &Account) {
    let queue = aws.queue("depth", None).await;
    send(aws, &queue, "in flight").await;
    receive_one(aws, &queue).await;
    send(aws, &queue, "waiting").await;
    let request = aws
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body("later");
    request.delay_seconds(60).send().await.expect("sent");
    for name in [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ] {
        assert_eq!(aws.attribute(&queue, name.clone()).await, "1", "{name:?}");
    }
}

async fn a_batch_is_sent_and_deleted_as_a_whole(aws: &Account) {
    let queue = aws.queue("batch", None).await;
    let mut request = aws.sqs.send_message_batch().queue_url(&queue);
    for id in ["a", "b", "c"] {
        let entry = SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
            .build();
        request = request.entries(entry.expect("an entry"));
    }
    let sent = request.send().await.expect("sent");
    assert_eq!((sent.successful.len(), sent.failed.len()), (3, 0));

    let mut request = aws.sqs.delete_message_batch().queue_url(&queue);
    for message in receive(aws, &queue).await {
        let entry = DeleteMessageBatchRequestEntry::builder()
            .set_id(message.body)
            .set_receipt_handle(message.receipt_handle)
            .build();
        request = request.entries(entry.expect("an entry"));
    }
    let deleted = request.send().await.expect("deleted");
    assert_eq!((deleted.successful.len(), deleted.failed.len()), (3, 0));
}
