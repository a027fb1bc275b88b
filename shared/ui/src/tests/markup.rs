//! Reads the tags of our own output. Not a parser of HTML at large: maud writes no stray `<` and quotes every value.

use std::collections::HashMap;

pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: HashMap<String, String>,
    /// Text up to the next tag.
    pub(super) text: String,
    pub(super) closing: bool,
}

impl Tag {
    pub(super) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    pub(super) fn is_pressable(&self) -> bool {
        match self.name.as_str() {
            "a" | "button" | "select" | "textarea" | "summary" | "dialog" => true,
            "input" => self.get("type") != Some("hidden"),
            _ => false,
        }
    }
}

pub(super) fn tags(page: &str) -> Vec<Tag> {
    page.split('<').skip(1).map(tag).collect()
}

fn tag(piece: &str) -> Tag {
    let end = end_of_tag(piece);
    let (head, text) = (&piece[..end], &piece[end + 1..]);
    let closing = head.starts_with('/');
    let head = head.trim_start_matches('/');
    let name_end = head.find(' ').unwrap_or(head.len());
    let mut attributes = HashMap::new();
    let mut rest = head[name_end..].trim_start();
    while !rest.is_empty() {
        let name_end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = rest[..name_end].to_owned();
        rest = &rest[name_end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let close = quoted.find('"').expect("every value is quoted");
            quoted[..close].clone_into(&mut value);
            rest = &quoted[close + 1..];
        }
        attributes.insert(name, value);
        rest = rest.trim_start();
    }
    Tag {
        name: head[..name_end].to_lowercase(),
        attributes,
        text: text.to_owned(),
        closing,
    }
}

/// The `>` that ends the tag, not one inside a quoted value.
fn end_of_tag(piece: &str) -> usize {
    let mut quoted = false;
    piece
        .char_indices()
        .find(|&(_, letter)| {
            quoted ^= letter == '"';
            letter == '>' && !quoted
        })
        .map(|(place, _)| place)
        .expect("every tag ends")
}
