//! Many requests in one call: a multipart body of requests, answered by a multipart body of answers.

use std::{convert::Infallible, str};

use futures::stream;
use multer::{Field, Multipart};
use reqwest::{Request, RequestBuilder, StatusCode, header};

use super::{
    super::ProviderError,
    answer::{Answer, send, unanswered, unreachable},
    client::Google,
};
use crate::crypto::Secret;

/// What Google's guide has named at its lowest; it has named a thousand too.
pub(super) const REQUESTS_MAX: usize = 50;
const PARTS: &str = "application/http";
/// Only text of our own is ever at the beginning of a line: JSON is written as one.
const BOUNDARY: &str = "kalends";
const PART_HEADERS_MAX: usize = 32;

impl Google {
    /// Sends requests to the calendar together and answers for each, in order. `None` was not answered: it may have been
    /// carried out or not.
    pub(super) async fn send_together(
        &self,
        operation: &'static str,
        access: &Secret,
        requests: Vec<RequestBuilder>,
    ) -> Result<Vec<Option<Answer>>, ProviderError> {
        let count = requests.len();
        let mut body = String::new();
        for (number, request) in requests.into_iter().enumerate() {
            let request = request
                .build()
                .map_err(|source| unreachable(operation, source))?;
            write_part(&mut body, number, &request);
        }
        body.push_str("--");
        body.push_str(BOUNDARY);
        body.push_str("--\r\n");
        let request = self
            .batch(access)
            .header(
                header::CONTENT_TYPE,
                format!("multipart/mixed; boundary={BOUNDARY}"),
            )
            .body(body);
        let answer = send(operation, request).await?;
        read_parts(answer, count)
            .await
            .ok_or_else(|| unanswered(operation))
    }
}

/// The whole batch is authorised once: its headers hold for what is in it.
fn write_part(body: &mut String, number: usize, request: &Request) {
    let url = request.url();
    let query = url.query().map(|query| format!("?{query}"));
    let mut lines = vec![
        format!("--{BOUNDARY}"),
        format!("Content-Type: {PARTS}"),
        format!("Content-ID: <{number}@{BOUNDARY}>"),
        String::new(),
        format!(
            "{} {}{} HTTP/1.1",
            request.method(),
            url.path(),
            query.unwrap_or_default()
        ),
    ];
    for name in [header::CONTENT_TYPE, header::IF_MATCH] {
        let value = request.headers().get(&name);
        let value = value.and_then(|value| value.to_str().ok());
        lines.extend(value.map(|value| format!("{name}: {value}")));
    }
    lines.push(String::new());
    let content = request.body().and_then(reqwest::Body::as_bytes);
    lines.push(String::from_utf8_lossy(content.unwrap_or_default()).into_owned());
    body.push_str(&lines.join("\r\n"));
    body.push_str("\r\n");
}

/// The answers to `count` requests, wherever they stand. `None` is no answer to a batch at all.
pub async fn read_parts(answer: Answer, count: usize) -> Option<Vec<Option<Answer>>> {
    let boundary = boundary(&answer.content_type)?.to_owned();
    let body = stream::iter([Ok::<_, Infallible>(answer.body)]);
    let mut parts = Multipart::new(body, boundary);
    let mut answers = vec![None; count];
    // What comes after a break is lost, what came before is not.
    while let Ok(Some(part)) = parts.next_field().await {
        if let Some((number, answer)) = read_part(part).await
            && let Some(place) = answers.get_mut(number)
        {
            *place = Some(answer);
        }
    }
    Some(answers)
}

/// Google does not quote it, whatever is in it.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let mut parameters = rest.split(';').map(str::trim);
    let boundary = parameters.find_map(|parameter| parameter.strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"'))
}

async fn read_part(part: Field<'_>) -> Option<(usize, Answer)> {
    let header = |name| part.headers().get(name)?.to_str().ok();
    let number = header("content-id")?
        .strip_prefix("<response-")?
        .strip_suffix(&format!("@{BOUNDARY}>"))?
        .parse()
        .ok()?;
    if header("content-type") != Some(PARTS) {
        return None;
    }
    let part = part.bytes().await.ok()?;
    let mut headers = [httparse::EMPTY_HEADER; PART_HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(&part).ok()? else {
        return None;
    };
    let header = |name: &str| {
        let mut headers = head.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        str::from_utf8(header.value).ok()
    };
    let answer = Answer {
        status: StatusCode::from_u16(head.code?).ok()?,
        retry_after_s: header("retry-after").and_then(|value| value.parse().ok()),
        content_type: header("content-type").unwrap_or_default().to_owned(),
        body: part.slice(length..).into(),
    };
    Some((number, answer))
}
