//! From the words of Google's events to Graph's, and back.

use anyhow::{Context as _, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Map, Value, json};

use super::compact;

/// Where a moment has no zone of its own.
const HOME: &str = "Europe/Berlin";

pub(super) fn for_graph(event: &Value) -> anyhow::Result<Value> {
    let mut graph = Map::new();
    let mut set = |name: &str, value: Value| drop(graph.insert(name.to_owned(), value));
    for (name, value) in event.as_object().context("an event")? {
        match name.as_str() {
            "summary" => set("subject", value.clone()),
            "description" => set("body", json!({ "contentType": "text", "content": value })),
            "location" => set("location", json!({ "displayName": value })),
            "start" | "end" => set(name, moment_for_graph(value)?),
            "transparency" => {
                let shown = if value == "transparent" {
                    "free"
                } else {
                    "busy"
                };
                set("showAs", json!(shown));
            }
            "visibility" => {
                let private = value == "private" || value == "confidential";
                let kind = if private { "private" } else { "normal" };
                set("sensitivity", json!(kind));
            }
            "attendees" => set("attendees", attendees(value)),
            "recurrence" | "status" => {}
            other => bail!("Graph has no word for {other}: {event}"),
        }
    }
    if let Some(start) = event.get("start") {
        set("isAllDay", json!(start.get("date").is_some()));
    }
    if let Some(lines) = event.get("recurrence") {
        set("recurrence", recurrence(lines, &event["start"])?);
    }
    Ok(graph.into())
}

/// The original starts that `EXDATE` lines name.
pub(super) fn left_out(event: &Value) -> anyhow::Result<Vec<String>> {
    let mut starts = Vec::new();
    for line in lines(&event["recurrence"]) {
        let Some(dates) = line.strip_prefix("EXDATE") else {
            continue;
        };
        let (parameters, dates) = dates.split_once(':').context("EXDATE")?;
        let zone = parameters.strip_prefix(";TZID=");
        for date in dates.split(',') {
            starts.push(match zone {
                Some(zone) => {
                    let local: DateTime = date.parse()?;
                    compact(local.to_zoned(TimeZone::get(zone)?)?.timestamp())
                }
                None => date.to_owned(),
            });
        }
    }
    Ok(starts)
}

pub(super) fn of_graph(graph: &Value) -> anyhow::Result<Value> {
    let mut event = json!({
        "id": graph["id"],
        "status": "confirmed",
        "summary": graph["subject"],
        "iCalUID": graph["iCalUId"],
        "etag": graph["@odata.etag"],
    });
    let all_day = graph["isAllDay"] == true;
    event["start"] = moment_of_graph(&graph["start"], &graph["originalStartTimeZone"], all_day)?;
    event["end"] = moment_of_graph(&graph["end"], &graph["originalEndTimeZone"], all_day)?;
    for (name, text) in [
        ("description", graph["body"]["content"].as_str()),
        ("location", graph["location"]["displayName"].as_str()),
    ] {
        // Graph ends a body with a line of its own.
        let text = text.unwrap_or_default().trim_end_matches(['\r', '\n']);
        if !text.is_empty() {
            event[name] = text.into();
        }
    }
    if let Some("private" | "confidential" | "personal") = graph["sensitivity"].as_str() {
        event["visibility"] = "private".into();
    }
    if graph["showAs"] == "free" {
        event["transparency"] = "transparent".into();
    }
    if let Some(series) = graph["seriesMasterId"].as_str() {
        let original = original_start(graph).context("an original start")?;
        event["id"] = format!("{series}_{original}").into();
        event["recurringEventId"] = series.into();
    }
    if graph["recurrence"].is_object() {
        event["recurrence"] = json!([rule(&graph["recurrence"], all_day)?]);
    }
    if graph["isCancelled"] == true {
        event["status"] = "cancelled".into();
    }
    Ok(event)
}

