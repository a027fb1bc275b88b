//! The part of a body that is an online meeting. Outlook knows the meeting by it: without it there is none any longer.

use super::{super::text, wire::Event};

/// A line of these is above and below the meeting.
const RULE: &str = "____________________";

/// Notes that cannot be written without harm to the meeting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("its notes hold an online meeting that a change could break: change them in Outlook")]
pub(super) struct MeetingInTheWay;

/// Where the meeting stands.
fn block(html: &str) -> Option<(usize, usize)> {
    let (first, last) = (html.find(RULE)?, html.rfind(RULE)? + RULE.len());
    let end = last + html[last..].len() - html[last..].trim_start_matches('_').len();
    // The element around each line goes with it.
    let opened = html[..first].trim_end();
    let start = if opened.ends_with('>') {
        opened
            .rfind('<')
            .filter(|at| !opened[*at..].starts_with("</"))
            .unwrap_or(first)
    } else {
        first
    };
    let rest = html[end..].trim_start();
    let closed = match rest.split_once('>') {
        Some((tag, after)) if tag.starts_with("</") => html.len() - after.len(),
        Some(_) | None => end,
    };
    (end - first > 2 * RULE.len()).then_some((start, closed))
}

fn is_online(event: &Event) -> bool {
    event.is_online_meeting == Some(true)
}

/// What a person wrote into the body.
pub(super) fn notes(event: &Event) -> String {
    let Some(body) = &event.body else {
        return String::new();
    };
    if !body.content_type.eq_ignore_ascii_case("html") {
        return body.content.replace("\r\n", "\n").trim_end().to_owned();
    }
    match block(&body.content).filter(|_| is_online(event)) {
        Some((start, end)) => {
            let (before, after) = (&body.content[..start], &body.content[end..]);
            text::from_html(&format!("{before}{after}"))
        }
        None => text::from_html(&body.content),
    }
}

/// The body with other notes and the same meeting; `None` where there is no meeting to be kept.
pub(super) fn with_notes(event: &Event, notes: &str) -> Result<Option<String>, MeetingInTheWay> {
    let Some(body) = event.body.as_ref().filter(|_| is_online(event)) else {
        return Ok(None);
    };
    if let Some((start, end)) = block(&body.content) {
        let kept = &body.content[start..end];
        let notes = to_html(notes);
        return Ok(Some(format!(
            "<html><body><div>{notes}</div>\n<br>\n{kept}</body></html>"
        )));
    }
    let link = event
        .online_meeting
        .as_ref()
        .and_then(|meeting| meeting.join_url.as_deref());
    let holds_link = link
        .is_none_or(|link| body.content.contains(link) || body.content.contains(&to_html(link)));
    if holds_link {
        Err(MeetingInTheWay)
    } else {
        Ok(None)
    }
}

/// Text as a document that shows it with its lines.
fn to_html(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    escaped.replace('\n', "<br>\n")
}
