//! One week of the member's own schedule.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    entry::Entry,
    id::EntryId,
    permission::Permission,
    series::Occurrence,
    time::{LocalTime, Zone},
    week::{OnDay, Week},
};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Query,
        page::{Visitor, show as show_page},
    },
};
use ui::{
    components::Meaning,
    layout::Toast,
    pages::schedule::{Chip, Day, Schedule},
};

use super::zone_of;
use crate::copies::Connected;

/// Of one series in one week: every hour, and some.
const OCCURRENCES_MAX: u16 = 200;

#[derive(Deserialize)]
pub(crate) struct WeekQuery {
    week: Option<String>,
    zone: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<WeekQuery>,
) -> Result<Response, Problem> {
    let Visitor { session, mut frame } = visitor;
    let zone = zone_of(&headers, query.zone.as_deref());
    let now = app.clock.now();
    let today = LocalTime::at(now, zone.clone()).local.date();
    let asked = query.week.as_deref().and_then(parse_day);
    let week = Week::of(asked.unwrap_or(today), zone);
    let (from, to) = week.bounds();
    let store = app.store.tenant(&session);
    let listed = store.agenda(session.member, from, to).await?;
    if listed.cut {
        frame.toasts.push(Toast {
            meaning: Meaning::Warning,
            words: "There is more in this week than one page can show.".to_owned(),
        });
    }
    let lived: Vec<(&Entry, Vec<Occurrence>)> = listed
        .entries
        .iter()
        .map(|entry| (entry, occurrences(entry, &week)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    let ids: Vec<EntryId> = lived.iter().map(|(entry, _)| entry.id).collect();
    let connected = Connected::of(&app, &store, session.member, &ids).await?;
    let days = week
        .days()
        .map(|date| day(date, today, &week, &lived, &connected));
    let page = Schedule {
        title: week.title(),
        zone: zone_words(week.zone(), from),
        previous: week.previous().to_string(),
        next: week.next().to_string(),
        today: today.to_string(),
        may_add: session.may(Permission::ScheduleWrite),
        connected: !connected.is_empty(),
        days: days.collect(),
        frame,
    };
    Ok(show_page(&app.config, &page.frame, page.render()))
}

/// A day in the years that entries may lie in, so that no arithmetic with it overflows.
pub(super) fn parse_day(text: &str) -> Option<Date> {
    let day = Date::strptime("%Y-%m-%d", text).ok()?;
    (1900..=2200).contains(&day.year()).then_some(day)
}

fn occurrences(entry: &Entry, week: &Week) -> Vec<Occurrence> {
    let (from, to) = week.bounds();
    let zone = week.zone();
    let shown = entry.content.occurrences(from, to, zone, OCCURRENCES_MAX);
    shown.found
}

fn day(
    date: Date,
    today: Date,
    week: &Week,
    lived: &[(&Entry, Vec<Occurrence>)],
    connected: &Connected,
) -> Day {
    let mut all_day = Vec::new();
    let mut timed: Vec<(Time, Chip)> = Vec::new();
    for (entry, found) in lived {
        for one in found {
            let Some(part) = week.on_day(&one.content.timing.when, date) else {
                continue;
            };
            let chip = chip(entry, one, &part, connected);
            match part {
                OnDay::Whole => all_day.push(chip),
                OnDay::Part { from, .. } => timed.push((from.unwrap_or(Time::midnight()), chip)),
            }
        }
    }
    timed.sort_by_key(|(begins, _)| *begins);
    Day {
        date: date.to_string(),
        weekday: date.strftime("%a").to_string(),
        name: date.strftime("%-d %b").to_string(),
        is_today: date == today,
        all_day,
        timed: timed.into_iter().map(|(_, chip)| chip).collect(),
    }
}

fn words(part: &OnDay) -> Option<String> {
    let clock = |time: &Time| time.strftime("%H:%M").to_string();
    match part {
        OnDay::Whole => None,
        OnDay::Part { from, to } => Some(match (from, to) {
            (Some(from), Some(to)) => format!("{} – {}", clock(from), clock(to)),
            (Some(from), None) => format!("from {}", clock(from)),
            (None, Some(to)) => format!("until {}", clock(to)),
            (None, None) => return None,
        }),
    }
}

fn chip(entry: &Entry, one: &Occurrence, part: &OnDay, connected: &Connected) -> Chip {
    let content = &one.content;
    let exceptions = &entry.content.exceptions;
    Chip {
        id: entry.id.to_string(),
        occurrence: one.original.map(|at| at.to_string()),
        differs: one.original.is_some_and(|at| exceptions.get(at).is_some()),
        title: super::entry::title_of(content),
        time: words(part).unwrap_or_default(),
        place: content.location.clone(),
        repeats: entry.content.repeats(),
        private: content.private,
        copies: connected.summary(entry),
    }
}

/// "Europe/Berlin (UTC+1)", as it is when the week begins.
fn zone_words(zone: &Zone, at: Timestamp) -> String {
    let offset = LocalTime::at(at, zone.clone()).zoned().offset().seconds();
    let (hours, minutes) = (offset.abs() / 3_600, offset.abs() % 3_600 / 60);
    let sign = if offset < 0 { "−" } else { "+" };
    match (offset, minutes) {
        (0, _) if *zone == Zone::utc() => zone.to_string(),
        (_, 0) => format!("{zone} (UTC{sign}{hours})"),
        _ => format!("{zone} (UTC{sign}{hours}:{minutes:02})"),
    }
}
