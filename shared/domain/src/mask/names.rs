//! Names of people: the first, and of the last its first letter.

use unicode_segmentation::UnicodeSegmentation;

/// `Jane D.` of `Jane Doe`. A single word stays as it is.
pub fn name(name: &str) -> String {
    let mut words = name.split_whitespace();
    match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => format!("{first} {}", initial(last)),
        (_, None) | (None, _) => name.to_owned(),
    }
}

fn initial(word: &str) -> String {
    match word.trim().graphemes(true).next() {
        Some(letter) => format!("{letter}."),
        None => String::new(),
    }
}

/// What a member of a JSON object says of a person.
#[derive(Clone, Copy)]
enum Says {
    Name,
    LastName,
}

impl Says {
    fn of(member: &str) -> Option<Self> {
        let letters: String = member.chars().filter(|c| c.is_alphanumeric()).collect();
        let letters = letters.to_lowercase();
        let last = ["lastname", "familyname", "surname"];
        if last.iter().any(|last| letters.contains(last)) {
            Some(Self::LastName)
        } else {
            letters.contains("name").then_some(Self::Name)
        }
    }

    fn masked(self, value: &str) -> String {
        match self {
            Self::Name => name(value),
            Self::LastName => initial(value),
        }
    }
}

/// A text in which each string is masked that a JSON member names as a person's name. Read as text, so that what was cut
/// off at its end, or stands within a sentence, is masked as well.
pub(super) fn in_json(text: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    let mut says: Option<Says> = None;
    while let Some(quote) = rest.find('"') {
        let (between, literal) = (&rest[..quote], &rest[quote + 1..]);
        masked.push_str(&rest[..=quote]);
        let end = end_of(literal);
        let value = &literal[..end];
        match says.filter(|_| between.trim() == ":") {
            Some(says) => masked.push_str(&rewritten(value, |name: &str| says.masked(name))),
            // Some strings have JSON in them.
            None if value.contains("\\\"") => masked.push_str(&rewritten(value, in_json)),
            None => masked.push_str(value),
        }
        says = Says::of(value);
        rest = &literal[end..];
        if let Some(after) = rest.strip_prefix('"') {
            masked.push('"');
            rest = after;
        }
    }
    masked + rest
}

/// Where the quote is that ends a string; at the end of the text if none does.
fn end_of(literal: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in literal.char_indices() {
        match letter {
            '"' if !is_escaped => return at,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    literal.len()
}

fn rewritten(escaped: &str, masked: impl Fn(&str) -> String) -> String {
    let value: String = serde_json::from_str(&format!("\"{escaped}\""))
        .unwrap_or_else(|_| escaped.replace('\\', ""));
    let quoted = serde_json::Value::String(masked(&value)).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_keeps_its_first_word_and_one_letter_of_its_last() {
        assert_eq!(name("Jane Doe"), "Jane D.");
        assert_eq!(name("Jane van der Doe"), "Jane D.");
        assert_eq!(name("Jane"), "Jane");
        assert_eq!(name(""), "");
        assert_eq!(name("Zoë e\u{301}toile"), "Zoë e\u{301}.");
    }

    #[test]
    fn names_are_masked_wherever_json_names_them() {
        for (text, masked) in [
            (
                r#"{"customerName":"Jane Doe","title":"Jane Doe"}"#,
                r#"{"customerName":"Jane D.","title":"Jane Doe"}"#,
            ),
            (
                r#"{"last_name" : "Doe", "firstName": "Jane"}"#,
                r#"{"last_name" : "D.", "firstName": "Jane"}"#,
            ),
            (r#"{"name":"Jane \"JD\" Doe"}"#, r#"{"name":"Jane D."}"#),
            (r#"{"name":"Jane Do"#, r#"{"name":"Jane D."#),
            (
                r#"{"payload":"{\"contact_name\":\"Jane Doe\",\"id\":\"7\"}"}"#,
                r#"{"payload":"{\"contact_name\":\"Jane D.\",\"id\":\"7\"}"}"#,
            ),
            (
                r#"Refused: {"displayName": "Jane Doe"}."#,
                r#"Refused: {"displayName": "Jane D."}."#,
            ),
            (r#"["name", "Jane Doe"]"#, r#"["name", "Jane Doe"]"#),
        ] {
            assert_eq!(in_json(text), masked);
        }
    }

    proptest! {
        #[test]
        fn no_last_name_gets_through_and_json_stays_json(first in "[A-Z][a-z]{1,8}", last in "[A-Z]\\PC{3,9}[a-z]{2}") {
            let name = format!("{first} {last}");
            let body = serde_json::json!({ "deep": [{ "contact_name": name, "and": 1 }] });
            let shown: serde_json::Value = serde_json::from_str(&in_json(&body.to_string())).unwrap();

            let told = shown["deep"][0]["contact_name"].as_str().unwrap();
            prop_assert!(told.starts_with(&first), "{}", told);
            prop_assert!(!told.contains(last.split_whitespace().last().unwrap()), "{}", told);
        }
    }
}
