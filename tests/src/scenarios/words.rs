//! What people write, in the form of either side, and what either side shows, in one form that can be compared.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Map, Value, json};

/// What is compared, each on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Title,
    Notes,
    Location,
    Start,
    End,
    Recurrence,
    Private,
}

pub(super) type Values = BTreeMap<Field, String>;

/// An item is known by the mark in its title, whatever else becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u32);

impl Mark {
    pub(super) fn written(self) -> String {
        format!("#{:05}", self.0)
    }

    fn of(title: &str) -> Option<Self> {
        let (_, number) = title.rsplit_once('#')?;
        number.parse().ok().map(Self)
    }
}

#[derive(Clone, Debug)]
pub enum Point {
    Day(Date),
    /// `later` means the second pass of an hour that a clock change repeats.
    Time {
        local: DateTime,
        zone: &'static str,
        later: bool,
    },
}

impl Point {
    pub fn time(local: &str, zone: &'static str) -> anyhow::Result<Self> {
        let local = local.parse()?;
        Ok(Self::Time {
            local,
            zone,
            later: false,
        })
    }

    fn instant(local: DateTime, zone: &str, later: bool) -> anyhow::Result<Timestamp> {
        let ambiguous = TimeZone::get(zone)?.into_ambiguous_zoned(local);
        let resolved = if later {
            ambiguous.later()
        } else {
            ambiguous.compatible()
        };
        Ok(resolved?.timestamp())
    }

    fn for_schedule(&self) -> Value {
        match self {
            Self::Day(date) => json!({ "date": date.to_string() }),
            Self::Time { local, zone, later } => {
                let mut moment = json!({ "local": local.to_string(), "zone": zone });
                if *later {
                    moment["fold"] = json!(true);
                }
                moment
            }
        }
    }

    fn for_google(&self) -> anyhow::Result<Value> {
        Ok(match self {
            Self::Day(date) => json!({ "date": date.to_string() }),
            Self::Time { local, zone, later } => {
                let zoned = Self::instant(*local, zone, *later)?.to_zoned(TimeZone::get(zone)?);
                let text = zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
                json!({ "dateTime": text, "timeZone": zone })
            }
        })
    }

    fn compared(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::Day(date) => date.to_string(),
            Self::Time { local, zone, later } => {
                format!("{} {zone}", Self::instant(*local, zone, *later)?)
            }
        })
    }
}

/// One thing that a person writes.
#[derive(Clone, Debug)]
pub enum Change {
    Title(String),
    Notes(String),
    Location(String),
    When(Point, Point),
    Recurrence(Vec<String>),
    Private,
    /// Guests, on the calendar's side only: it must never write to them.
    Guests(Vec<String>),
}

impl Change {
    pub(super) fn values(&self) -> anyhow::Result<Vec<(Field, String)>> {
        Ok(match self {
            Self::Title(text) => vec![(Field::Title, text.clone())],
            Self::Notes(text) => vec![(Field::Notes, text.clone())],
            Self::Location(text) => vec![(Field::Location, text.clone())],
            Self::When(start, end) => vec![
                (Field::Start, start.compared()?),
                (Field::End, end.compared()?),
            ],
            Self::Recurrence(lines) => {
                let lines = lines.iter().map(|line| without_the_obvious(line));
                vec![(Field::Recurrence, lines.collect::<Vec<_>>().join("\n"))]
            }
            Self::Private => vec![(Field::Private, "true".into())],
            Self::Guests(_) => Vec::new(),
        })
    }

    pub(super) fn is_in_second_pass(&self) -> bool {
        let later = |point: &Point| matches!(point, Point::Time { later: true, .. });
        matches!(self, Self::When(start, end) if later(start) || later(end))
    }
}

/// A rule's only weekday and its day of the month are those of its start in every scenario, whoever writes them out.
fn without_the_obvious(line: &str) -> String {
    let of = |frequency: &str| line.contains(frequency);
    let is_obvious = |part: &&str| match part.split_once('=') {
        Some(("BYDAY", day)) => of("FREQ=WEEKLY") && day.len() == 2,
        Some(("BYMONTHDAY", _)) => of("FREQ=MONTHLY"),
        _ => false,
    };
    let parts: Vec<&str> = line.split(';').filter(|part| !is_obvious(part)).collect();
    parts.join(";")
}

