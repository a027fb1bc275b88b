//! Rules of series: from the lines of iCalendar to Graph's patterns, and back.

use anyhow::{Context as _, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Value, json};

use super::{
    compact,
    words::{HOME, iana, lines},
};

const DAYS: [(&str, &str); 7] = [
    ("MO", "monday"),
    ("TU", "tuesday"),
    ("WE", "wednesday"),
    ("TH", "thursday"),
    ("FR", "friday"),
    ("SA", "saturday"),
    ("SU", "sunday"),
];

const ORDINALS: [(&str, &str); 5] = [
    ("1", "first"),
    ("2", "second"),
    ("3", "third"),
    ("4", "fourth"),
    ("-1", "last"),
];

/// As `+1MO` has it: which of a month's weekdays.
fn ordinal(text: &str) -> Option<(&'static str, &str)> {
    let (number, day) = text
        .trim_start_matches('+')
        .split_at_checked(text.trim_start_matches('+').len() - 2)?;
    let found = ORDINALS.iter().find(|(known, _)| *known == number)?;
    Some((found.1, day))
}

fn weekday(date: Date) -> (&'static str, &'static str) {
    DAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]
}

fn day_of(date: Date) -> u64 {
    u64::from(date.day().unsigned_abs())
}

/// `moment` is the start of the series, as Graph has it.
pub(super) fn recurrence(lines_of: &Value, moment: &Value) -> anyhow::Result<Value> {
    let Some(rule) = lines(lines_of).find_map(|line| line.strip_prefix("RRULE:")) else {
        return Ok(Value::Null);
    };
    let starts: DateTime = moment["dateTime"].as_str().context("a start")?.parse()?;
    let parts: Vec<(&str, &str)> = rule
        .split(';')
        .filter_map(|part| part.split_once('='))
        .collect();
    let part = |name: &str| {
        let found = parts.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    };
    for (name, _) in &parts {
        let known = [
            "FREQ",
            "INTERVAL",
            "COUNT",
            "UNTIL",
            "BYDAY",
            "BYMONTHDAY",
            "WKST",
        ];
        anyhow::ensure!(known.contains(name), "no word for {name} in {rule}");
    }
    let mut pattern = json!({ "interval": part("INTERVAL").unwrap_or("1").parse::<u32>()? });
    let named = |code: &str| {
        DAYS.iter()
            .find(|(short, _)| *short == code)
            .map(|(_, day)| *day)
    };
    match part("FREQ") {
        Some("DAILY") => pattern["type"] = "daily".into(),
        Some("WEEKLY") => {
            let days =
                part("BYDAY").map(|days| days.split(',').map(named).collect::<Option<Vec<_>>>());
            pattern["type"] = "weekly".into();
            pattern["daysOfWeek"] = match days {
                Some(days) => json!(days.with_context(|| rule.to_owned())?),
                None => json!([weekday(starts.date()).1]),
            };
            pattern["firstDayOfWeek"] = named(part("WKST").unwrap_or("MO")).into();
        }
        Some("MONTHLY") if part("BYDAY").is_some() => {
            let (index, day) = part("BYDAY").and_then(ordinal).context("BYDAY")?;
            pattern["type"] = "relativeMonthly".into();
            pattern["index"] = index.into();
            pattern["daysOfWeek"] = json!([named(day)]);
        }
        Some("MONTHLY") => {
            pattern["type"] = "absoluteMonthly".into();
            pattern["dayOfMonth"] = match part("BYMONTHDAY") {
                Some(day) => json!(day.parse::<u32>()?),
                None => json!(starts.day()),
            };
        }
        Some("YEARLY") => {
            pattern["type"] = "absoluteYearly".into();
            pattern["month"] = starts.month().into();
            pattern["dayOfMonth"] = starts.day().into();
        }
        _ => bail!("no word for {rule}"),
    }
    let range = range_of(
        starts.date(),
        moment["timeZone"].as_str(),
        part("COUNT"),
        part("UNTIL"),
    )?;
    Ok(json!({ "pattern": pattern, "range": range }))
}

