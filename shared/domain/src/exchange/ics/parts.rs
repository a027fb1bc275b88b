//! The components of a calendar, before anything of them is understood.

use super::{
    super::{PARTS_MAX, Remarks, Unreadable},
    lines::{Line, lines},
};

/// More than any program writes in one event; only what may stand several times is counted.
const PROPERTIES_MAX: usize = 1_000;

/// One calendar of a file.
#[derive(Debug, Default)]
pub(super) struct Calendar<'a> {
    pub(super) events: Vec<Part<'a>>,
    pub(super) zones: Vec<Part<'a>>,
    /// What it says is its zone.
    pub(super) zone: Option<String>,
}

/// An event, or a zone with its changes.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) line: usize,
    pub(super) properties: Vec<Line<'a>>,
    /// The changes of a zone.
    pub(super) within: Vec<Part<'a>>,
    /// It has no end, or says more than can be.
    pub(super) broken: Option<&'static str>,
}

impl<'a> Part<'a> {
    fn new(line: usize) -> Self {
        Self {
            line,
            properties: Vec::new(),
            within: Vec::new(),
            broken: None,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Line<'a>> {
        self.properties.iter().find(|line| line.is(name))
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Line<'a>> {
        self.properties.iter().filter(move |line| line.is(name))
    }

    fn keep(&mut self, line: Line<'a>) {
        const ONCE: [&str; 13] = [
            "UID",
            "DTSTART",
            "DTEND",
            "DURATION",
            "RECURRENCE-ID",
            "SUMMARY",
            "DESCRIPTION",
            "LOCATION",
            "STATUS",
            "CLASS",
            "TZID",
            "TZOFFSETFROM",
            "TZOFFSETTO",
        ];
        const OFTEN: [&str; 6] = [
            "RRULE",
            "RDATE",
            "EXDATE",
            "EXRULE",
            "ATTENDEE",
            "CATEGORIES",
        ];
        let is_named = |names: &[&str]| names.iter().any(|name| line.is(name));
        let once = is_named(&ONCE) || is_named(&["X-LIC-LOCATION", super::STATUS_OF_OURS]);
        if once && self.get(line.name()).is_none() {
            self.properties.push(line);
        } else if is_named(&OFTEN) {
            if self.properties.len() < PROPERTIES_MAX {
                self.properties.push(line);
            } else {
                self.broken = Some("it has more properties than can be kept");
            }
        }
    }
}

/// A file that is read line by line.
#[derive(Default)]
struct File<'a> {
    found: Vec<Calendar<'a>>,
    is_within: bool,
    /// The components that have begun and not ended, the innermost last.
    open: Vec<(Kind, Part<'a>)>,
    /// How deep in components that are not looked at.
    outside: usize,
    parts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Event,
    Zone,
    Change,
}

pub(super) fn calendars<'a>(
    text: &'a str,
    remarks: &mut Remarks,
) -> Result<Vec<Calendar<'a>>, Unreadable> {
    let mut file = File::default();
    for line in lines(text) {
        match line {
            Ok(line) if line.is("BEGIN") => file.begin(&line, remarks)?,
            Ok(line) if line.is("END") => file.end(),
            Ok(line) => file.property(line)?,
            Err(number) => remarks.add(number, "This is no property, and was left out."),
        }
    }
    while let Some((_, part)) = file.open.last_mut() {
        part.broken = Some("the file ends in the middle of it");
        file.end();
    }
    if file.found.is_empty() {
        return Err(Unreadable::NoCalendar);
    }
    Ok(file.found)
}

impl<'a> File<'a> {
    fn begin(&mut self, line: &Line, remarks: &mut Remarks) -> Result<(), Unreadable> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(Unreadable::TooMany);
        }
        let name = line.value().trim().to_uppercase();
        let within = self.open.last().map(|(kind, _)| *kind);
        let kind = match (self.is_within, within, name.as_str()) {
            _ if self.outside > 0 => None,
            (false, _, "VCALENDAR") => {
                self.is_within = true;
                self.found.push(Calendar::default());
                return Ok(());
            }
            (true, None, "VEVENT") => Some(Kind::Event),
            (true, None, "VTIMEZONE") => Some(Kind::Zone),
            (true, Some(Kind::Zone), "STANDARD" | "DAYLIGHT") => Some(Kind::Change),
            (_, None, _) => {
                let words = format!("{name:.40} is no event, and was left out.");
                remarks.add(line.number, words);
                None
            }
            // What stands within an event, such as an alarm, is nobody's entry.
            (_, Some(_), _) => None,
        };
        match kind {
            Some(kind) => self.open.push((kind, Part::new(line.number))),
            None => self.outside += 1,
        }
        Ok(())
    }

    fn end(&mut self) {
        if self.outside > 0 {
            self.outside -= 1;
            return;
        }
        let Some((kind, part)) = self.open.pop() else {
            self.is_within = false;
            return;
        };
        match (kind, self.open.last_mut(), self.found.last_mut()) {
            (Kind::Event, _, Some(calendar)) => calendar.events.push(part),
            (Kind::Zone, _, Some(calendar)) => calendar.zones.push(part),
            (Kind::Change, Some((_, zone)), _) => zone.within.push(part),
            // Nothing begins outside of what it is a part of.
            (Kind::Event | Kind::Zone, _, None) | (Kind::Change, None, _) => {}
        }
    }

    fn property(&mut self, line: Line<'a>) -> Result<(), Unreadable> {
        if self.outside > 0 || !self.is_within {
            return Ok(());
        }
        match self.open.last_mut() {
            Some((_, part)) => part.keep(line),
            None => headline(&line, self.found.last_mut())?,
        }
        Ok(())
    }
}

fn headline(line: &Line, calendar: Option<&mut Calendar>) -> Result<(), Unreadable> {
    if line.is("METHOD") {
        let method = line.value().trim().to_uppercase();
        let answers = ["REPLY", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"];
        if answers.contains(&method.as_str()) {
            return Err(Unreadable::Answer(method));
        }
    } else if line.is("X-WR-TIMEZONE")
        && let Some(calendar) = calendar
    {
        calendar.zone = Some(line.value().trim().to_owned());
    }
    Ok(())
}