fn set(body: &mut Map<String, Value>, name: &str, value: Value) {
    body.insert(name.into(), value);
}

pub(super) fn for_schedule(changes: &[Change]) -> Value {
    let mut body = Map::new();
    for change in changes {
        match change {
            Change::Title(text) => set(&mut body, "title", json!(text)),
            Change::Notes(text) => set(&mut body, "notes", json!(text)),
            Change::Location(text) => set(&mut body, "location", json!(text)),
            Change::When(start, end) => {
                set(&mut body, "start", start.for_schedule());
                set(&mut body, "end", end.for_schedule());
            }
            Change::Recurrence(lines) => set(&mut body, "recurrence", json!(lines)),
            Change::Private => set(&mut body, "private", json!(true)),
            Change::Guests(_) => {}
        }
    }
    Value::Object(body)
}

pub(super) fn for_google(changes: &[Change]) -> anyhow::Result<Value> {
    let mut body = Map::new();
    for change in changes {
        match change {
            Change::Title(text) => set(&mut body, "summary", json!(text)),
            Change::Notes(text) => set(&mut body, "description", json!(text)),
            Change::Location(text) => set(&mut body, "location", json!(text)),
            Change::When(start, end) => {
                set(&mut body, "start", start.for_google()?);
                set(&mut body, "end", end.for_google()?);
            }
            Change::Recurrence(lines) => set(&mut body, "recurrence", json!(lines)),
            Change::Private => set(&mut body, "visibility", json!("private")),
            Change::Guests(guests) => {
                let guests: Vec<Value> = guests
                    .iter()
                    .map(|guest| json!({ "email": guest }))
                    .collect();
                set(&mut body, "attendees", json!(guests));
            }
        }
    }
    Ok(Value::Object(body))
}

fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

fn lines(item: &Value) -> String {
    let lines = item["recurrence"].as_array().into_iter().flatten();
    let lines = lines.filter_map(Value::as_str).map(without_the_obvious);
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// What an entry of the schedule shows. Items without a mark are none of ours.
pub(super) fn of_schedule(entry: &Value) -> anyhow::Result<Option<(Mark, Values)>> {
    let title = text(entry, "title");
    let Some(mark) = Mark::of(&title) else {
        return Ok(None);
    };
    let values = Values::from([
        (Field::Title, title),
        (Field::Notes, text(entry, "notes")),
        (Field::Location, text(entry, "location")),
        (Field::Start, schedule_moment(&entry["start"])?),
        (Field::End, schedule_moment(&entry["end"])?),
        (Field::Recurrence, lines(entry)),
        (Field::Private, (entry["private"] == true).to_string()),
    ]);
    Ok(Some((mark, values)))
}

pub(super) fn schedule_moment(moment: &Value) -> anyhow::Result<String> {
    if let Some(date) = moment["date"].as_str() {
        return Ok(date.into());
    }
    let zone = moment["zone"].as_str().context("a zone")?;
    let local = moment["local"].as_str().context("a local time")?.parse()?;
    let instant = Point::instant(local, zone, moment["fold"] == true)?;
    Ok(format!("{instant} {zone}"))
}

/// The same of a Google event.
pub(super) fn of_google(event: &Value) -> anyhow::Result<Option<(Mark, Values)>> {
    let title = text(event, "summary");
    let Some(mark) = Mark::of(&title) else {
        return Ok(None);
    };
    let values = Values::from([
        (Field::Title, title),
        (Field::Notes, text(event, "description")),
        (Field::Location, text(event, "location")),
        (Field::Start, google_moment(&event["start"])?),
        (Field::End, google_moment(&event["end"])?),
        (Field::Recurrence, lines(event)),
        (
            Field::Private,
            (event["visibility"] == "private").to_string(),
        ),
    ]);
    Ok(Some((mark, values)))
}

pub(super) fn google_moment(moment: &Value) -> anyhow::Result<String> {
    if let Some(date) = moment["date"].as_str() {
        return Ok(date.into());
    }
    let Some(time) = moment["dateTime"].as_str() else {
        bail!("neither date nor time: {moment}");
    };
    let instant: Timestamp = time.parse()?;
    let zone = moment["timeZone"].as_str().context("a zone")?;
    Ok(format!("{instant} {zone}"))
}
