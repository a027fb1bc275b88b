//! What only our stand-ins promise: strictness, counting, faults on request, and surviving a restart.

use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tests::{
    aws::{AwsStandIns, QueueSpec, Template},
    clock::WorldClock,
};

use super::Account;

/// A directory that goes when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("kalends-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&path));
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn ask(aws: &Account, target: &str, body: Value, signed: bool) -> (u16, Value) {
    let (host, mut request) = (
        aws.endpoint.trim_start_matches("http://"),
        format!("POST / HTTP/1.1\r\nx-amz-target: {target}\r\nconnection: close\r\n"),
    );
    if signed {
        request.push_str("authorization: AWS4-HMAC-SHA256 Credential=test\r\n");
    }
    let body = body.to_string();
    let length = body.len();
    request = format!("{request}host: {host}\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut stream = tokio::net::TcpStream::connect(host)
        .await
        .expect("connected");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .expect("sent");
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)
        .await
        .expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
    (
        status.expect("a status"),
        serde_json::from_str(body).expect("JSON"),
    )
}

fn template() -> Template {
    let parameters = [("Stage", "local"), ("GradualDeployment", "false")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Template::load(&parameters.into(), "http://127.0.0.1:9").expect("the template")
}

#[tokio::test]
async fn an_unknown_operation_is_named() {
    let aws = Account::of_stand_ins().await;
    for target in [
        "AmazonSQS.PurgeQueue",
        "secretsmanager.RotateSecret",
        "AWSEvents.PutRule",
        "Lambda.Invoke",
    ] {
        let (status, error) = ask(&aws, target, json!({}), true).await;
        assert_eq!(status, 400);
        let (service, operation) = target.split_once('.').expect("a target");
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains(operation) || message.contains(service),
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_unknown_field_is_named_also_inside_a_batch_entry() {
    let aws = Account::of_stand_ins().await;
    let queue = aws.queue("strict", None).await;
    let entry = json!({ "Id": "a", "MessageBody": "one", "MessageDeduplicationId": "x" });
    for (target, body) in [
        (
            "AmazonSQS.SendMessage",
            json!({ "QueueUrl": queue, "MessageBody": "one", "MessageDeduplicationId": "x" }),
        ),
        (
            "AmazonSQS.SendMessageBatch",
            json!({ "QueueUrl": queue, "Entries": [entry] }),
        ),
        (
            "secretsmanager.GetSecretValue",
            json!({ "SecretId": "a", "MessageDeduplicationId": "x" }),
        ),
        (
            "AWSEvents.PutEvents",
            json!({ "Entries": [{ "MessageDeduplicationId": "x" }] }),
        ),
    ] {
        let (status, error) = ask(&aws, target, body, true).await;
        assert_eq!(
            (status, &error["__type"]),
            (400, &json!("SerializationException"))
        );
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("MessageDeduplicationId"), "{message}");
    }
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let aws = Account::of_stand_ins().await;
    let (status, error) = ask(&aws, "secretsmanager.GetSecretValue", json!({}), false).await;
    assert_eq!(status, 403);
    assert_eq!(error["__type"], "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn requests_are_counted_by_service_and_operation() {
    let aws = Account::of_stand_ins().await;
    let queue = aws.queue("counted", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    request.send().await.expect("sent");
    drop(aws.secrets.describe_secret().secret_id("a").send().await);
    drop(aws.dynamodb.list_tables().send().await);
    let counters = aws.stand_ins().expect("ours").counters();
    assert_eq!(
        (
            counters.queue_sends,
            counters.secret_requests,
            counters.table_requests
        ),
        (1, 1, 1)
    );
    assert_eq!(counters.operations["AmazonSQS.GetQueueUrl"], 1);
}

#[tokio::test]
async fn a_loud_group_waits_behind_a_quiet_one() {
    let clock = WorldClock::virtual_at("2026-03-02T09:00:00Z".parse().expect("a time"));
    let aws = AwsStandIns::open(clock.clone(), None)
        .await
        .expect("opened");
    let account = Account::serving(aws.clone(), clock).await;
    let queue = account.queue("fair", None).await;
    let send = async |group: &str| {
        let request = account.sqs.send_message().queue_url(&queue);
        let request = request.message_body(group).message_group_id(group);
        request.send().await.expect("sent");
    };
    for _ in 0..40 {
        send("loud").await;
    }
    for _ in 0..3 {
        assert_eq!(aws.receive("fair", 10).len(), 10);
    }
    send("quiet").await;
    assert_eq!(aws.receive("fair", 1)[0].body, "quiet");
}

#[tokio::test]
async fn lambda_can_read_what_the_poller_takes() {
    let aws = Account::of_stand_ins().await;
    let queue = aws.queue("lambda", None).await;
    let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
    request
        .message_group_id("ten_1")
        .send()
        .await
        .expect("sent");
    let received = aws.stand_ins().expect("ours").receive("lambda", 10);
    let record = serde_json::to_value(&received[0]).expect("JSON");
    let message: aws_lambda_events::sqs::SqsMessage =
        serde_json::from_value(record).expect("Lambda's shape");
    assert_eq!(message.body.as_deref(), Some("one"));
    assert_eq!(message.attributes["MessageGroupId"], "ten_1");
    assert!(
        message
            .event_source_arn
            .is_some_and(|arn| arn.ends_with(":lambda"))
    );
}

#[tokio::test]
async fn lambda_can_read_the_stream_and_a_write_that_changes_nothing_is_not_in_it() {
    let aws = Account::of_stand_ins().await;
    let stand_ins = aws.stand_ins().expect("ours");
    let template = template();
    stand_ins
        .create_table_from_template(&template)
        .await
        .expect("the table");
    let put = |version: &str| {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let request = aws.dynamodb.put_item().table_name("kalends-local");
        let request = request.item("PK", text("T#1#OUT")).item("SK", text("1"));
        let request = request.item("et", text("outbox"));
        request.item("version", text(version)).send()
    };
    for version in ["one", "one", "two"] {
        put(version).await.expect("written");
    }
    let read = async |after| {
        stand_ins
            .stream_records("kalends-local", after, 100)
            .await
            .expect("records")
    };
    let (records, position) = read(None).await;
    let names: Vec<_> = records.iter().map(|record| &record["eventName"]).collect();
    assert_eq!(names, ["INSERT", "MODIFY"]);
    let record: aws_lambda_events::dynamodb::EventRecord =
        serde_json::from_value(records[0].clone()).expect("Lambda's shape");
    assert_eq!(record.event_name, "INSERT");
    let relay = template.functions().expect("functions");
    let relay = relay
        .iter()
        .find(|function| function.handler == "outbox-relay");
    let mapping = &relay.expect("the relay").streams[0];
    let wanted = |record| mapping.wants(record).expect("a filter we know");
    assert_eq!((wanted(&records[0]), wanted(&records[1])), (true, false));

    let (none, same) = read(Some(position.clone())).await;
    assert_eq!((none.len(), &same), (0, &position));
    put("three").await.expect("written");
    assert_eq!(read(Some(position)).await.0.len(), 1);
}

#[tokio::test]
async fn acknowledged_writes_survive_without_a_last_save() {
    let directory = Directory::new("survives");
    let clock = WorldClock::system();
    {
        let aws = open(&clock, &directory.0).await;
        let queue = aws.queue("kept", Some(3)).await;
        let request = aws.sqs.send_message().queue_url(&queue).message_body("one");
        request.send().await.expect("sent");
        let request = aws.secrets.create_secret().name("kept");
        request.secret_string("two").send().await.expect("created");
        let template = template();
        let stand_ins = aws.stand_ins().expect("ours");
        stand_ins
            .create_table_from_template(&template)
            .await
            .expect("the table");
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let request = aws.dynamodb.put_item().table_name("kalends-local");
        let request = request.item("PK", text("T#1")).item("SK", text("META"));
        request.send().await.expect("written");
    }
    let aws = open(&clock, &directory.0).await;
    let stand_ins = aws.stand_ins().expect("ours");
    assert_eq!(stand_ins.receive("kept", 1)[0].body, "one");
    let request = aws.secrets.get_secret_value().secret_id("kept").send();
    assert_eq!(request.await.expect("read").secret_string(), Some("two"));
    let (records, _) = stand_ins
        .stream_records("kalends-local", None, 10)
        .await
        .expect("records");
    assert_eq!(records.len(), 1);
}

async fn open(clock: &WorldClock, directory: &Path) -> Account {
    let aws = AwsStandIns::open(clock.clone(), Some(directory))
        .await
        .expect("opened");
    Account::serving(aws, clock.clone()).await
}

#[tokio::test]
async fn an_expired_item_goes_when_the_worlds_clock_says_so() {
    let clock = WorldClock::virtual_at("2040-03-02T09:00:00Z".parse().expect("a time"));
    let aws = AwsStandIns::open(clock.clone(), None)
        .await
        .expect("opened");
    aws.create_table_from_template(&template())
        .await
        .expect("the table");
    let account = Account::serving(aws.clone(), clock.clone()).await;
    let ttl = clock.now().as_second() + 60;
    let request = account.dynamodb.put_item().table_name("kalends-local");
    let request = request.item("PK", AttributeValue::S("OST#1".to_owned()));
    let request = request.item("SK", AttributeValue::S("OST".to_owned()));
    let request = request.item("ttl", AttributeValue::N(ttl.to_string()));
    request.send().await.expect("written");
    assert_eq!(aws.sweep_expired_items().expect("swept"), 0);
    account.pass(61);
    assert_eq!(aws.sweep_expired_items().expect("swept"), 1);
}

#[test]
fn a_queue_spec_is_what_the_template_says() {
    let queues = template().queues().expect("queues");
    let (_, spec) = queues
        .iter()
        .find(|(name, _)| name == "kalends-local-sync-google")
        .expect("the queue");
    let expected = QueueSpec {
        visibility_timeout_s: 360,
        dead_letter: Some(("kalends-local-sync-google-dead".to_owned(), 10)),
        retention_s: 345_600,
    };
    assert_eq!(*spec, expected);
}
