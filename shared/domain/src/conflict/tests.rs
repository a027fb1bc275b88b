use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::{
    access::Access,
    content::{Field, Fields, Timing},
    member::Role,
    recurrence::Recurrence,
    series::{Changes, Exception, Exceptions, OriginalStart},
    time::{LocalTime, When, Zone},
};

const NOW: &str = "2027-03-01T08:00:00Z";

fn series(hour: i8) -> Content {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let at = |hour| LocalTime::new(date(2027, 3, 1).at(hour, 0, 0, 0), zone.clone());
    let when = When::Timed {
        start: at(hour),
        end: at(hour + 1),
    };
    let (recurrence, exceptions) = Recurrence::parse(&["RRULE:FREQ=DAILY;COUNT=5"], &when).unwrap();
    Content {
        title: "round".into(),
        notes: String::new(),
        location: String::new(),
        timing: Timing { when, recurrence },
        private: false,
        exceptions,
    }
}

fn second() -> OriginalStart {
    "20270302T090000Z".parse().unwrap()
}

/// What one side made of the series.
fn side(name: &'static str) -> impl Strategy<Value = Content> {
    let exception = prop_oneof![
        Just(None),
        Just(Some(Exception::Cancelled)),
        Just(Some(Exception::Changed(Changes {
            title: Some(format!("{name} special")),
            location: Some(name.into()),
            ..Changes::default()
        }))),
    ];
    let fields = (any::<bool>(), any::<bool>(), any::<bool>());
    (fields, exception).prop_map(move |((title, notes, moved), exception)| {
        let hour = if name == "ours" { 11 } else { 13 };
        let mut content = series(if moved { hour } else { 10 });
        if title {
            content.title = name.into();
        }
        if notes {
            content.notes = name.into();
        }
        content.exceptions.set(second(), exception);
        content
    })
}

fn conflict(ours: Option<Content>, theirs: Option<Content>, parts: Parts) -> Conflict {
    let seen = |content: Option<Content>| content.map(Box::new);
    Conflict {
        id: ConflictId::from_parts(1, 1),
        entry: EntryId::from_parts(1, 2),
        connection: ConnectionId::from_parts(1, 3),
        calendar: CalendarId::from_parts(1, 4),
        member: MemberId::from_parts(1, 5),
        external_id: ExternalEventId("theirs".into()),
        parts,
        base: series(10),
        local: seen(ours).map_or(Seen::Deleted, |content| Seen::Changed {
            version: 2,
            content,
        }),
        external: seen(theirs).map_or(Seen::Deleted, |content| Seen::Changed {
            version: Revision("2".into()),
            content,
        }),
        state: ConflictState::Open,
        detected_at: NOW.parse().unwrap(),
        version: 1,
    }
}

/// Two sides that differ in all they changed.
fn apart() -> impl Strategy<Value = Conflict> {
    (side("ours"), side("theirs"))
        .prop_map(|(ours, theirs)| {
            let parts = ours.diff(&theirs);
            conflict(Some(ours), Some(theirs), parts)
        })
        .prop_filter("they agree", |conflict| !conflict.parts.is_empty())
}

/// A side for each difference.
fn picked(conflict: &Conflict, sides: u16) -> BTreeMap<String, Keep> {
    let keep = |number: usize| {
        if sides >> number & 1 == 0 {
            Keep::Local
        } else {
            Keep::External
        }
    };
    let differences = conflict.differences().into_iter().enumerate();
    differences
        .map(|(number, difference)| (difference.subject.to_string(), keep(number)))
        .collect()
}

