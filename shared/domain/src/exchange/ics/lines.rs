//! Content lines (RFC 5545 section 3.1): one property each, folded where they are long.

use std::borrow::Cow;

/// Octets of a line without its break.
const LINE_BYTES: usize = 75;

/// One property as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where it begins in the file.
    pub(super) number: usize,
    text: Cow<'a, str>,
    /// Where the name, the parameters and the value lie in the text.
    name_ends: usize,
    value_begins: usize,
}

impl Line<'_> {
    pub(super) fn name(&self) -> &str {
        &self.text[..self.name_ends]
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    pub(super) fn value(&self) -> &str {
        &self.text[self.value_begins..]
    }

    /// The value of a parameter, without its quotes.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = &self.text[self.name_ends..self.value_begins - 1];
        split_outside_quotes(parameters, ';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().trim_matches('"'))
        })
    }
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter: char| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    })
}

/// The logical lines of a file; what is no property is answered by its number.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Result<Line<'_>, usize>> {
    let mut rows = text.split('\n').zip(1..).peekable();
    std::iter::from_fn(move || {
        loop {
            let (row, number) = rows.next()?;
            let mut whole = Cow::Borrowed(row.strip_suffix('\r').unwrap_or(row));
            while let Some((more, _)) = rows.next_if(|(row, _)| row.starts_with([' ', '\t'])) {
                let more = more.strip_suffix('\r').unwrap_or(more);
                whole.to_mut().push_str(&more[1..]);
            }
            if !whole.trim().is_empty() {
                return Some(property(whole, number).ok_or(number));
            }
        }
    })
}

fn property(text: Cow<'_, str>, number: usize) -> Option<Line<'_>> {
    let name_ends = text.find([':', ';'])?;
    let mut quoted = false;
    let colon = text.char_indices().find(|(_, letter)| {
        quoted ^= *letter == '"';
        *letter == ':' && !quoted
    });
    // A quote that never ends ends nothing.
    let colon = colon.map(|(at, _)| at).or_else(|| text.find(':'))?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    (name_ends > 0 && text[..name_ends].chars().all(is_name)).then_some(Line {
        number,
        name_ends,
        value_begins: colon + 1,
        text,
    })
}

/// A file under way.
#[derive(Default)]
pub(super) struct Writer(String);

impl Writer {
    /// Folds between characters, so that nobody who cuts lines apart cuts a character.
    pub(super) fn line(&mut self, line: &str) {
        let mut room = LINE_BYTES;
        for letter in line.chars() {
            if letter.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LINE_BYTES - 1;
            }
            self.0.push(letter);
            room -= letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.line(&format!("{name}:{}", escaped(text)));
        }
    }

    pub(super) fn done(self) -> String {
        self.0
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in super::super::plain(text).chars() {
        match letter {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// A text without its escapes; a backslash before anything else stands for itself.
pub(super) fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.next_if(|next| letter == '\\' && "nN\\;,".contains(*next));
        text.push(match next {
            Some('n' | 'N') => '\n',
            Some(other) => other,
            None => letter,
        });
    }
    text
}
