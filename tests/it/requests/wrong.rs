//! What can be wrong with a request, whatever it asks for.

use reqwest::header::HeaderValue;
use serde_json::json;

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// A body that no route can take.
pub(super) struct Body {
    pub(super) what: &'static str,
    pub(super) kind: Option<&'static str>,
    pub(super) bytes: Vec<u8>,
}

fn body(what: &'static str, kind: Option<&'static str>, bytes: impl Into<Vec<u8>>) -> Body {
    let bytes = bytes.into();
    Body { what, kind, bytes }
}

const TOO_MUCH: usize = 300 * 1024;
const LEVELS: usize = 10_000;

pub(super) fn json_bodies() -> Vec<Body> {
    let read = |what, bytes: Vec<u8>| body(what, Some(JSON), bytes);
    let nested = |open: &str, close: &str| open.repeat(LEVELS) + "1" + &close.repeat(LEVELS);
    let large = json!({ "title": "x".repeat(TOO_MUCH) }).to_string();
    vec![
        read("nothing", Vec::new()),
        read("half a document", br#"{"title": "#.to_vec()),
        read("two documents", b"{}{}".to_vec()),
        read("null", b"null".to_vec()),
        read("a list", br#"[{"title": "x"}]"#.to_vec()),
        read("a number", b"42".to_vec()),
        read("a number beyond all", br#"{"title": 1e999999}"#.to_vec()),
        read("a text", br#""title""#.to_vec()),
        read("an unknown field", br#"{"surprise": 1}"#.to_vec()),
        read("an unnamed field", br#"{"": {}}"#.to_vec()),
        read(
            "bytes that are no UTF-8",
            b"{\"title\": \"\xff\xfe\"}".to_vec(),
        ),
        read("half a surrogate", br#"{"title": "\ud800"}"#.to_vec()),
        read("a bare NUL", b"{\"title\": \"a\0b\"}".to_vec()),
        read("lists in lists", nested("[", "]").into()),
        read("objects in objects", nested("{\"a\":", "}").into()),
        read("too much", large.into()),
        body("no content type", None, "{}"),
        body("another content type", Some("text/plain"), "{}"),
        body("a form", Some(FORM), "title=x"),
        body("parts", Some("multipart/form-data; boundary=x"), "--x--"),
    ]
}

pub(super) fn form_bodies() -> Vec<Body> {
    let fields = "history_days=soon&receives_new=nobody&provider=yahoo&version=x&title=%ff%00&email=%zz&name=&name=";
    vec![
        body("fields that mean nothing", Some(FORM), fields),
        body(
            "too much",
            Some(FORM),
            format!("title={}", "x".repeat(TOO_MUCH)),
        ),
        body("no content type", None, "title=x"),
        body("JSON", Some(JSON), r#"{"title": "x"}"#),
        body("parts", Some("multipart/form-data; boundary=x"), "--x--"),
    ]
}

/// Names nothing, whatever kind of id belongs in its place.
pub(super) const IDS: [&str; 12] = [
    "x",
    "%00",
    "%ff%fe",
    "%2e%2e%2f%2e%2e%2f",
    "..%2F..%2Fetc%2Fpasswd",
    "'%20OR%201=1%20--",
    "%3Cscript%3E",
    "ent_",
    "ent_01kjpe2w8zj4m6n8q0s2v4x6z8",
    "con_81KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    "mem_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    "%F0%9F%92%A9",
];

pub(super) const QUERIES: [&str; 6] = [
    "from=yesterday&to=%00&limit=-1&cursor=%ff%fe&assignee=mem_x&zone=Nowhere%2FElse&week=9999-99-99&date=%2B",
    "refresh=perhaps&state=%00&code=%ff&error=%0d%0a&next=%5C%5Cevil.test&expired=%00&surprise=1",
    "from=-009999-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&week=-9999-01-01&date=0000-00-00&zone=..%2F..%2Fetc%2Fpasswd",
    "from=1&from=2&week=1&week=2&state=1&state=2&next=/a&next=/b&refresh=1&refresh=0&date=1&date=2",
    "%",
    "=&&=&%00=%00",
];

pub(super) fn headers() -> Vec<(&'static str, HeaderValue)> {
    let text = |text: &str| HeaderValue::from_str(text).unwrap();
    let bytes = || HeaderValue::from_bytes(b"\xff\xfe").unwrap();
    let long = "x".repeat(9_000);
    vec![
        ("cookie", text(&format!("theme={long}; zone={long}"))),
        (
            "cookie",
            text("zone=../../etc/passwd; theme=<script>; =; ;;; a"),
        ),
        ("cookie", text("kalends-flash=ok.%ff%00%; kalends-flash=")),
        ("cookie", bytes()),
        ("if-match", text(&long)),
        ("if-match", text("*")),
        ("if-match", text("\"-1\"")),
        ("if-match", bytes()),
        ("accept-encoding", text(&long)),
        ("accept-encoding", bytes()),
        ("hx-request", bytes()),
        ("x-goog-channel-token", text(&long)),
        ("x-goog-channel-token", bytes()),
        ("x-goog-resource-state", bytes()),
        ("x-surprise", text(&long)),
    ]
}
