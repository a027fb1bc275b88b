//! Secrets that a text names: `name=value` of forms, `"name": value` of JSON that is cut or within a string,
//! `<name>value</name>`, and headers.

use super::{REMOVED, SCHEMES, is_secret};

const CDATA: (&str, &str) = ("<![CDATA[", "]]>");

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-.".contains(letter)
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'')
}

fn ends_bare(letter: char) -> bool {
    letter.is_whitespace() || is_quote(letter) || "&,;<>{}[]()\\".contains(letter)
}

/// The text without the values of those whose names say that they are secret.
pub(super) fn without_values(text: &str) -> String {
    let (mut clean, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(begin) = text[at..].find(is_of_name).map(|found| at + found) {
        let behind = &text[begin..];
        let length = behind.find(|c| !is_of_name(c)).unwrap_or(behind.len());
        let (name, rest) = behind.split_at(length);
        let mut end = begin + length;
        clean.push_str(&text[at..end]);
        if is_secret(name)
            && let Some((from, to)) = in_element(&text[..begin], rest).or_else(|| assigned(rest))
        {
            clean.push_str(&rest[..from]);
            clean.push_str(REMOVED);
            end += to;
        }
        at = end;
    }
    clean.push_str(&text[at..]);
    clean
}

/// The text without the values of secret headers, each of which has a line.
pub(super) fn without_headers(text: &str) -> String {
    let line = |line: &str| match line.split_once(':') {
        Some((name, value)) if is_header(name) && !value.trim().is_empty() => {
            let end = &line[line.trim_end().len()..];
            format!("{name}: {REMOVED}{end}")
        }
        Some(_) | None => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

fn is_header(name: &str) -> bool {
    name.chars().all(is_of_name) && is_secret(name)
}

/// Where the value is in what stands behind the name of an element.
fn in_element(before: &str, behind: &str) -> Option<(usize, usize)> {
    let prefix = before.strip_suffix(':');
    let before = prefix.map_or(before, |before| before.trim_end_matches(is_of_name));
    let (tag, _) = behind.split_once('>')?;
    if !before.ends_with('<') || tag.ends_with('/') || tag.contains('<') {
        return None;
    }
    let begin = tag.len() + 1;
    let content = &behind[begin..];
    let (begin, end) = match content.strip_prefix(CDATA.0) {
        Some(inner) => (begin + CDATA.0.len(), inner.find(CDATA.1)),
        None => (begin, content.find('<')),
    };
    let end = end.map_or(behind.len(), |length| begin + length);
    (end > begin).then_some((begin, end))
}

/// Where the value is in what stands behind the name of a field. A colon is one's only behind a quote: in a sentence
/// it introduces words.
fn assigned(behind: &str) -> Option<(usize, usize)> {
    let (_, rest) = quote(behind);
    let is_quoted = rest.len() < behind.len();
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('=') {
        Some(rest) => rest,
        None => rest.strip_prefix(':').filter(|_| is_quoted)?,
    };
    let (opened, value) = quote(rest.trim_start());
    let begin = behind.len() - value.len();
    let length = match opened {
        Some((quote, escapes)) => quoted(value, quote, escapes),
        None => bare(value),
    };
    (length > 0).then_some((begin, begin + length))
}

/// The quote that a text begins with, and how often it is escaped.
fn quote(text: &str) -> (Option<(char, usize)>, &str) {
    let rest = text.trim_start_matches('\\');
    match rest.chars().next().filter(|letter| is_quote(*letter)) {
        Some(letter) => (Some((letter, text.len() - rest.len())), &rest[1..]),
        None => (None, text),
    }
}

/// How long it is until its quote ends it; all of it if none does.
fn quoted(value: &str, quote: char, escapes: usize) -> usize {
    let mut before = 0;
    for (at, letter) in value.char_indices() {
        match letter {
            '\\' => before += 1,
            letter if letter == quote && before <= escapes => return at - before,
            _ => before = 0,
        }
    }
    value.len()
}

fn bare(value: &str) -> usize {
    if value.starts_with(REMOVED) {
        return 0;
    }
    if value.starts_with(['{', '[']) {
        return value.len();
    }
    let length = |text: &str| text.find(ends_bare).unwrap_or(text.len());
    let first = length(value);
    let scheme = SCHEMES.iter().find(|scheme| {
        let begins = value.get(..scheme.len());
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(scheme))
    });
    match scheme {
        Some(scheme) => scheme.len() + length(&value[scheme.len()..]),
        None => first,
    }
}
