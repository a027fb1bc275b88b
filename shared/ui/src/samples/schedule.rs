//! The week and an entry.

use super::history::{deleted, history};
use super::{Sample, frame, frame_with};
use crate::components::{FieldError, Meaning, Moment};
use crate::layout::{Frame, Section, Theme};
use crate::pages::confirmation::Confirmation;
use crate::pages::entry::{
    Copy, Differs, EntryForm, EntryPage, Occurrence, OfSeries, Repeat, Saved, Scope,
};
use crate::pages::schedule::{Chip, Copies, Day, Schedule};

pub(super) fn samples() -> Vec<Sample> {
    let dark = Frame {
        theme: Theme::Dark,
        ..frame()
    };
    vec![
        ("schedule", week(true).render()),
        (
            "schedule-dark",
            Schedule {
                frame: dark,
                ..week(true)
            }
            .render(),
        ),
        ("schedule-empty", week(false).render()),
        (
            "schedule-unconnected",
            Schedule {
                connected: false,
                may_add: false,
                ..week(false)
            }
            .render(),
        ),
        ("entry-new", new().render()),
        ("entry", saved().render()),
        ("entry-errors", with_errors().render()),
        ("entry-custom-repeat", custom().render()),
        ("entry-locked", locked().render()),
        ("deleted", deleted(true).render()),
        ("deleted-empty", deleted(false).render()),
        (
            "entry-delete",
            Confirmation {
                frame: frame(),
                section: Section::Schedule,
                confirm: EntryPage::delete("ent_1", 4, "Morning round", true, None),
            }
            .render(),
        ),
        ("entry-occurrence", occurrence().render()),
        ("entry-occurrence-cancelled", cancelled().render()),
        (
            "entry-occurrence-delete",
            Confirmation {
                frame: frame(),
                section: Section::Schedule,
                confirm: EntryPage::delete(
                    "ent_1",
                    4,
                    "Morning round",
                    true,
                    Some("20270309T070000Z"),
                ),
            }
            .render(),
        ),
    ]
}

fn week(filled: bool) -> Schedule {
    let names = [
        "Mon 1", "Tue 2", "Wed 3", "Thu 4", "Fri 5", "Sat 6", "Sun 7",
    ];
    let days = names.iter().enumerate().map(|(number, name)| {
        let (weekday, day) = name.split_at(3);
        Day {
            date: format!("2027-03-0{}", number + 1),
            weekday: weekday.to_owned(),
            name: format!("{} Mar", day.trim()),
            is_today: number == 1,
            all_day: if filled { all_day(number) } else { Vec::new() },
            timed: if filled { timed(number) } else { Vec::new() },
        }
    });
    Schedule {
        frame: frame(),
        title: "1–7 March 2027".to_owned(),
        zone: "Europe/Berlin (UTC+1)".to_owned(),
        previous: "2027-02-22".to_owned(),
        next: "2027-03-08".to_owned(),
        today: "2027-03-02".to_owned(),
        may_add: true,
        connected: true,
        days: days.collect(),
    }
}

fn all_day(day: usize) -> Vec<Chip> {
    match day {
        2 | 3 => vec![chip(
            "ent_9",
            "",
            "Trade fair Hannover",
            "Hall 12",
            Copies::Synced,
        )],
        4 => vec![chip("ent_8", "", "Ivo on leave", "", Copies::None)],
        _ => Vec::new(),
    }
}

fn timed(day: usize) -> Vec<Chip> {
    let round = Chip {
        repeats: true,
        occurrence: Some(format!("2027030{}T070000Z", day + 1)),
        differs: day == 2,
        ..chip(
            "ent_1",
            "08:00 – 08:30",
            "Morning round",
            "Depot",
            Copies::Synced,
        )
    };
    let mut chips = if day < 5 { vec![round] } else { Vec::new() };
    chips.extend(match day {
        0 => vec![chip(
            "ent_2",
            "10:00 – 12:00",
            "Heat pump service, Ackerstraße 4",
            "Ackerstraße 4, Berlin",
            Copies::Synced,
        )],
        1 => vec![
            chip(
                "ent_4",
                "09:30 – 11:00",
                "Boiler inspection, Lindenstraße 12",
                "Lindenstraße 12, Berlin",
                Copies::Conflict,
            ),
            chip(
                "ent_5",
                "13:00 – 13:45",
                "Call with Contoso Care",
                "",
                Copies::Waiting,
            ),
            Chip {
                private: true,
                ..chip("ent_6", "17:00 – 18:00", "Dentist", "", Copies::None)
            },
        ],
        3 => vec![chip(
            "ent_3",
            "11:00 – 15:30",
            "Quarterly maintenance of the cooling plant at Northwind Cold Storage",
            "Hafenstraße 88",
            Copies::Failed,
        )],
        5 => vec![chip(
            "ent_7",
            "22:00 – 02:00",
            "Emergency stand-by",
            "",
            Copies::Synced,
        )],
        _ => Vec::new(),
    });
    chips
}

fn chip(id: &str, time: &str, title: &str, place: &str, copies: Copies) -> Chip {
    Chip {
        id: id.to_owned(),
        title: title.to_owned(),
        time: time.to_owned(),
        place: place.to_owned(),
        occurrence: None,
        differs: false,
        repeats: false,
        private: false,
        copies,
    }
}