fn range_of(
    starts: Date,
    zone: Option<&str>,
    count: Option<&str>,
    until: Option<&str>,
) -> anyhow::Result<Value> {
    let mut range = json!({
        "startDate": starts.to_string(), "recurrenceTimeZone": zone, "type": "noEnd",
    });
    if let Some(count) = count {
        range["type"] = "numbered".into();
        range["numberOfOccurrences"] = count.parse::<u32>()?.into();
    }
    if let Some(until) = until {
        range["type"] = "endDate".into();
        range["endDate"] = last_day(until, zone)?.to_string().into();
    }
    Ok(range)
}

fn last_day(until: &str, zone: Option<&str>) -> anyhow::Result<Date> {
    if !until.ends_with('Z') {
        return Ok(until.get(..8).context("UNTIL")?.parse()?);
    }
    let at: Timestamp = until.parse()?;
    Ok(at.to_zoned(TimeZone::get(zone.unwrap_or(HOME))?).date())
}

/// In the fewest words: what the first day says is left out, as people and Google do.
pub(super) fn rule(recurrence: &Value, first: Date, all_day: bool) -> anyhow::Result<String> {
    let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let mut rule = match pattern["type"].as_str() {
        Some("daily") => "RRULE:FREQ=DAILY".to_owned(),
        Some("weekly") => {
            let on = |day: &&(&str, &str)| {
                let days = pattern["daysOfWeek"].as_array();
                days.is_some_and(|days| days.iter().any(|one| *one == day.1))
            };
            let days: Vec<&str> = DAYS.iter().filter(on).map(|(short, _)| *short).collect();
            if days == [weekday(first).0] {
                "RRULE:FREQ=WEEKLY".to_owned()
            } else {
                format!("RRULE:FREQ=WEEKLY;BYDAY={}", days.join(","))
            }
        }
        Some("absoluteMonthly") if number(&pattern["dayOfMonth"]) == day_of(first) => {
            "RRULE:FREQ=MONTHLY".to_owned()
        }
        Some("absoluteMonthly") => {
            format!(
                "RRULE:FREQ=MONTHLY;BYMONTHDAY={}",
                number(&pattern["dayOfMonth"])
            )
        }
        Some("relativeMonthly") => {
            let index = ORDINALS.iter().find(|(_, name)| pattern["index"] == *name);
            let day = DAYS
                .iter()
                .find(|(_, name)| pattern["daysOfWeek"][0] == *name);
            let (index, day) = index.zip(day).context("an index and a day")?;
            format!("RRULE:FREQ=MONTHLY;BYDAY={}{}", index.0, day.0)
        }
        Some("absoluteYearly") => format!(
            "RRULE:FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}",
            number(&pattern["month"]),
            number(&pattern["dayOfMonth"])
        ),
        other => bail!("no word for {other:?}"),
    };
    if number(&pattern["interval"]) > 1 {
        rule.push_str(";INTERVAL=");
        rule.push_str(&number(&pattern["interval"]).to_string());
    }
    match range["type"].as_str() {
        Some("numbered") => {
            rule.push_str(";COUNT=");
            rule.push_str(&number(&range["numberOfOccurrences"]).to_string());
        }
        Some("endDate") => {
            let last: Date = range["endDate"].as_str().context("an end")?.parse()?;
            let zone = iana(range["recurrenceTimeZone"].as_str().unwrap_or("UTC"));
            let end = last.at(23, 59, 59, 0).to_zoned(TimeZone::get(zone)?)?;
            let until = if all_day {
                last.strftime("%Y%m%d").to_string()
            } else {
                compact(end.timestamp())
            };
            rule.push_str(";UNTIL=");
            rule.push_str(&until);
        }
        _ => {}
    }
    Ok(rule)
}
