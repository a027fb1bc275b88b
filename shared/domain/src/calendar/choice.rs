//! What a member may choose for the calendars of a connection.

use std::collections::BTreeMap;

use super::{Calendar, CalendarSettings};
use crate::id::CalendarId;

/// Which part of a choice is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Calendar,
    Direction,
    ReceivesNew,
}

/// What is wrong with one line of a choice, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, counted from 0.
    pub line: usize,
    pub setting: Setting,
    pub words: &'static str,
}

/// Checks a whole choice against the connection's calendars. Where it names no calendar for new entries, the primary one
/// takes them, or else the first that can.
pub fn check_choice(
    known: &[Calendar],
    lines: &[(CalendarId, CalendarSettings)],
) -> Result<BTreeMap<CalendarId, CalendarSettings>, Vec<Flaw>> {
    let mut chosen = BTreeMap::new();
    let mut flaws = Vec::new();
    let mut receiver = None;
    for (line, (id, settings)) in lines.iter().enumerate() {
        let mut flaw = |setting, words| {
            flaws.push(Flaw {
                line,
                setting,
                words,
            });
        };
        let Some(calendar) = known.iter().find(|calendar| calendar.id == *id) else {
            flaw(
                Setting::Calendar,
                "This is not a calendar of the connection.",
            );
            continue;
        };
        if chosen.insert(*id, settings.clone()).is_some() {
            flaw(Setting::Calendar, "This calendar is named twice.");
        }
        if settings.selected && settings.direction.pushes() && !calendar.writable {
            flaw(
                Setting::Direction,
                "This calendar is read only: it can only be synced from the calendar.",
            );
        }
        if settings.receives_new {
            if !calendar.takes(settings) {
                flaw(
                    Setting::ReceivesNew,
                    "New entries can only go to a calendar that is synced and written to.",
                );
            }
            if receiver.replace(*id).is_some() {
                flaw(
                    Setting::ReceivesNew,
                    "Only one calendar can receive new entries.",
                );
            }
        }
    }
    if !flaws.is_empty() {
        return Err(flaws);
    }
    if receiver.is_none() {
        receive_by_default(known, &mut chosen);
    }
    Ok(chosen)
}

fn receive_by_default(known: &[Calendar], chosen: &mut BTreeMap<CalendarId, CalendarSettings>) {
    let candidate = known
        .iter()
        .filter(|calendar| {
            chosen
                .get(&calendar.id)
                .is_some_and(|settings| calendar.takes(settings))
        })
        // The first of those that are equal wins, and `false` comes before `true`.
        .min_by_key(|calendar| !calendar.primary);
    if let Some(settings) = candidate.and_then(|calendar| chosen.get_mut(&calendar.id)) {
        settings.receives_new = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::Direction,
        id::{ConnectionId, MemberId},
        time::Zone,
    };

    fn calendar(number: u128) -> Calendar {
        Calendar {
            id: id(number),
            connection: ConnectionId::from_parts(0, 1),
            member: MemberId::from_parts(0, 1),
            external_id: format!("calendar-{number}@example.com"),
            name: format!("Calendar {number}"),
            zone: Zone::utc(),
            primary: false,
            writable: true,
            settings: CalendarSettings::default(),
            version: 1,
        }
    }

    fn id(number: u128) -> CalendarId {
        CalendarId::from_parts(0, number)
    }

    fn known() -> Vec<Calendar> {
        let primary = Calendar {
            primary: true,
            ..calendar(2)
        };
        let read_only = Calendar {
            writable: false,
            ..calendar(3)
        };
        vec![calendar(1), primary, read_only, calendar(4)]
    }

    fn synced(direction: Direction) -> CalendarSettings {
        CalendarSettings {
            selected: true,
            direction,
            ..CalendarSettings::default()
        }
    }

    fn receiving() -> CalendarSettings {
        CalendarSettings {
            receives_new: true,
            ..synced(Direction::Bidirectional)
        }
    }

    fn receiver(lines: &[(CalendarId, CalendarSettings)]) -> Option<CalendarId> {
        let chosen = check_choice(&known(), lines).expect("the choice is good");
        chosen
            .into_iter()
            .find(|(_, settings)| settings.receives_new)
            .map(|(id, _)| id)
    }

    fn flaws(lines: &[(CalendarId, CalendarSettings)]) -> Vec<(usize, Setting)> {
        let flaws = check_choice(&known(), lines).expect_err("the choice has flaws");
        flaws
            .into_iter()
            .map(|flaw| (flaw.line, flaw.setting))
            .collect()
    }

    #[test]
    fn new_entries_go_to_the_primary_calendar_unless_told_otherwise() {
        let both = synced(Direction::Bidirectional);
        assert_eq!(
            receiver(&[(id(1), both.clone()), (id(2), both.clone())]),
            Some(id(2))
        );
        assert_eq!(
            receiver(&[(id(1), receiving()), (id(2), both)]),
            Some(id(1))
        );
    }

    #[test]
    fn new_entries_go_to_the_first_calendar_that_can_take_them() {
        let lines = [
            (id(1), synced(Direction::ToExternal)),
            (id(2), synced(Direction::FromExternal)),
            (id(4), synced(Direction::Bidirectional)),
        ];
        assert_eq!(receiver(&lines), Some(id(1)));
    }

    #[test]
    fn nothing_receives_new_entries_where_nothing_is_written_to() {
        assert_eq!(receiver(&[(id(3), synced(Direction::FromExternal))]), None);
        assert_eq!(receiver(&[(id(1), CalendarSettings::default())]), None);
    }

    #[test]
    fn a_calendar_of_another_connection_is_refused() {
        let lines = [(id(1), receiving()), (id(9), CalendarSettings::default())];
        assert_eq!(flaws(&lines), [(1, Setting::Calendar)]);
    }

    #[test]
    fn a_calendar_is_named_once() {
        let both = synced(Direction::Bidirectional);
        let lines = [(id(1), both.clone()), (id(1), both)];
        assert_eq!(flaws(&lines), [(1, Setting::Calendar)]);
    }

    #[test]
    fn a_read_only_calendar_is_not_written_to() {
        assert_eq!(
            flaws(&[(id(3), synced(Direction::Bidirectional))]),
            [(0, Setting::Direction)]
        );
    }

    #[test]
    fn only_one_calendar_receives_new_entries() {
        let lines = [(id(1), receiving()), (id(2), receiving())];
        assert_eq!(flaws(&lines), [(1, Setting::ReceivesNew)]);
    }

    #[test]
    fn new_entries_cannot_go_where_nothing_is_written() {
        for settings in [
            CalendarSettings {
                selected: false,
                ..receiving()
            },
            CalendarSettings {
                direction: Direction::FromExternal,
                ..receiving()
            },
        ] {
            assert_eq!(flaws(&[(id(1), settings)]), [(0, Setting::ReceivesNew)]);
        }
    }
}
