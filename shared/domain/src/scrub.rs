//! What others send is kept for operators without the secrets that it may hold, and not without end.

mod named;

use serde_json::Value;

/// Longer bodies are cut.
pub const BYTES_MAX: usize = 8 * 1024;
pub const REMOVED: &str = "[removed]";
const CUT: &str = " … [cut]";

/// Parts of names whose values are secrets; `-` and `_` do not count.
const SECRET_NAMES: [&str; 11] = [
    "authorization",
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "cookie",
    "privatekey",
    "signature",
    "credential",
    "sessionid",
];
/// What introduces a secret in the middle of a text.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];
/// How secrets begin that can be told by their looks: ours, and signed proofs.
const BEGINNINGS: [&str; 3] = ["kalends_", "whsec_", "eyJ"];

/// A body as it may be kept: JSON stays JSON.
pub fn body(text: &str) -> String {
    let clean = match serde_json::from_str::<Value>(text) {
        Ok(json) => value(json).to_string(),
        Err(_) => words(&named::without_headers(text)),
    };
    cut(clean)
}

fn value(json: Value) -> Value {
    match json {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, inner)| {
                    let inner = if is_secret(&name) {
                        Value::String(REMOVED.into())
                    } else {
                        value(inner)
                    };
                    (name, inner)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(value).collect()),
        Value::String(text) => Value::String(inner(&text)),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// A text in JSON. Some have JSON in them.
fn inner(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => value(json).to_string(),
        Ok(_) | Err(_) => words(text),
    }
}

fn is_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// A text without what looks like a secret, or is named as one.
pub fn words(text: &str) -> String {
    named::without_values(&without_looks(text))
}

fn without_looks(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_scheme = false;
    while !rest.is_empty() {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._~+/=-".contains(letter);
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        let looks_secret =
            BEGINNINGS.iter().any(|begins| word.starts_with(begins)) && word.len() > 16;
        clean.push_str(if !word.is_empty() && (after_scheme || looks_secret) {
            REMOVED
        } else {
            word
        });
        let Some(letter) = behind.chars().next() else {
            break;
        };
        let scheme = format!("{}{letter}", word.to_ascii_lowercase());
        after_scheme = SCHEMES.contains(&scheme.as_str());
        clean.push(letter);
        rest = &behind[letter.len_utf8()..];
    }
    clean
}

fn cut(mut text: String) -> String {
    if text.len() > BYTES_MAX {
        let mut end = BYTES_MAX - CUT.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_taken_out_by_their_names_and_by_their_looks() {
        let sent = json!({
            "order": 7,
            "Authorization": "Bearer abc",
            "nested": [{ "api-key": 1, "note": "sent with Bearer abc.def and kalends_0123456789abcdef" }],
        });
        let kept: Value = serde_json::from_str(&body(&sent.to_string())).unwrap();

        assert_eq!(
            kept,
            json!({
                "order": 7,
                "Authorization": REMOVED,
                "nested": [{ "api-key": REMOVED, "note": "sent with Bearer [removed] and [removed]" }],
            })
        );
        assert_eq!(
            body("plain: basic dXNlcjpwdw== and kalends_short"),
            "plain: basic [removed] and kalends_short"
        );
    }

    #[test]
    fn secrets_are_taken_out_of_texts_that_name_them() {
        for (sent, kept) in [
            (
                "<Login><User>7</User><Password>hunter2</Password></Login>",
                "<Login><User>7</User><Password>[removed]</Password></Login>",
            ),
            (
                "<s:ApiKey type=\"k\"><![CDATA[hunter2]]></s:ApiKey>",
                "<s:ApiKey type=\"k\"><![CDATA[[removed]]]></s:ApiKey>",
            ),
            (
                "<login password='hunter2' id='7'/>",
                "<login password='[removed]' id='7'/>",
            ),
            (
                "id=7&client_secret=hunter2&scope=x",
                "id=7&client_secret=[removed]&scope=x",
            ),
            (
                "authorization=Bearer hunter2 id=7",
                "authorization=[removed] id=7",
            ),
            (
                r#"{"payload":"{\"api_key\":\"hunter2\",\"id\":7}"}"#,
                r#"{"payload":"{\"api_key\":\"[removed]\",\"id\":7}"}"#,
            ),
            (
                r#"{"id":7,"api_key":"hunt\"er2"#,
                r#"{"id":7,"api_key":"[removed]"#,
            ),
            (
                r#"sent "{\"token\": \"hunter2\", \"id\": 7}" and"#,
                r#"sent "{\"token\": \"[removed]\", \"id\": 7}" and"#,
            ),
            (
                r#"{"credentials":{"user":"7","pin":"hunter2"#,
                r#"{"credentials":[removed]"#,
            ),
            (
                "POST /orders\nCookie: a=hunter2; b=hunter2\r\nHost: x\n",
                "POST /orders\nCookie: [removed]\r\nHost: x\n",
            ),
            ("Token: it has expired", "Token: [removed]"),
            ("The token: it has expired", "The token: it has expired"),
            ("Invalid token <b>7</b>", "Invalid token <b>7</b>"),
        ] {
            assert_eq!(body(sent), kept);
            assert_eq!(body(kept), kept, "and stays so");
        }
        assert_eq!(words("Token: it has expired"), "Token: it has expired");
    }

    proptest! {
        /// However a secret is named, quoted and followed, nothing of it stays.
        #[test]
        fn no_value_of_a_secret_name_is_kept(
            before in "[a-z =&<>\"'{},:\\\\]{0,12}",
            name in prop::sample::select(vec!["password", "client_secret", "x-api-key", "AccessToken"]),
            form in 0..6_usize,
            behind in "[a-z =&<>\"'{},:\\\\\n]{0,12}",
        ) {
            let named = match form {
                0 => format!("{name}=hunter2"),
                1 => format!("\"{name}\": \"hunter2\""),
                2 => format!("\\\"{name}\\\":\\\"hunter2\\\""),
                3 => format!("<{name}>hunter2</{name}>"),
                4 => format!("'{name}' : hunter2"),
                _ => format!("{name} = 'hunter2'"),
            };
            let text = format!("{before} {named} {behind}");
            let once = words(&text);
            prop_assert!(!once.contains("hunter2"), "{text} gave {once}");
            prop_assert_eq!(words(&once), once);
        }

        #[test]
        fn nothing_is_kept_that_is_too_long(text in ".{0,40}", times in 1usize..800) {
            let kept = body(&text.repeat(times));
            prop_assert!(kept.len() <= BYTES_MAX);
        }

        #[test]
        fn a_text_without_secrets_stays_as_it_is(text in "[a-zäö0-9 ,;{}\n]{0,60}") {
            prop_assume!(!SCHEMES.iter().any(|scheme| text.contains(scheme)));
            prop_assume!(serde_json::from_str::<Value>(&text).is_err());
            prop_assert_eq!(body(&text), text);
        }

        #[test]
        fn what_was_cleaned_is_clean(text in ".{0,80}") {
            let once = words(&text);
            prop_assert_eq!(words(&once), once);
        }
    }
}
