//! From the words of Google's events to Graph's, and back.

use anyhow::{Context as _, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Map, Value, json};

use super::{compact, pattern};

/// Where a moment has no zone of its own.
pub(super) const HOME: &str = "Europe/Berlin";

pub(crate) fn for_graph(event: &Value) -> anyhow::Result<Value> {
    let mut graph = Map::new();
    let mut set = |name: &str, value: Value| drop(graph.insert(name.to_owned(), value));
    for (name, value) in event.as_object().context("an event")? {
        match name.as_str() {
            "summary" => set("subject", value.clone()),
            "description" => set("body", body(value)),
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
        let start = moment_for_graph(&event["start"])?;
        set("recurrence", pattern::recurrence(lines, &start)?);
    }
    Ok(graph.into())
}

/// Where a description has tags, it is HTML for Google, which is not told so.
fn body(description: &Value) -> Value {
    let is_html = description.as_str().is_some_and(|text| text.contains('<'));
    let kind = if is_html { "html" } else { "text" };
    json!({ "contentType": kind, "content": description })
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

pub(crate) fn of_graph(graph: &Value) -> anyhow::Result<Value> {
    let mut event = json!({
        "id": graph["id"],
        "status": "confirmed",
        "summary": graph["subject"],
        "iCalUID": graph["iCalUId"],
        "etag": graph["@odata.etag"],
        "updated": graph["lastModifiedDateTime"],
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
        let first = event["start"]["dateTime"].as_str();
        let first = first.or(event["start"]["date"].as_str());
        let first: Date = first
            .and_then(|at| at.get(..10))
            .context("a day")?
            .parse()?;
        event["recurrence"] = json!([pattern::rule(&graph["recurrence"], first, all_day)?]);
    }
    if graph["isCancelled"] == true {
        event["status"] = "cancelled".into();
    }
    Ok(event)
}

/// What is cancelled in a series, as a line of its own: nothing else tells of it.
pub(super) fn series_of_graph(graph: &Value, cancelled: &Value) -> anyhow::Result<Value> {
    let mut event = of_graph(graph)?;
    let days = cancelled.as_array().into_iter().flatten();
    let days = days.filter_map(|id| id.as_str()?.rsplit_once('.').map(|(_, day)| day));
    let mut days: Vec<Date> = days.map(str::parse).collect::<Result<_, _>>()?;
    days.sort();
    let Some(lines) = event["recurrence"].as_array().filter(|_| !days.is_empty()) else {
        return Ok(event);
    };
    let zone = event["start"]["timeZone"].as_str();
    let start = event["start"]["dateTime"].as_str();
    let line = if let (Some(start), Some(zone)) = (start, zone) {
        let start: Timestamp = start.parse()?;
        let time = start.to_zoned(TimeZone::get(zone)?).time();
        let said = |day: &Date| day.to_datetime(time).strftime("%Y%m%dT%H%M%S").to_string();
        let at: Vec<String> = days.iter().map(said).collect();
        format!("EXDATE;TZID={zone}:{}", at.join(","))
    } else {
        let said = |day: &Date| day.strftime("%Y%m%d").to_string();
        let days: Vec<String> = days.iter().map(said).collect();
        format!("EXDATE;VALUE=DATE:{}", days.join(","))
    };
    event["recurrence"] = lines.iter().cloned().chain([json!(line)]).collect();
    Ok(event)
}

/// As the names of occurrences have it.
pub(crate) fn original_start(graph: &Value) -> Option<String> {
    let at: Timestamp = graph["originalStart"].as_str()?.parse().ok()?;
    if graph["isAllDay"] == true {
        return Some(at.strftime("%Y%m%d").to_string());
    }
    Some(compact(at))
}

pub(super) fn lines(recurrence: &Value) -> impl Iterator<Item = &str> {
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
pub(super) fn iana(zone: &str) -> &str {
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
