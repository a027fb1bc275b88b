//! What is shown of a person to whoever may not see all of it. Nothing that is masked tells how long it was.

mod names;

pub use names::name;

/// `j***@example.com`.
pub fn email(address: &str) -> String {
    match address.split_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", first(local)),
        None => "***".to_owned(),
    }
}

/// `98****3210` of `+91 9876543210`: of the last ten digits the first two and the last four.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    if digits.len() <= 7 {
        return "*".repeat(digits.len().max(4));
    }
    let last_ten = &digits[digits.len().saturating_sub(10)..];
    let begin: String = last_ten[..2].iter().collect();
    let end: String = last_ten[last_ten.len() - 4..].iter().collect();
    format!("{begin}****{end}")
}

fn first(text: &str) -> String {
    text.chars().take(1).collect()
}

/// A text with every e-mail address, telephone number and, where it is JSON or has some in it, name of a person masked.
pub fn text(text: &str) -> String {
    phones(&emails(&names::in_json(text)))
}

/// Where the next one is; forms write it otherwise.
fn at_sign(text: &str) -> Option<(usize, &'static str)> {
    let found = ["@", "%40"].map(|sign| text.find(sign).map(|at| (at, sign)));
    found.into_iter().flatten().min()
}

fn emails(text: &str) -> String {
    let is_local = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
    let is_domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((at, sign)) = at_sign(rest) {
        let (before, after) = (&rest[..at], &rest[at + sign.len()..]);
        let local_at = before
            .char_indices()
            .rev()
            .take_while(|(_, letter)| is_local(*letter))
            .last()
            .map_or(at, |(index, _)| index);
        let domain_len = after
            .find(|letter| !is_domain(letter))
            .unwrap_or(after.len());
        let (local, domain) = (&before[local_at..], &after[..domain_len]);
        if local.is_empty() || !domain.contains('.') {
            masked.push_str(&rest[..at + sign.len()]);
            rest = after;
            continue;
        }
        masked.push_str(&before[..local_at]);
        masked.push_str(&first(local));
        masked.push_str("***");
        masked.push_str(sign);
        masked.push_str(domain);
        rest = &after[domain_len..];
    }
    masked + rest
}

/// International numbers, and ten digits or more in a row that are no part of a word. Shorter ones could be anything.
fn phones(text: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    let mut last = None;
    while let Some(letter) = rest.chars().next() {
        let length = match last {
            Some(before) if char::is_alphanumeric(before) => 0,
            _ => number_at(rest),
        };
        if length > 0 {
            masked.push_str(&phone(&rest[..length]));
            last = Some('0');
            rest = &rest[length..];
        } else {
            masked.push(letter);
            last = Some(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    masked
}

/// How many bytes at the beginning are a telephone number.
fn number_at(text: &str) -> usize {
    let is_international = text.starts_with('+');
    let is_part =
        |letter: char| letter.is_ascii_digit() || (is_international && " -().+/".contains(letter));
    let span = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    let number = text[..span].trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let goes_on = text[number.len()..]
        .chars()
        .next()
        .is_some_and(char::is_alphanumeric);
    let digits_min = if is_international { 8 } else { 10 };
    if digits < digits_min || goes_on {
        return 0;
    }
    number.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_keeps_its_first_letter_and_its_domain() {
        assert_eq!(email("jane.doe@example.com"), "j***@example.com");
        assert_eq!(email("j@example.com"), "j***@example.com");
        assert_eq!(email("émile@example.com"), "é***@example.com");
        assert_eq!(email("nobody"), "***");
    }

    #[test]
    fn a_number_loses_its_country_and_its_middle() {
        assert_eq!(phone("9876543210"), "98****3210");
        assert_eq!(phone("+91 9876543210"), "98****3210");
        assert_eq!(phone("12345678"), "12****5678");
        assert_eq!(phone("1234567"), "*******");
    }

    #[test]
    fn a_text_is_left_as_it_is_but_for_what_is_personal() {
        assert_eq!(
            text(
                "Call Jane <jane@example.com> at +49 (30) 1234-5678, or mail j.d@sub.example.org."
            ),
            "Call Jane <j***@example.com> at 30****5678, or mail j***@sub.example.org."
        );
        assert_eq!(
            text(r#"{"phone":"9876543210"}"#),
            r#"{"phone":"98****3210"}"#
        );
        assert_eq!(
            text(r#"{"customer": {"full_name": "Jane Doe", "e-mail": "jane@example.com"}}"#),
            r#"{"customer": {"full_name": "Jane D.", "e-mail": "j***@example.com"}}"#
        );
        assert_eq!(
            text("email=jane%40example.com&id=7"),
            "email=j***%40example.com&id=7"
        );
        for left in [
            "2027-03-02T14:00:00Z",
            "ent_01HF7YAT00000000000000001A",
            "503 at 12:30, try 4",
            "@here and a@b",
            "",
        ] {
            assert_eq!(text(left), left);
        }
    }

    proptest! {
        #[test]
        fn no_address_gets_through(before in "[ a-z<\"]{0,5}", local in "[a-z][a-z0-9.]{1,10}", after in "[ >\",]{0,5}") {
            let shown = text(&format!("{before} {local}@example.com{after}"));

            prop_assert!(shown.contains("***@example.com"), "{}", shown);
            prop_assert!(!shown.contains(&format!("{local}@")), "{}", shown);
        }

        #[test]
        fn any_text_can_be_masked_twice(any in ".{0,60}|([{\":,@+ ]|name|jane|\\\\|[0-9]{3}){0,20}") {
            let once = text(&any);
            prop_assert_eq!(text(&once), once);
        }
    }
}
