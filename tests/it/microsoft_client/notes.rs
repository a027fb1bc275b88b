//! Notes out of the documents that Outlook keeps.

use domain::event::Change;
use serde_json::json;

use super::events::{changes, event};

fn notes(html: &str) -> String {
    let body = json!({ "contentType": "html", "content": html });
    let first = changes(event(json!({ "body": body }))).swap_remove(0);
    let Change::Upserted(event) = first else {
        panic!("{first:?}");
    };
    event.content.notes
}

#[test]
fn lines_stay_lines_however_they_are_written() {
    let wanted = "One\n\nTwo\nThree";
    for html in [
        "One<br>\r\n<br>\r\nTwo<br/>Three",
        "<div>One</div><div><br></div><div>Two</div><DIV class=\"x\">Three</DIV>",
        "<p class=\"MsoNormal\">One</p><p class=\"MsoNormal\">&nbsp;</p><p class=\"MsoNormal\">Two</p><p class=\"MsoNormal\">Three</p>",
        "<p>One</p>\n<p>Two<br>Three</p>",
    ] {
        assert_eq!(notes(html), wanted, "{html}");
    }
}

#[test]
fn what_is_not_said_is_not_in_the_notes() {
    let html = "<html><head><meta charset=\"utf-8\"><style>p { color: red }</style><title>x</title></head>\
        <body><!-- hidden --><script>run()</script><b>Bring</b> the <i>ladder</i></body></html>";

    assert_eq!(notes(html), "Bring the ladder");
}

#[test]
fn characters_links_and_lists_are_readable() {
    assert_eq!(
        notes("a &lt; b &amp; c&nbsp;d &#252;"),
        "a < b & c d \u{fc}"
    );
    assert_eq!(
        notes("<a href=\"https://kalends.test/x\">here</a>"),
        "here (https://kalends.test/x)"
    );
    assert_eq!(
        notes("Bring<ul><li>rope</li><li>ladder</li></ul>"),
        "Bring\n- rope\n- ladder"
    );
}

#[test]
fn plain_bodies_stay_as_they_are() {
    let body = json!({ "contentType": "text", "content": "a <b> c\r\n\r\nd\r\n" });
    let first = changes(event(json!({ "body": body }))).swap_remove(0);

    assert!(matches!(first, Change::Upserted(event) if event.content.notes == "a <b> c\n\nd"));
}
