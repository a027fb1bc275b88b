//! Calls that name themselves with an `Idempotency-Key` are carried out once.

use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    aws::ApiError,
    person::{Answer, Person},
    world::World,
};

use crate::support::{ADA, MIA, visit};

const ENTRIES: &str = "/api/v1/schedule/entries";
const LIST: &str = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";

async fn call(person: &Person, name: &str, body: &Value) -> Answer {
    let request = person.request(Method::POST, ENTRIES).await.unwrap();
    let request = request.header("idempotency-key", name).json(body);
    person.send(request).await.unwrap()
}

/// As where a policy was changed: nothing is tried again.
fn denied() -> ApiError {
    ApiError::new("AccessDeniedException", "a policy says no")
}

async fn entries(person: &Person) -> usize {
    let listed = person.get(LIST).await.unwrap().expect(200).unwrap();
    listed.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repeated_call_is_answered_like_the_first_and_carried_out_once() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    let first = call(&mia, "visit-1", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();
    let again = call(&mia, "visit-1", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();

    assert_eq!(again.text, first.text);
    for header in ["location", "etag", "content-type"] {
        assert_eq!(again.header(header), first.header(header));
    }
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            again.header("idempotency-replayed")
        ),
        ("", "true")
    );
    assert_eq!(entries(&mia).await, 1);
    call(&mia, "visit-2", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();
    assert_eq!(entries(&mia).await, 2);
}

#[tokio::test]
async fn a_name_stands_for_one_request_of_one_member() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    call(&mia, "visit", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();

    let other = call(&mia, "visit", &visit("lamp", 5))
        .await
        .expect(422)
        .unwrap();
    assert_eq!(other.at("/code"), "idempotency_key_reused");
    let hers = call(&ada, "visit", &visit("lamp", 5))
        .await
        .expect(201)
        .unwrap();

    assert_eq!(hers.header("idempotency-replayed"), "");
    assert_eq!((entries(&mia).await, entries(&ada).await), (1, 1));
    for wrong in ["", &"x".repeat(256)] {
        let refused = call(&mia, wrong, &visit("pump", 4))
            .await
            .expect(400)
            .unwrap();
        assert_eq!(refused.at("/code"), "idempotency_key");
    }
}

#[tokio::test]
async fn of_the_same_call_many_times_at_once_one_is_carried_out() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let visit = visit("pump", 4);

    let answers = join_all((0..8).map(|_| call(&mia, "visit", &visit))).await;

    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(made >= 1);
    for answer in &answers {
        let waits = answer.status == 409 && answer.at("/code") == "idempotency_in_progress";
        assert!(answer.status == 201 || waits, "{answer:?}");
    }
    assert_eq!(entries(&mia).await, 1);
}

#[tokio::test]
async fn a_refusal_is_repeated_too_and_a_name_is_free_again_after_a_day() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let nonsense = json!({ "title": 7 });
    let refused = call(&mia, "visit", &nonsense).await.expect(422).unwrap();
    let again = call(&mia, "visit", &nonsense).await.expect(422).unwrap();
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.at("/errors"), refused.at("/errors"));

    world.clock.advance(SignedDuration::from_hours(24)).unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();

    call(&mia, "visit", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();
    assert_eq!(entries(&mia).await, 1);
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_in_a_crash_is_not_carried_out_twice() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    // The name is claimed, the entry is written, and then the function dies before its answer is kept.
    world.aws.let_pass("TransactWriteItems");
    world.aws.let_pass("TransactWriteItems");
    world.aws.refuse_next("TransactWriteItems", denied());
    let lost = call(&mia, "visit", &visit("pump", 4)).await;
    assert_eq!(lost.status, 201, "the caller of this story never sees it");
    let soon = call(&mia, "visit", &visit("pump", 4))
        .await
        .expect(409)
        .unwrap();
    assert_eq!(soon.at("/code"), "idempotency_in_progress");

    world.clock.advance(SignedDuration::from_mins(1)).unwrap();
    let again = call(&mia, "visit", &visit("pump", 4))
        .await
        .expect(201)
        .unwrap();

    assert_eq!(again.at("/id"), lost.at("/id"));
    assert_eq!(entries(&mia).await, 1);
}

#[tokio::test]
async fn files_that_differ_in_one_byte_are_not_the_same_request() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let send = async |file: &[u8]| {
        let path = "/api/v1/schedule/import";
        let request = mia.request(Method::POST, path).await.unwrap();
        let request = request.header("idempotency-key", "file-1");
        let request = request.header("content-type", "text/csv");
        let answer = mia.send(request.body(file.to_vec())).await.unwrap();
        answer.expect(422).unwrap().at("/code")
    };

    // As old spreadsheets write an umlaut.
    assert_eq!(
        send(b"title,start\nM\xFCller,2027-03-02\n").await,
        "unreadable_file"
    );
    assert_eq!(
        send(b"title,start\nM\xF6ller,2027-03-02\n").await,
        "idempotency_key_reused"
    );
}
