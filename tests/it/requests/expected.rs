//! What an answer to a wrong request has to be.

use tests::person::Answer;

use super::routes::Route;

#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// The caller's fault.
    Refused,
    /// There is no such thing.
    Missing,
    /// Not our fault.
    Survived,
}

impl Expected {
    pub(super) fn flaw(self, answer: &Answer) -> Option<String> {
        let fits = match self {
            Self::Refused => answer.status.is_client_error(),
            Self::Missing => answer.status == 404,
            Self::Survived => !answer.status.is_server_error(),
        };
        (!fits).then(|| format!("answered {} {}", answer.status, excerpt(&answer.text)))
    }
}

/// A refusal is a problem for programs and a page for people.
pub(super) fn shape_flaw(route: &Route, answer: &Answer) -> Option<String> {
    if !answer.status.is_client_error() {
        return None;
    }
    let kind = answer.header("content-type");
    let fits = if route.is_page() {
        kind == "text/html; charset=utf-8"
            && answer.text.starts_with("<!DOCTYPE html>")
            // The id to quote is the one in the log; sign-in and forms show none.
            && (!answer.text.contains("<dt>Request</dt>")
                || answer.text.contains(answer.header("x-request-id")))
    } else {
        kind == "application/problem+json"
            && answer.json()["status"] == answer.status.as_u16()
            && !answer.at("/code").is_empty()
            && !answer.at("/detail").is_empty()
            // What is quoted when asking for help is what stands in the log.
            && !answer.header("x-request-id").is_empty()
            && answer.at("/request_id") == answer.header("x-request-id")
    };
    (!fits).then(|| format!("{} as {kind:?}: {}", answer.status, excerpt(&answer.text)))
}

pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
