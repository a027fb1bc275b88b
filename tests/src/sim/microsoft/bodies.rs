//! Bodies: HTML as Exchange keeps it, the text of it, and the block that an online meeting needs.

use serde_json::{Value, json};

/// Stored is what was said, `html` or `text`; Exchange wraps HTML that is no document of its own.
pub(super) fn stored(body: &Value) -> Value {
    let content = body["content"].as_str().unwrap_or_default();
    if is_text(body) {
        let lines = content.replace("\r\n", "\n").replace('\n', "\r\n");
        return json!({ "contentType": "text", "content": lines });
    }
    let document = content.to_ascii_lowercase().contains("<html");
    let content = if document || content.is_empty() {
        content.to_owned()
    } else {
        document_of(content)
    };
    json!({ "contentType": "html", "content": content })
}

/// What is answered: HTML, unless the caller prefers text.
pub(super) fn shown(body: Option<&Value>, as_text: bool) -> Value {
    let nothing = json!({ "contentType": "html", "content": "" });
    let body = body.unwrap_or(&nothing);
    let content = body["content"].as_str().unwrap_or_default();
    match (is_text(body), as_text) {
        (true, true) | (false, false) => body.clone(),
        (false, true) => json!({ "contentType": "text", "content": text_of(content) }),
        (true, false) => {
            let lines = escaped(content).replace("\r\n", "<br>\r\n");
            let html = format!("<div class=\"PlainText\">{lines}</div>");
            json!({ "contentType": "html", "content": document_of(&html) })
        }
    }
}

/// The first 255 characters of the text.
pub(super) fn preview(body: Option<&Value>) -> String {
    let text = shown(body, true);
    let text = text["content"].as_str().unwrap_or_default();
    text.chars().take(255).collect()
}

/// The block that a meeting's own address stands in; without it the meeting is none.
pub(super) fn with_meeting(body: Option<&Value>, join_url: &str) -> Value {
    let body = shown(body, false);
    let content = body["content"].as_str().unwrap_or_default();
    let block = format!(
        "<div class=\"me-email-text\" lang=\"en-US\"><hr><p>Microsoft Teams meeting</p><a id=\"meet_invite_block.action.join_link\" href=\"{join_url}\">Join the meeting now</a><hr></div>\r\n"
    );
    let content = match content.split_once("</body>") {
        Some((before, after)) => format!("{before}{block}</body>{after}"),
        None => document_of(&block),
    };
    json!({ "contentType": "html", "content": content })
}

pub(super) fn has_meeting(body: Option<&Value>, join_url: &str) -> bool {
    let content = body.and_then(|body| body["content"].as_str());
    content.is_some_and(|content| content.contains(join_url))
}

fn is_text(body: &Value) -> bool {
    let kind = body["contentType"].as_str();
    kind.is_none_or(|kind| kind.eq_ignore_ascii_case("text"))
}

fn document_of(html: &str) -> String {
    format!(
        "<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n</head>\r\n<body>\r\n{html}\r\n</body>\r\n</html>\r\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Good enough for a preview: tags go, breaks and paragraphs become lines, the five entities become characters.
fn text_of(html: &str) -> String {
    let body = html.split_once("<body").map_or(html, |(_, rest)| rest);
    let body = if body.len() == html.len() {
        body
    } else {
        body.split_once('>').map_or(body, |(_, rest)| rest)
    };
    let mut text = String::new();
    let mut tag: Option<String> = None;
    for letter in body.chars() {
        match (&mut tag, letter) {
            (None, '<') => tag = Some(String::new()),
            (None, '\r' | '\n') => {}
            (None, letter) => text.push(letter),
            (Some(name), '>') => {
                let name = name.to_ascii_lowercase();
                if ["br", "br/", "br /", "/p", "/div", "/li"].contains(&name.as_str()) {
                    text.push_str("\r\n");
                }
                tag = None;
            }
            (Some(name), letter) => name.push(letter),
        }
    }
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<");
    let text = text.replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&").trim_end().to_owned()
}
