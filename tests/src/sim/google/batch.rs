//! Batch: several Calendar requests in one multipart body, each with its own authorization.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use url::Url;

use super::api::{self, ApiRequest};
use super::state::State;
use super::wire::{ApiError, Reply};
use crate::sim::opaque;

/// Calendar's own limit; the official client would send a thousand.
const PARTS_MAX: usize = 50;

struct Part {
    content_id: Option<String>,
    request: ApiRequest,
}

/// The answer to a whole batch, when it goes out, and whether it does.
pub(super) fn answer(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    headers: &HeaderMap,
    body: &[u8],
) -> (Response, Duration, bool) {
    let parts = match read_parts(headers, body) {
        Ok(parts) => parts,
        Err(error) => return (error.into_reply().into_response(), Duration::ZERO, false),
    };
    let boundary = format!("batch_{}", opaque::random(18));
    let mut lines: Vec<String> = Vec::new();
    let mut delay = Duration::ZERO;
    let mut cut = false;
    for part in parts {
        let outcome = api::answer(state, public_base, now, &part.request);
        delay = delay.max(outcome.delay);
        cut |= outcome.cut;
        lines.push(format!("--{boundary}"));
        lines.push("Content-Type: application/http".to_owned());
        lines.extend(
            part.content_id
                .map(|id| format!("Content-ID: {}", answered_id(&id))),
        );
        lines.push(String::new());
        write_inner(&mut lines, &outcome.reply);
    }
    lines.push(format!("--{boundary}--\r\n"));
    let kind = format!("multipart/mixed; boundary={boundary}");
    let response = ([(header::CONTENT_TYPE, kind)], lines.join("\r\n")).into_response();
    (response, delay, cut)
}

fn write_inner(lines: &mut Vec<String>, reply: &Reply) {
    let status = reply.status;
    let reason = status.canonical_reason().unwrap_or_default();
    lines.push(format!("HTTP/1.1 {} {reason}", status.as_u16()));
    for (name, value) in &reply.headers {
        lines.push(format!("{name}: {value}"));
    }
    if reply.body.is_some() {
        lines.push("Content-Type: application/json; charset=UTF-8".to_owned());
    }
    let body = reply.body_text();
    lines.push(format!("Content-Length: {}", body.len()));
    lines.push(String::new());
    lines.push(body);
}

fn answered_id(id: &str) -> String {
    match id.strip_prefix('<') {
        Some(rest) => format!("<response-{rest}"),
        None => format!("response-{id}"),
    }
}

fn read_parts(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Part>, ApiError> {
    let malformed = |why: &str| {
        ApiError::new(
            400,
            "badRequest",
            format!("Failed to parse batch request: {why}"),
        )
    };
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let boundary = kind
        .strip_prefix("multipart/mixed")
        .and_then(|rest| rest.split_once("boundary="))
        .map(|(_, name)| name.split(';').next().unwrap_or(name).trim_matches('"'))
        .ok_or_else(|| malformed("the content type names no boundary"))?;
    let body = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    let body = body.replace("\r\n", "\n");
    let parts: Vec<&str> = body
        .split(&format!("--{boundary}"))
        .skip(1)
        .take_while(|part| !part.starts_with("--"))
        .collect();
    if parts.is_empty() {
        return Err(malformed("there are no parts"));
    }
    if parts.len() > PARTS_MAX {
        return Err(malformed(&format!(
            "The batch request contains too many calls ({}, at most {PARTS_MAX})",
            parts.len()
        )));
    }
    parts
        .iter()
        .map(|part| read_part(part).map_err(|why| malformed(&why)))
        .collect()
}

fn read_part(part: &str) -> Result<Part, String> {
    let (outer, inner) = part
        .trim_start_matches('\n')
        .split_once("\n\n")
        .ok_or("a part has no empty line after its headers")?;
    let outer = read_headers(outer)?;
    if outer
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind != "application/http")
    {
        return Err("a part is not application/http".to_owned());
    }
    let (head, body) = inner.split_once("\n\n").unwrap_or((inner, ""));
    let (line, fields) = head.split_once('\n').unwrap_or((head, ""));
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(format!("{line:?} is not a request line"));
    };
    // The path may be absolute or a whole address.
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Part {
        content_id: outer
            .get("content-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned),
        request: ApiRequest {
            method: method
                .parse::<Method>()
                .map_err(|_| format!("{method:?} is not a method"))?,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: read_headers(fields)?,
            body: body.trim_end_matches('\n').as_bytes().to_vec(),
            batched: true,
        },
    })
}

fn read_headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("{line:?} is not a header"))?;
        let name: HeaderName = name
            .trim()
            .parse()
            .map_err(|_| format!("bad header {name:?}"))?;
        let value =
            HeaderValue::from_str(value.trim()).map_err(|_| format!("bad value of {name}"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