/// As the names of occurrences have it.
pub(super) fn original_start(graph: &Value) -> Option<String> {
    let at: Timestamp = graph["originalStart"].as_str()?.parse().ok()?;
    if graph["isAllDay"] == true {
        return Some(at.strftime("%Y%m%d").to_string());
    }
    Some(compact(at))
}

fn lines(recurrence: &Value) -> impl Iterator<Item = &str> {
    let lines = recurrence.as_array().into_iter().flatten();
    lines.filter_map(Value::as_str)
}

fn moment_for_graph(moment: &Value) -> anyhow::Result<Value> {
    if let Some(date) = moment["date"].as_str() {
        return Ok(json!({ "dateTime": format!("{date}T00:00:00"), "timeZone": HOME }));
    }
    let zone = moment["timeZone"].as_str().unwrap_or(HOME);
    let text = moment["dateTime"].as_str().context("a moment")?;
    let local = match text.parse::<Timestamp>() {
        Ok(at) => at.to_zoned(TimeZone::get(zone)?).datetime(),
        Err(_) => text.parse()?,
    };
    Ok(json!({ "dateTime": local.to_string(), "timeZone": zone }))
}

fn moment_of_graph(moment: &Value, zone: &Value, all_day: bool) -> anyhow::Result<Value> {
    let local: DateTime = moment["dateTime"].as_str().context("a moment")?.parse()?;
    if all_day {
        return Ok(json!({ "date": local.date().to_string() }));
    }
    let said = moment["timeZone"].as_str().context("a zone")?;
    anyhow::ensure!(said == "UTC", "not asked for {said}");
    let zone = iana(zone.as_str().unwrap_or("UTC"));
    let shown = local
        .to_zoned(TimeZone::UTC)?
        .with_time_zone(TimeZone::get(zone)?);
    let text = shown.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    Ok(json!({ "dateTime": text, "timeZone": zone }))
}

/// The zones of the stories, by the names that Windows has for them.
fn iana(zone: &str) -> &str {
    match zone {
        "W. Europe Standard Time" => "Europe/Berlin",
        "GMT Standard Time" => "Europe/London",
        "Eastern Standard Time" => "America/New_York",
        "AUS Eastern Standard Time" => "Australia/Sydney",
        other => other,
    }
}

fn attendees(guests: &Value) -> Value {
    let guests = guests.as_array().into_iter().flatten();
    let guests = guests
        .map(|guest| json!({ "type": "required", "emailAddress": { "address": guest["email"] } }));
    guests.collect::<Vec<_>>().into()
}

const DAYS: [(&str, &str); 7] = [
    ("MO", "monday"),
    ("TU", "tuesday"),
    ("WE", "wednesday"),
    ("TH", "thursday"),
    ("FR", "friday"),
    ("SA", "saturday"),
    ("SU", "sunday"),
];

fn recurrence(lines_of: &Value, start: &Value) -> anyhow::Result<Value> {
    let Some(rule) = lines(lines_of).find_map(|line| line.strip_prefix("RRULE:")) else {
        return Ok(Value::Null);
    };
    let moment = moment_for_graph(start)?;
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
    let weekday = DAYS[usize::from(starts.weekday().to_monday_zero_offset().unsigned_abs())].1;
    match part("FREQ") {
        Some("DAILY") => pattern["type"] = "daily".into(),
        Some("WEEKLY") => {
            let days =
                part("BYDAY").map(|days| days.split(',').map(named).collect::<Option<Vec<_>>>());
            pattern["type"] = "weekly".into();
            pattern["daysOfWeek"] = match days {
                Some(days) => json!(days.with_context(|| rule.to_owned())?),
                None => json!([weekday]),
            };
            pattern["firstDayOfWeek"] = named(part("WKST").unwrap_or("MO")).into();
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

fn rule(recurrence: &Value, all_day: bool) -> anyhow::Result<String> {
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
            format!("RRULE:FREQ=WEEKLY;BYDAY={}", days.join(","))
        }
        Some("absoluteMonthly") => {
            format!(
                "RRULE:FREQ=MONTHLY;BYMONTHDAY={}",
                number(&pattern["dayOfMonth"])
            )
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
