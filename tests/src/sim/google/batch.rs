//! Batch: several Calendar requests in one multipart body, each judged, counted and answered for itself.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use url::Url;

use super::api::{self, ApiRequest, Outcome};
use super::state::State;
use super::wire::{ApiError, Reply};
use crate::sim::credentials::bearer;
use crate::sim::faults::{FaultName, Target};
use crate::sim::opaque;
use crate::sim::request_log::Entry;

/// What is safe: the guide has named 50 and a thousand, and the official client would send a thousand.
const PARTS_MAX: usize = 50;
pub(super) const PATH: &str = "/batch/calendar/v3";
pub(super) const OPERATION: &str = "batch";

struct Part {
    content_id: Option<String>,
    request: ApiRequest,
}

/// The answer to a whole batch, when it goes out, and whether it does. The batch is a call of its own beside those in it:
/// it can be refused, slow or lost as a whole.
pub(super) fn answer(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    headers: &HeaderMap,
    body: &[u8],
) -> Outcome<Response> {
    let bearer = bearer(headers);
    let account = bearer.and_then(|bearer| state.grants.account_of(bearer));
    let target = Target {
        method: OPERATION,
        account: account.as_deref(),
        path: PATH,
        page: None,
    };
    let slow = state.faults.strike(FaultName::Slow, &target);
    let mut delay = slow.map_or(Duration::ZERO, |fault| fault.delay());
    let parts = api::strike_down(state, &target).and_then(|()| read_parts(headers, body));
    let mut refused = None;
    let (response, mut cut) = match parts {
        Ok(parts) => {
            let done = carry_out(state, public_base, now, headers, parts);
            delay = delay.max(done.delay);
            (done.reply, done.cut)
        }
        Err(error) => {
            refused = error.refused.then(|| error.message().to_owned());
            (error.into_reply().into_response(), false)
        }
    };
    let dropped = state.faults.strike(FaultName::DropResponse, &target);
    cut |= dropped.is_some();
    state.requests.record(Entry {
        seq: 0,
        at: now,
        method: Method::POST.to_string(),
        path: PATH.to_owned(),
        query: String::new(),
        route: PATH.to_owned(),
        operation: OPERATION.to_owned(),
        account,
        status: (!cut).then(|| response.status().as_u16()),
        refused,
        batched: false,
    });
    Outcome {
        reply: response,
        delay,
        cut,
    }
}

/// Google carries the calls out in any order. Here the answers come in that order too: they are told apart by their ids.
fn carry_out(
    state: &mut State,
    public_base: &Url,
    now: Timestamp,
    outer: &HeaderMap,
    mut parts: Vec<Part>,
) -> Outcome<Response> {
    parts.sort_by_cached_key(|_| opaque::random(8));
    // As Google's own look, and not quoted as the grammar would have it.
    let boundary = format!("batch_{}=_{}=", opaque::random(11), opaque::random(11));
    let mut lines: Vec<String> = Vec::new();
    let (mut delay, mut cut) = (Duration::ZERO, false);
    for mut part in parts {
        inherit(&mut part.request.headers, outer);
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
    let reply = ([(header::CONTENT_TYPE, kind)], lines.join("\r\n")).into_response();
    Outcome { reply, delay, cut }
}

/// The headers of the batch hold for each call in it that does not have its own, except those about content.
fn inherit(headers: &mut HeaderMap, outer: &HeaderMap) {
    for (name, value) in outer {
        if !name.as_str().starts_with("content-") && !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
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
        let message = format!("Failed to parse batch request: {why}");
        ApiError::new(400, "badRequest", message).into_refusal()
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
    // A delimiter is a line of its own, and the last one says so.
    let body = format!("\n{}\n", body.replace("\r\n", "\n"));
    let (body, _) = body
        .split_once(&format!("\n--{boundary}--\n"))
        .ok_or_else(|| malformed("the last delimiter is missing"))?;
    let delimiter = format!("\n--{boundary}\n");
    let parts: Vec<&str> = body.split(&delimiter).skip(1).collect();
    if parts.is_empty() {
        return Err(malformed("there are no parts"));
    }
    if parts.len() > PARTS_MAX {
        return Err(malformed(&format!(
            "The batch request contains too many calls ({}, at most {PARTS_MAX})",
            parts.len()
        )));
    }
    let parts: Vec<Part> = parts
        .iter()
        .map(|part| read_part(part).map_err(|why| malformed(&why)))
        .collect::<Result<_, _>>()?;
    let mut ids = BTreeSet::new();
    for id in parts.iter().filter_map(|part| part.content_id.as_ref()) {
        if !ids.insert(id) {
            return Err(malformed(&format!("two parts are called {id}")));
        }
    }
    Ok(parts)
}

fn read_part(part: &str) -> Result<Part, String> {
    let (outer, inner) = part
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
    if !target.starts_with('/') {
        return Err(format!("{target:?} is not the path of an address"));
    }
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
