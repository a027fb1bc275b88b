//! One week of the member's own schedule.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    entry::Entry,
    id::EntryId,
    time::{LocalTime, When, Zone},
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
use crate::{access::may_add, copies::Connected};

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
    let lived: Vec<(&Entry, Vec<When>)> = listed
        .entries
        .iter()
        .map(|entry| (entry, spans(entry, &week)))
        .filter(|(_, spans)| !spans.is_empty())
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
        may_add: may_add(&session),
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

fn spans(entry: &Entry, week: &Week) -> Vec<When> {
    let (from, to) = week.bounds();
    let shown = entry
        .content
        .occurrences(from, to, week.zone(), OCCURRENCES_MAX);
    shown
        .found
        .into_iter()
        .map(|one| one.content.timing.when)
        .collect()
}

fn day(
    date: Date,
    today: Date,
    week: &Week,
    lived: &[(&Entry, Vec<When>)],
    connected: &Connected,
) -> Day {
    let mut all_day = Vec::new();
    let mut timed: Vec<(Time, Chip)> = Vec::new();
    for (entry, spans) in lived {
        let parts: Vec<OnDay> = spans
            .iter()
            .filter_map(|span| week.on_day(span, date))
            .collect();
        // One chip a day for an entry, however often it happens: its address is its identity on the page.
        let Some(first) = parts.first() else { continue };
        let hours: Vec<String> = parts.iter().filter_map(words).collect();
        let chip = chip(entry, hours.join(", "), connected);
        match first {
            OnDay::Whole => all_day.push(chip),
            OnDay::Part { from, .. } => timed.push((from.unwrap_or(Time::midnight()), chip)),
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

fn chip(entry: &Entry, time: String, connected: &Connected) -> Chip {
    let content = &entry.content;
    Chip {
        id: entry.id.to_string(),
        title: super::entry::title_of(content),
        time,
        place: content.location.clone(),
        repeats: content.repeats(),
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