proptest! {
    #[test]
    fn the_differences_are_the_parts_each_once(conflict in apart()) {
        let mut left = conflict.parts.clone();
        for difference in conflict.differences() {
            prop_assert_eq!(difference.parts.and(&left), difference.parts.clone());
            left = left.without(&difference.parts);
        }
        prop_assert!(left.is_empty(), "{:?}", left);
    }

    #[test]
    fn every_whole_decision_can_be_chosen_and_no_torn_one(conflict in apart(), sides in any::<u16>()) {
        let differences = conflict.differences();

        let external = conflict.decided(&picked(&conflict, sides)).unwrap();

        prop_assert_eq!(conflict.choose(&external).unwrap().external, external);
        for difference in differences {
            let mut torn = difference.parts.clone();
            if let Some(field) = torn.own.iter().next() {
                torn.own = Fields::NONE.with(field);
                torn.occurrences.clear();
            } else if let Some(fields) = torn.occurrences.values_mut().next() {
                *fields = fields.iter().take(1).collect();
            }
            if torn != difference.parts {
                prop_assert_eq!(conflict.choose(&torn), Err(NotNow::NotInConflict));
            }
        }
    }

    #[test]
    fn taking_back_never_makes_a_version_that_nobody_had(conflict in apart(), sides in any::<u16>()) {
        let external = conflict.decided(&picked(&conflict, sides)).unwrap();
        let (ours, theirs) = (conflict.local.content().unwrap(), conflict.external.content().unwrap());
        let before = if external.is_empty() { theirs } else { ours };
        let stands = ours.with_parts_of(theirs, &external);
        let at: Timestamp = NOW.parse().unwrap();
        let settled = Conflict {
            state: ConflictState::Settled { at, external: Some(external) },
            ..conflict.clone()
        };

        let back = settled.undo(Some(&stands), at).unwrap();

        prop_assert_eq!(back.diff(before).and(&conflict.parts), Parts::none());
    }

    #[test]
    fn taking_back_puts_the_other_side_into_every_part(conflict in apart(), keeps in any::<bool>()) {
        let external = conflict.all_of(if keeps { Keep::External } else { Keep::Local });
        let (ours, theirs) = (conflict.local.content().unwrap(), conflict.external.content().unwrap());
        let (kept, lost) = if keeps { (theirs, ours) } else { (ours, theirs) };
        let at: Timestamp = NOW.parse().unwrap();
        let settled = Conflict {
            state: ConflictState::Settled { at, external: Some(external) },
            ..conflict.clone()
        };

        let back = settled.undo(Some(kept), at + UNDO_TIME).unwrap();

        prop_assert_eq!(back.diff(lost).and(&conflict.parts), Parts::none());
        let late = at + UNDO_TIME + SignedDuration::from_secs(1);
        prop_assert_eq!(settled.undo(Some(kept), late), Err(NotNow::TooLate));
    }
}

#[test]
fn where_a_series_was_moved_its_occurrences_go_with_its_time() {
    let mut ours = series(11);
    ours.title = "ours".into();
    let mut theirs = series(10);
    theirs.exceptions.set(second(), Some(Exception::Cancelled));
    let parts = ours.diff(&theirs);

    let found = conflict(Some(ours), Some(theirs), parts).differences();

    let names: Vec<String> = found.iter().map(|one| one.subject.to_string()).collect();
    assert_eq!(names, ["title", "timing"]);
    assert_eq!(found[1].parts.occurrences.len(), 1);
}

#[test]
fn a_deletion_is_kept_as_a_whole_or_not_at_all() {
    let parts = Parts::from(Fields::ALL);
    let gone = conflict(None, Some(series(12)), parts.clone());
    let title = Parts::from(Fields::NONE.with(Field::Title));

    assert_eq!(gone.choose(&title), Err(NotNow::NotInConflict));
    assert_eq!(gone.choose(&parts).unwrap().entry_version, None);
    let named = gone.differences();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].subject.to_string(), "entry");
}

#[test]
fn a_choice_that_is_missing_or_foreign_is_named() {
    let mut ours = series(10);
    ours.title = "ours".into();
    ours.notes = "ours".into();
    let parts = ours.diff(&series(10));
    let conflict = conflict(Some(ours), Some(series(10)), parts);
    let chosen = BTreeMap::from([
        ("title".to_owned(), Keep::Local),
        ("place".to_owned(), Keep::Local),
    ]);

    assert_eq!(
        conflict.decided(&chosen),
        Err(vec![
            Undecided::Missing("notes".into()),
            Undecided::Unknown("place".into())
        ])
    );
}

#[test]
fn a_conflict_is_its_owners_and_an_admins_and_a_private_one_the_owners_alone() {
    let parts = Parts::from(Fields::NONE.with(Field::Title));
    let open = conflict(Some(series(10)), Some(series(10)), parts.clone());
    let (owner, other) = (open.member, MemberId::from_parts(9, 9));

    assert_eq!(
        open.access(owner, &Role::User.permissions()),
        Some(Access::Write)
    );
    assert_eq!(
        open.access(owner, &Role::Viewer.permissions()),
        Some(Access::Read)
    );
    assert_eq!(
        open.access(other, &Role::Admin.permissions()),
        Some(Access::Write)
    );
    for role in [Role::ItManager, Role::TeamMember, Role::Viewer, Role::User] {
        assert_eq!(open.access(other, &role.permissions()), None, "{role}");
    }
    let secret = Content {
        private: true,
        exceptions: Exceptions::default(),
        ..series(10)
    };
    for (ours, theirs) in [(secret.clone(), series(10)), (series(10), secret)] {
        let hidden = conflict(Some(ours), Some(theirs), parts.clone());
        assert_eq!(hidden.access(other, &Role::Admin.permissions()), None);
        assert_eq!(
            hidden.access(owner, &Role::Admin.permissions()),
            Some(Access::Write)
        );
    }
}
