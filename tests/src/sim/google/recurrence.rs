//! Recurrence lines: read strictly, expanded on the wall clock.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use rrule::RRuleSet;

use super::times::EventTime;
use crate::sim::expansion::{expand, rule_set, stamp};
use crate::sim::zones::{known_zone, resolve, zone_or_utc};

#[derive(Debug)]
pub(super) struct Recurrence {
    start: EventTime,
    rules: RRuleSet,
    excluded_rules: Option<RRuleSet>,
    excluded: BTreeSet<DateTime>,
}

impl Recurrence {
    /// Reads the lines of `recurrence`, or says which line is wrong and how.
    pub(super) fn parse(lines: &[String], start: &EventTime) -> Result<Self, String> {
        let mut rules = Vec::new();
        let mut excluded_rules = Vec::new();
        let mut excluded = BTreeSet::new();
        for line in lines {
            let wrong = |why: &str| format!("Invalid recurrence line {line:?}: {why}");
            let (head, value) = line
                .split_once(':')
                .ok_or_else(|| wrong("there is no colon"))?;
            let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
            match name {
                "RRULE" | "EXRULE" if !parameters.is_empty() => {
                    return Err(wrong("a rule takes no parameters"));
                }
                "RRULE" => {
                    let rule = on_wall_clock(value, start).map_err(|why| wrong(&why))?;
                    rules.push(format!("RRULE:{rule}"));
                }
                "EXRULE" => {
                    let rule = on_wall_clock(value, start).map_err(|why| wrong(&why))?;
                    excluded_rules.push(format!("RRULE:{rule}"));
                }
                "RDATE" => {
                    let dates = read_dates(value, parameters, start).map_err(|why| wrong(&why))?;
                    let dates: Vec<String> = dates.into_iter().map(stamp).collect();
                    rules.push(format!("RDATE:{}", dates.join(",")));
                }
                "EXDATE" => {
                    excluded
                        .extend(read_dates(value, parameters, start).map_err(|why| wrong(&why))?);
                }
                other => {
                    return Err(wrong(&format!(
                        "{other:?} is not one of RRULE, EXRULE, RDATE, EXDATE"
                    )));
                }
            }
        }
        if rules.is_empty() {
            return Err("Invalid recurrence: there is neither an RRULE nor an RDATE".to_owned());
        }
        let excluded_rules = if excluded_rules.is_empty() {
            None
        } else {
            Some(rule_set(&excluded_rules, start.wall_clock())?)
        };
        Ok(Self {
            rules: rule_set(&rules, start.wall_clock())?,
            excluded_rules,
            excluded,
            start: start.clone(),
        })
    }

    /// The starts of all occurrences before `until`, in order.
    ///
    /// Google counts the master's own start as an occurrence even where the rule does not produce it.
    pub(super) fn starts_before(&self, until: Timestamp) -> Vec<EventTime> {
        let zone = match &self.start {
            EventTime::Day(_) => TimeZone::UTC,
            EventTime::Moment { zone, .. } => zone_or_utc(zone),
        };
        // A day more than asked: a day's instant depends on the zone that it is looked at from.
        let last = until
            .to_zoned(zone)
            .datetime()
            .saturating_add(Span::new().days(1));
        let first = self.start.wall_clock();
        let mut walls: BTreeSet<DateTime> = expand(&self.rules, last);
        if first <= last {
            walls.insert(first);
        }
        if let Some(rules) = &self.excluded_rules {
            for wall in expand(rules, last) {
                walls.remove(&wall);
            }
        }
        walls
            .difference(&self.excluded)
            .map(|wall| {
                if *wall == first {
                    self.start.clone()
                } else {
                    self.start.at_wall_clock(*wall)
                }
            })
            .filter(|start| match start {
                EventTime::Day(_) => true,
                EventTime::Moment { at, .. } => *at < until,
            })
            .collect()
    }

    pub(super) fn has_start(&self, original: &EventTime) -> bool {
        let at = original.instant(&TimeZone::UTC);
        let after = at
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(at);
        let stamp = original.stamp();
        self.starts_before(after)
            .iter()
            .any(|start| start.same_kind(original) && start.stamp() == stamp)
    }
}

/// The rule with `UNTIL` written as the wall-clock time that it means.
fn on_wall_clock(rule: &str, start: &EventTime) -> Result<String, String> {
    let mut parts = Vec::new();
    let mut names = BTreeSet::new();
    for part in rule.split(';') {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not NAME=value"))?;
        if !names.insert(name.to_owned()) {
            return Err(format!("{name} is given twice"));
        }
        if name == "UNTIL" {
            parts.push(format!("UNTIL={}", stamp(read_until(value, start)?)));
        } else {
            parts.push(part.to_owned());
        }
    }
    if !names.contains("FREQ") {
        return Err("FREQ is missing".to_owned());
    }
    if names.contains("COUNT") && names.contains("UNTIL") {
        return Err("COUNT and UNTIL exclude each other".to_owned());
    }
    Ok(parts.join(";"))
}

fn read_until(value: &str, start: &EventTime) -> Result<DateTime, String> {
    let unreadable = || format!("UNTIL={value} is neither a date nor a date with time");
    if let Some(date) = read_date(value) {
        // A date includes its whole day.
        return Ok(date.at(23, 59, 59, 0));
    }
    let wall = read_wall(value).ok_or_else(unreadable)?;
    match start {
        EventTime::Day(_) => Ok(wall.date().at(23, 59, 59, 0)),
        EventTime::Moment { zone, .. } if value.ends_with('Z') => Ok(from_utc(wall, zone)),
        EventTime::Moment { .. } => Ok(wall),
    }
}

fn read_dates(value: &str, parameters: &str, start: &EventTime) -> Result<Vec<DateTime>, String> {
    let mut zone = None;
    for parameter in parameters.split(';').filter(|text| !text.is_empty()) {
        match parameter.split_once('=') {
            Some(("TZID", name)) => {
                zone = Some(known_zone(name).ok_or_else(|| format!("unknown zone {name:?}"))?);
            }
            Some(("VALUE", "DATE" | "DATE-TIME")) => {}
            _ => return Err(format!("the parameter {parameter:?} is not supported")),
        }
    }
    let read_one = |text: &str| -> Result<DateTime, String> {
        match (start, read_date(text), read_wall(text)) {
            (EventTime::Day(_), Some(date), _) => Ok(date.at(0, 0, 0, 0)),
            (EventTime::Moment { zone: own, .. }, None, Some(wall)) if text.ends_with('Z') => {
                Ok(from_utc(wall, own))
            }
            (EventTime::Moment { zone: own, .. }, None, Some(wall)) => match &zone {
                None => Ok(wall),
                Some(given) => {
                    let at = resolve(wall, given);
                    Ok(at.to_zoned(zone_or_utc(own)).datetime())
                }
            },
            _ => Err(format!("{text:?} is not of the same kind of time as start")),
        }
    };
    value.split(',').map(read_one).collect()
}

fn from_utc(wall: DateTime, zone: &str) -> DateTime {
    resolve(wall, &TimeZone::UTC)
        .to_zoned(zone_or_utc(zone))
        .datetime()
}

fn read_date(text: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", text).ok()
}

fn read_wall(text: &str) -> Option<DateTime> {
    DateTime::strptime("%Y%m%dT%H%M%S", text.trim_end_matches('Z')).ok()
}
