//! Notes as people read them: plain text out of the HTML that calendars put into descriptions.

/// Plain text stays as it is; markup loses its tags, and its structure becomes line breaks.
pub(super) fn plain(text: &str) -> String {
    if looks_like_markup(text) {
        from_html(text)
    } else {
        text.to_owned()
    }
}

/// Stands for a line break until the rest is read: the library knows paragraphs, and would run empty lines together.
const BREAK: &str = "\u{2028}";

/// What a document says, in lines.
pub(super) fn from_html(html: &str) -> String {
    let mut html = replaced(html, "<br", BREAK);
    // Calendars write one element for each line, which is no paragraph.
    html = html_lines(&html, "div");
    if html.contains("MsoNormal") {
        html = html_lines(&html, "p");
    }
    html = replaced(&html, "<li", &format!("{BREAK}- "));
    let text = nanohtml2text::html2text(&html).replace('\u{a0}', " ");
    let mut lines: Vec<&str> = text
        .lines()
        .flat_map(|line| line.split(BREAK))
        .map(str::trim_end)
        .collect();
    for line in &mut lines {
        // What is left of the line break behind a break in the document itself.
        *line = line.strip_prefix(' ').unwrap_or(line);
    }
    // Nobody means more than one empty line.
    lines.dedup_by(|next, line| next.is_empty() && line.is_empty());
    lines.join("\n").trim().to_owned()
}

/// Each element as a line.
fn html_lines(html: &str, name: &str) -> String {
    let opened = replaced(html, &format!("<{name}"), "");
    replaced(&opened, &format!("</{name}"), BREAK)
}

/// Every such tag, whatever its case and attributes, as `other`.
fn replaced(html: &str, tag: &str, other: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut result = String::with_capacity(html.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(tag) {
        let rest = &html[at + tag.len()..];
        let is_whole = rest.starts_with(['>', '/', ' ', '\t', '\r', '\n']);
        let Some(length) = rest.find('>').filter(|_| is_whole && at >= done) else {
            continue;
        };
        result.push_str(&html[done..at]);
        result.push_str(other);
        done = at + tag.len() + length + 1;
    }
    result.push_str(&html[done..]);
    result
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
