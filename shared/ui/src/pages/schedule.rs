//! One week of the schedule. The same list is a grid of days on wide screens and a column on narrow ones.

use maud::{Markup, html};

use crate::components::{Field, Look, action, labelled, submit};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct Schedule {
    pub frame: Frame,
    /// "2–8 March 2027"
    pub title: String,
    /// "Europe/Berlin (UTC+1)": all times of the page are of this zone.
    pub zone: String,
    /// Days of the neighbouring weeks and of the present one, as `2027-03-02`.
    pub previous: String,
    pub next: String,
    pub today: String,
    /// Whether the member may add entries.
    pub may_add: bool,
    /// Whether any calendar is connected; if not, an empty week says how to connect one.
    pub connected: bool,
    pub days: Vec<Day>,
}

#[derive(Clone, Debug)]
pub struct Day {
    /// `2027-03-02`
    pub date: String,
    /// "Tue"
    pub weekday: String,
    /// "2 March"
    pub name: String,
    pub is_today: bool,
    pub all_day: Vec<Chip>,
    /// In the order they begin.
    pub timed: Vec<Chip>,
}

/// An entry, or one occurrence of it, on one day. What lasts several days is on each of them.
#[derive(Clone, Debug)]
pub struct Chip {
    pub id: String,
    /// The original start of the occurrence, where the entry repeats.
    pub occurrence: Option<String>,
    /// The occurrence is not as its series has it.
    pub differs: bool,
    pub title: String,
    /// "09:00 – 10:30"; nothing for all day.
    pub time: String,
    pub place: String,
    pub repeats: bool,
    pub private: bool,
    pub copies: Copies,
}

/// Whether the calendars that should show the entry do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// No calendar is meant to have it.
    None,
    Synced,
    Waiting,
    Conflict,
    Failed,
}

impl Copies {
    pub(super) const fn face(self) -> (Icon, &'static str, &'static str) {
        match self {
            Self::None => (Icon::Off, "off", "Not synced"),
            Self::Synced => (Icon::Check, "ok", "Synced"),
            Self::Waiting => (Icon::Clock, "notice", "Waiting"),
            Self::Conflict => (Icon::Alert, "warning", "Conflict"),
            Self::Failed => (Icon::Error, "error", "Failed"),
        }
    }
}

impl Schedule {
    pub fn render(&self) -> Markup {
        let mut head = Head::new(&self.title, Section::Schedule);
        if self.may_add {
            let day = self
                .days
                .iter()
                .find(|day| day.is_today)
                .or(self.days.first());
            let href = day.map_or_else(
                || routes::ENTRY_NEW.to_owned(),
                |day| routes::entry_new(&day.date),
            );
            head.actions = action(
                "new-entry",
                &href,
                Look::Primary,
                labelled(Icon::Plus, "New entry"),
            );
        }
        let empty = self
            .days
            .iter()
            .all(|day| day.all_day.is_empty() && day.timed.is_empty());
        let content = html! {
            (self.toolbar())
            @if empty { (self.empty()) }
            ol #days .week data-running[self.is_awaited()] hx-get=(routes::schedule_week(self.days.first().map_or("", |day| &day.date)))
                hx-select="#days" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                @for day in &self.days { (self.day(day)) }
            }
        };
        page(&self.frame, &head, content)
    }

    fn is_awaited(&self) -> bool {
        let mut chips = self
            .days
            .iter()
            .flat_map(|day| day.all_day.iter().chain(&day.timed));
        chips.any(|chip| chip.copies == Copies::Waiting)
    }

    fn toolbar(&self) -> Markup {
        let step = |id, date: &str, words, glyph| {
            html! { a id=(id) .button href=(routes::schedule_week(date)) { (icon(glyph)) span.heard { (words) } } }
        };
        html! {
            div.toolbar {
                nav.steps aria-label="Week" {
                    (step("previous-week", &self.previous, "Previous week", Icon::Previous))
                    (action("this-week", &routes::schedule_week(&self.today), Look::Plain, "Today"))
                    (step("next-week", &self.next, "Next week", Icon::Next))
                }
                form.go method="get" action=(routes::SCHEDULE) {
                    (Field::new("week", "date", "Go to date").class("quiet-label")
                        .value(self.days.first().map_or("", |day| &day.date)).required())
                    (submit("go", Look::Quiet, "Go", "Opening"))
                }
                (action("deleted-entries", routes::DELETED, Look::Quiet, labelled(Icon::Trash, "Deleted entries")))
                p.zone { (icon(Icon::Clock)) (self.zone) }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div.empty.slim {
                h2 { "Nothing this week" }
                @if self.connected { p { "New entries, and events of your connected calendars, show up here." } }
                @else {
                    p { "Connect a calendar to see its events here." }
                    (action("connect-calendar", routes::CONNECTIONS, Look::Plain, labelled(Icon::Connections, "Connect a calendar")))
                }
            }
        }
    }

    fn day(&self, day: &Day) -> Markup {
        html! {
            li.day .today[day.is_today] .bare[day.all_day.is_empty() && day.timed.is_empty()] id={ "day-" (day.date) } {
                h2 {
                    time datetime=(day.date) { span.weekday { (day.weekday) } " " (day.name) }
                    @if day.is_today { " " span.now { "Today" } }
                }
                ul.lane { @for entry in &day.all_day { li { (chip(day, entry, true)) } } }
                ul.timed {
                    @for entry in &day.timed { li { (chip(day, entry, false)) } }
                    @if self.may_add {
                        li.add {
                            a id={ "add-" (day.date) } href=(routes::entry_new(&day.date)) {
                                (icon(Icon::Plus)) span.heard { "New entry on " (day.name) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn chip(day: &Day, entry: &Chip, all_day: bool) -> Markup {
    let (glyph, class, words) = entry.copies.face();
    let original = entry.occurrence.as_deref();
    let id = [&entry.id, original.unwrap_or_default(), &day.date];
    let id: Vec<&str> = id.into_iter().filter(|part| !part.is_empty()).collect();
    html! {
        a.chip .all-day[all_day] id=(id.join("-")) href=(routes::occurrence(&entry.id, original)) {
            span.chip-time { @if all_day { "All day" } @else { (entry.time) } }
            span.chip-title { (entry.title) }
            @if !entry.place.is_empty() { span.chip-place { (entry.place) } }
            span.chip-foot {
                span class={ "copies " (class) } { (icon(glyph)) (words) }
                @if entry.repeats { span.sign title="Repeats" { (icon(Icon::Repeat)) span.heard { "Repeats" } } }
                @if entry.differs { span.sign title="Differs from its series" { (icon(Icon::Facts)) span.heard { "Differs from its series" } } }
                @if entry.private { span.sign title="Private" { (icon(Icon::Private)) span.heard { "Private" } } }
            }
        }
    }
}
