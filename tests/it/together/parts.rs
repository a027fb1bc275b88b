//! The answer to a batch is read strictly: what is not surely the answer to a request is none.

use proptest::prelude::*;
use reqwest::StatusCode;
use shared::providers::google::{Answer, batch::read_parts};

/// As Google's own look: not quoted, with what a parameter may not hold.
const BOUNDARY: &str = "batch_pK7JBAk73-E=_AA5eFwv4m2Q=";

fn part(id: &str, kind: &str, inner: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-ID: {id}\r\n\r\n{inner}\r\n")
}

fn created(number: usize, body: &str) -> String {
    let inner =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{body}");
    part(
        &format!("<response-{number}@kalends>"),
        "application/http",
        &inner,
    )
}

fn last() -> String {
    format!("--{BOUNDARY}--\r\n")
}

/// What a body says of so many requests: status and body of each.
async fn read(body: &str, count: usize) -> Option<Vec<Option<(u16, String)>>> {
    read_as(
        &format!("multipart/mixed; boundary={BOUNDARY}"),
        body,
        count,
    )
    .await
}

async fn read_as(kind: &str, body: &str, count: usize) -> Option<Vec<Option<(u16, String)>>> {
    let answer = Answer {
        status: StatusCode::OK,
        retry_after_s: None,
        content_type: kind.into(),
        body: body.into(),
    };
    let shown = |answer: Answer| {
        let body = String::from_utf8(answer.body).unwrap();
        (answer.status.as_u16(), body)
    };
    let answers = read_parts(answer, count).await?.into_iter();
    Some(answers.map(|answer| answer.map(shown)).collect())
}

fn ok(body: &str) -> (u16, String) {
    (200, body.to_owned())
}

#[tokio::test]
async fn what_is_surely_an_answer_is_read_and_nothing_else() {
    let inner = "HTTP/1.1 200 OK\r\n\r\n{}";
    let cases = [
        ("a part is missing", created(1, "{}")),
        (
            "an id that is not ours",
            part("<response-0@elsewhere>", "application/http", inner) + &created(1, "{}"),
        ),
        (
            "the id of the request",
            part("<0@kalends>", "application/http", inner) + &created(1, "{}"),
        ),
        (
            "a number that was not asked",
            created(2, "{}") + &created(1, "{}"),
        ),
        (
            "a part of another kind",
            part("<response-0@kalends>", "application/json", "{}") + &created(1, "{}"),
        ),
        (
            "a part that is not HTTP",
            part("<response-0@kalends>", "application/http", "{}") + &created(1, "{}"),
        ),
        (
            "a head that breaks off",
            part(
                "<response-0@kalends>",
                "application/http",
                "HTTP/1.1 200 OK",
            ) + &created(1, "{}"),
        ),
    ];
    for (case, body) in cases {
        let expected = Some(vec![None, Some(ok("{}"))]);
        assert_eq!(read(&(body + &last()), 2).await, expected, "{case}");
    }
}

#[tokio::test]
async fn what_came_before_a_break_counts() {
    let whole = created(1, "{\"a\":1}") + &created(0, "{\"b\":2}") + &last();
    let second = created(1, "{\"a\":1}").len();
    for length in 0..whole.len() - 2 {
        let cut = &whole[..length];
        let answers = read(cut, 2).await.unwrap();
        assert!(matches!(&answers[0], None | Some((200, _))), "{length}");
        if length < second {
            assert_eq!(answers, [None, None], "{length}");
        }
        if length >= second + 2 + BOUNDARY.len() {
            assert_eq!(answers[1], Some(ok("{\"a\":1}")), "{length}");
        }
        if answers[0].is_some() {
            assert_eq!(answers[0], Some(ok("{\"b\":2}")), "{length}");
        }
    }
    let full = [ok("{\"b\":2}"), ok("{\"a\":1}")];
    assert_eq!(read(&whole, 2).await, Some(full.map(Some).to_vec()));
}

#[tokio::test]
async fn an_answer_that_is_no_batch_is_told_apart_from_one_without_parts() {
    let whole = created(0, "{}") + &last();
    for kind in [
        "application/json",
        "",
        "multipart/mixed",
        "multipart/form-data; boundary=x",
    ] {
        assert_eq!(read_as(kind, &whole, 1).await, None, "{kind:?}");
    }
    let quoted = format!("Multipart/Mixed; charset=UTF-8; boundary=\"{BOUNDARY}\"");
    assert_eq!(
        read_as(&quoted, &whole, 1).await,
        Some(vec![Some(ok("{}"))])
    );
    assert_eq!(read(&last(), 1).await, Some(vec![None]));
}

#[tokio::test]
async fn a_part_brings_its_refusal_its_wait_and_what_is_large() {
    let large = "x".repeat(200_000);
    let refused = part(
        "<response-1@kalends>",
        "application/http",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n",
    );
    let answer = Answer {
        status: StatusCode::OK,
        retry_after_s: None,
        content_type: format!("multipart/mixed; boundary={BOUNDARY}"),
        body: (refused + &created(0, &large) + &last()).into(),
    };

    let answers = read_parts(answer, 2).await.unwrap();

    let [Some(whole), Some(refused)] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(whole.body == large.as_bytes());
    assert_eq!(whole.content_type, "application/json; charset=UTF-8");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.retry_after_s, Some(30));
}

proptest! {
    /// Any order and any text: lines that look like a delimiter can only stand in JSON as escapes.
    #[test]
    fn answers_find_their_requests_in_any_order(
        order in Just((0..20_usize).collect::<Vec<_>>()).prop_shuffle(),
        texts in prop::collection::vec(any::<String>(), 20),
    ) {
        let bodies: Vec<String> = texts.iter().map(|text| serde_json::json!(text).to_string()).collect();
        let mut whole: String = order.iter().map(|number| created(*number, &bodies[*number])).collect();
        whole.push_str(&last());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answers = runtime.block_on(read(&whole, 20)).unwrap();
        let expected: Vec<_> = bodies.iter().map(|body| Some(ok(body))).collect();
        prop_assert_eq!(answers, expected);
    }
}
