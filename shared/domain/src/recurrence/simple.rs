//! Recurrence in the terms of people: the few rules that a form offers, and words for all others.

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::Recurrence;
use crate::{content::Content, time::When};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Frequency {
    const ALL: [Self; 4] = [Self::Daily, Self::Weekly, Self::Monthly, Self::Yearly];

    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|frequency| frequency.name().eq_ignore_ascii_case(name))
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Daily => "day",
            Self::Weekly => "week",
            Self::Monthly => "month",
            Self::Yearly => "year",
        }
    }
}

/// Every day, week, month or year from the start on, perhaps up to a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simple {
    pub frequency: Frequency,
    pub until: Option<Date>,
}

impl Simple {
    /// The simple rule that the recurrence of `when` is, if it is one.
    pub fn of(recurrence: &Recurrence, when: &When) -> Option<Self> {
        let [line] = recurrence.lines() else {
            return None;
        };
        let mut frequency = None;
        let mut until = None;
        for (key, value) in parts(line)? {
            match key {
                "FREQ" => frequency = Frequency::parse(value),
                "UNTIL" => until = Some(last_day(value, when)?),
                // What the start says already.
                "BYDAY" if frequency == Some(Frequency::Weekly) && value == weekday(when) => {}
                "BYMONTHDAY"
                    if frequency == Some(Frequency::Monthly)
                        && value == when.first_day().day().to_string() => {}
                _ => return None,
            }
        }
        frequency.map(|frequency| Self { frequency, until })
    }

    pub fn lines(self) -> Vec<String> {
        let until = self.until.map_or_else(String::new, |day| {
            format!(";UNTIL={}", day.strftime("%Y%m%d"))
        });
        let name = self.frequency.name().to_ascii_uppercase();
        vec![format!("RRULE:FREQ={name}{until}")]
    }
}

impl Recurrence {
    /// "Every 2 weeks on Tuesday and Thursday, until 30 June 2027".
    pub fn words(&self, when: &When) -> String {
        let rule = self.lines().iter().find_map(|line| parts(line));
        let mut words = match &rule {
            Some(parts) => rule_words(parts, when).unwrap_or("By a rule of its own".into()),
            None => "On chosen days".into(),
        };
        let extra = self.lines().iter().find(|line| line.starts_with("RDATE"));
        // Without a rule the days are the chosen ones.
        if let Some(line) = extra.filter(|_| rule.is_some()) {
            let days = line.split(',').count();
            words = format!("{words}, and on {}", days_counted(days));
        }
        words
    }
}

fn days_counted(days: usize) -> String {
    let unit = if days == 1 { "day" } else { "days" };
    format!("{days} {unit}")
}

impl Content {
    /// How it repeats, with how many occurrences are left out or differ.
    pub fn recurrence_words(&self) -> String {
        let mut words = self.timing.recurrence.words(&self.timing.when);
        let left_out = self.exceptions.cancelled().count();
        let changed = self.exceptions.len() - left_out;
        for (days, said) in [(left_out, "except on"), (changed, "changed on")] {
            if days > 0 {
                words = format!("{words}, {said} {}", days_counted(days));
            }
        }
        words
    }
}

/// The parts of a normalised rule; nothing for any other line.
fn parts(line: &str) -> Option<Vec<(&str, &str)>> {
    let rule = line.strip_prefix("RRULE:")?;
    rule.split(';').map(|part| part.split_once('=')).collect()
}

/// The rule without the day that its start says already.
pub(super) fn without_own_day(rule: &str, when: &When) -> String {
    let has = |part: &str| rule.split(';').any(|own| own == part);
    let own_day = if has("FREQ=WEEKLY") {
        format!("BYDAY={}", weekday(when))
    } else if has("FREQ=MONTHLY") {
        format!("BYMONTHDAY={}", when.first_day().day())
    } else {
        String::new()
    };
    let parts: Vec<&str> = rule.split(';').filter(|part| *part != own_day).collect();
    format!("RRULE:{}", parts.join(";"))
}

/// Absent for rules with parts that have no short words.
fn rule_words(parts: &[(&str, &str)], when: &When) -> Option<String> {
    let part = |name| parts.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
    let known = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL"];
    if parts.iter().any(|(key, _)| !known.contains(key)) {
        return None;
    }
    let unit = Frequency::parse(part("FREQ")?)?.unit();
    let mut words = match part("INTERVAL") {
        None => format!("Every {unit}"),
        Some(interval) => format!("Every {interval} {unit}s"),
    };
    if let Some(days) = part("BYDAY") {
        let days: Option<Vec<String>> = days.split(',').map(day_words).collect();
        words = format!("{words} on {}", and(&days?));
    }
    if let Some(days) = part("BYMONTHDAY") {
        let days: Vec<String> = days.split(',').map(str::to_owned).collect();
        words = format!("{words} on day {}", and(&days));
    }
    match part("COUNT") {
        None => {}
        Some("1") => words.push_str(", once"),
        Some(count) => words = format!("{words}, {count} times"),
    }
    if let Some(until) = part("UNTIL") {
        let day = last_day(until, when)?.strftime("%-d %B %Y");
        words = format!("{words}, until {day}");
    }
    Some(words)
}

/// "Tuesday" for `TU`, "the second Tuesday" for `2TU`.
fn day_words(day: &str) -> Option<String> {
    const DAYS: [(&str, &str); 7] = [
        ("MO", "Monday"),
        ("TU", "Tuesday"),
        ("WE", "Wednesday"),
        ("TH", "Thursday"),
        ("FR", "Friday"),
        ("SA", "Saturday"),
        ("SU", "Sunday"),
    ];
    let (code, name) = DAYS.iter().find(|(code, _)| day.ends_with(code))?;
    let place = match day.strip_suffix(code)? {
        "" => return Some((*name).to_owned()),
        "1" => "first",
        "2" => "second",
        "3" => "third",
        "4" => "fourth",
        "5" => "fifth",
        "-1" => "last",
        _ => return None,
    };
    Some(format!("the {place} {name}"))
}

fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The last day on which an occurrence may begin.
fn last_day(until: &str, when: &When) -> Option<Date> {
    match when {
        When::AllDay { .. } => Date::strptime("%Y%m%d", until).ok(),
        When::Timed { start, .. } => {
            let until = DateTime::strptime("%Y%m%dT%H%M%S", until.strip_suffix('Z')?).ok()?;
            let instant = until.to_zoned(TimeZone::UTC).ok()?.timestamp();
            let shown = instant.to_zoned(start.zone.time_zone()).datetime();
            let day_before = shown.time() < start.local.time();
            Some(if day_before {
                shown.date().saturating_sub(1.day())
            } else {
                shown.date()
            })
        }
    }
}

fn weekday(when: &When) -> String {
    let name = when.first_day().strftime("%a").to_string();
    name[..2].to_ascii_uppercase()
}