fn new() -> EntryPage {
    EntryPage {
        frame: frame(),
        saved: None,
        form: EntryForm {
            title: String::new(),
            location: String::new(),
            notes: String::new(),
            repeat: Repeat::Never,
            ..form()
        },
        errors: Vec::new(),
        locked: None,
        changeable: true,
        week: "2027-03-01".to_owned(),
    }
}

fn saved() -> EntryPage {
    let synced = Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin");
    let copy = |calendar: &str, state, last_synced, reason: Option<&str>| Copy {
        calendar: calendar.to_owned(),
        state,
        last_synced,
        reason: reason.map(str::to_owned),
        conflict: None,
        put_back: None,
    };
    EntryPage {
        frame: frame_with(Meaning::Ok, "Saved. Calendars follow within seconds."),
        saved: Some(Saved {
            id: "ent_1".to_owned(),
            version: 4,
            copies: vec![
                copy(
                    "Ada Lindgren, ada@northwind.test",
                    Copies::Synced,
                    Some(synced.clone()),
                    None,
                ),
                copy(
                    "Calendar, ada.lindgren@northwind-field-service.test",
                    Copies::Failed,
                    Some(synced),
                    Some(
                        "Microsoft asks for a new sign-in. This change is sent after you reconnect.",
                    ),
                ),
                Copy {
                    conflict: Some("cfl_1".to_owned()),
                    ..copy(
                        "On call, ada@northwind.test",
                        Copies::Conflict,
                        None,
                        Some(
                            "Both sides changed the same. Nothing is written until someone decides.",
                        ),
                    )
                },
                Copy {
                    put_back: Some("con_4".to_owned()),
                    ..copy(
                        "Family, ada@northwind.test",
                        Copies::None,
                        None,
                        Some("Removed from this calendar."),
                    )
                },
            ],
            series: Some(OfSeries::Whole {
                differing: vec![
                    one("20270309T070000Z", Differs::In("time, title".to_owned())),
                    one("20270316T070000Z", Differs::Cancelled),
                ],
                more: 2,
            }),
            history: Some(history()),
        }),
        form: form(),
        ..new()
    }
}

fn one(original: &str, differs: Differs) -> Occurrence {
    let (day, _) = original[6..].split_at(2);
    Occurrence {
        original: original.to_owned(),
        when: format!("Tue {} March 2027, 08:00", day.trim_start_matches('0')),
        differs,
    }
}

fn occurrence() -> EntryPage {
    of_one(Differs::In("time, title".to_owned()))
}

fn cancelled() -> EntryPage {
    EntryPage {
        locked: Some("This occurrence is cancelled.".to_owned()),
        ..of_one(Differs::Cancelled)
    }
}

fn of_one(differs: Differs) -> EntryPage {
    let series = OfSeries::One {
        occurrence: one("20270309T070000Z", differs),
        rule: "Every week, until 30 June 2027, changed on 1 day".to_owned(),
        scope: Scope::This,
    };
    let page = saved();
    EntryPage {
        frame: frame(),
        form: EntryForm {
            start_date: "2027-03-09".to_owned(),
            end_date: "2027-03-09".to_owned(),
            repeat: Repeat::AsSeries,
            ..form()
        },
        saved: page.saved.map(|saved| Saved {
            series: Some(series),
            ..saved
        }),
        ..new()
    }
}

fn with_errors() -> EntryPage {
    let form = EntryForm {
        end_time: "07:00".to_owned(),
        zone: "Berlin".to_owned(),
        ..new().form
    };
    let errors = vec![
        FieldError::new("title", "Give the entry a title."),
        FieldError::new("end_time", "The end is before the start."),
        FieldError::new(
            "zone",
            "“Berlin” is not a time zone. Did you mean Europe/Berlin?",
        ),
    ];
    EntryPage {
        form,
        errors,
        ..new()
    }
}

fn custom() -> EntryPage {
    let repeat = Repeat::Custom {
        words: "Every second Tuesday and Thursday".to_owned(),
        rule: "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH".to_owned(),
    };
    EntryPage {
        frame: frame(),
        form: EntryForm {
            all_day: true,
            repeat,
            ..form()
        },
        ..saved()
    }
}

fn locked() -> EntryPage {
    let reason = Some("Your role lets you see the schedule but not change it.".to_owned());
    EntryPage {
        frame: frame(),
        locked: reason,
        changeable: false,
        saved: Some(Saved {
            id: "ent_1".to_owned(),
            version: 4,
            copies: Vec::new(),
            series: None,
            history: None,
        }),
        ..saved()
    }
}

fn form() -> EntryForm {
    let zones = ["Europe/Berlin", "Europe/London", "America/New_York", "UTC"];
    EntryForm {
        title: "Morning round".to_owned(),
        all_day: false,
        start_date: "2027-03-02".to_owned(),
        start_time: "08:00".to_owned(),
        end_date: "2027-03-02".to_owned(),
        end_time: "08:30".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        zones: zones.map(str::to_owned).to_vec(),
        location: "Depot".to_owned(),
        notes: "Keys are with Mia.\nBring the van's logbook.".to_owned(),
        private: false,
        repeat: Repeat::Every {
            frequency: "weekly".to_owned(),
            until: "2027-06-30".to_owned(),
        },
    }
}
