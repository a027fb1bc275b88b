//! Cutting a rule in two at one of its occurrences.

use super::{Recurrence, lines};
use crate::{content::Timing, series::OriginalStart, time::When};

/// The recurrence up to `last`, and that of the rest, which starts at `at`. `before` occurrences lie before `at`: a rule
/// that counts keeps its sum.
pub fn cut(
    timing: &Timing,
    at: OriginalStart,
    last: OriginalStart,
    before: u32,
) -> (Recurrence, Recurrence) {
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    for line in timing.recurrence.lines() {
        if let Some(rule) = line.strip_prefix("RRULE:") {
            let (ended, rest) = cut_rule(rule, last, before);
            head.push(ended);
            tail.push(rest);
        } else {
            let (earlier, later) = cut_dates(line, &timing.when, at);
            head.extend(earlier);
            tail.extend(later);
        }
    }
    (Recurrence(head), Recurrence(tail))
}

fn cut_rule(rule: &str, last: OriginalStart, before: u32) -> (String, String) {
    let count = rule
        .split(';')
        .find_map(|part| part.strip_prefix("COUNT=")?.parse::<u32>().ok());
    let rewrite = |key: &str, value: String| {
        let parts = rule
            .split(';')
            .filter(|part| !part.starts_with("COUNT=") && !part.starts_with("UNTIL="));
        let mut parts: Vec<String> = parts.map(str::to_owned).collect();
        // The normal form has them second.
        parts.insert(1.min(parts.len()), format!("{key}={value}"));
        format!("RRULE:{}", parts.join(";"))
    };
    match count {
        Some(count) => (
            rewrite("COUNT", before.to_string()),
            rewrite("COUNT", count.saturating_sub(before).to_string()),
        ),
        None => (rewrite("UNTIL", last.to_string()), format!("RRULE:{rule}")),
    }
}

fn cut_dates(line: &str, when: &When, at: OriginalStart) -> (Option<String>, Option<String>) {
    let Some(dates) = lines::split(line)
        .and_then(|(_, parameters, value)| lines::dates(line, &parameters, value, when))
        .ok()
    else {
        return (Some(line.to_owned()), None);
    };
    let (earlier, later) = dates
        .into_iter()
        .partition(|date: &lines::SeriesDate| date.original(when).is_some_and(|date| date < at));
    let written = |dates: std::collections::BTreeSet<_>| {
        (!dates.is_empty()).then(|| lines::dates_line("RDATE", &dates, when))
    };
    (written(earlier), written(later))
}
