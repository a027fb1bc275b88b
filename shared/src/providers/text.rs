//! Notes as people read them: plain text out of the little HTML that calendars put into descriptions.

/// Plain text stays as it is; markup loses its tags, and its structure becomes line breaks.
pub(super) fn plain(text: &str) -> String {
    if !looks_like_markup(text) {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag_on)) = rest.split_once('<') {
        push_decoded(&mut plain, before);
        let Some((tag, after)) = tag_on.split_once('>') else {
            push_decoded(&mut plain, "<");
            rest = tag_on;
            break;
        };
        push_break(&mut plain, tag);
        rest = after;
    }
    push_decoded(&mut plain, rest);
    plain.trim().to_owned()
}

/// A "<" that no tag name follows is arithmetic, not markup.
fn looks_like_markup(text: &str) -> bool {
    const TAGS: [&str; 22] = [
        "a",
        "b",
        "br",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "hr",
        "html",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "table",
        "u",
        "ul",
        "blockquote",
    ];
    text.split('<').skip(1).any(|after| {
        let name = after.trim_start_matches('/');
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        TAGS.contains(&name[..end].to_ascii_lowercase().as_str()) && after.contains('>')
    })
}

fn push_break(plain: &mut String, tag: &str) {
    let end = tag
        .trim_start_matches('/')
        .find(|c: char| !c.is_ascii_alphanumeric());
    let name = tag.trim_start_matches('/');
    let name = &name[..end.unwrap_or(name.len())].to_ascii_lowercase();
    match (name.as_str(), tag.starts_with('/')) {
        ("br", _)
        | ("p" | "div" | "ul" | "ol" | "table" | "tr" | "h1" | "h2" | "h3" | "blockquote", true) => {
            plain.push('\n');
        }
        ("li", false) => plain.push_str("- "),
        ("li", true) => plain.push('\n'),
        _ => {}
    }
}

fn push_decoded(plain: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let found = entity.and_then(|(name, after)| Some((decode(name)?, after)));
        let (decoded, after) = found.unwrap_or(('&', after));
        plain.push(decoded);
        rest = after;
    }
    plain.push_str(rest);
}

fn decode(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
