//! Meetings that have an entry already.

use jiff::SignedDuration;

use super::*;
use crate::sync::join::{Join, join};

const OWNER: MemberId = MemberId::from_parts(1, 7);
const OTHER: MemberId = MemberId::from_parts(1, 8);

fn entry(origin: Origin, assignees: &[MemberId], content: Content) -> Entry {
    Entry {
        id: EntryId::from_parts(1, 1),
        tenant: TenantId::from_parts(1, 9),
        version: 4,
        content,
        work_item_type: WorkItemType::Booking,
        status: EntryStatus::Scheduled,
        assignees: assignees.to_vec(),
        attendees: vec![],
        origin,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// `hours`: how long after the entry it was written.
fn event(content: Content, hours: i64) -> CalendarEvent {
    CalendarEvent {
        external_id: ExternalEventId("theirs".into()),
        uid: None,
        revision: Revision("r1".into()),
        changed_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)),
        content,
    }
}

#[test]
fn where_an_entry_was_made_and_who_is_assigned_says_how_its_event_joins() {
    use Origin::{Entry as Here, Event as Calendar};
    let joined = |made, assignees: &[MemberId], elsewhere| {
        let entry = entry(made, assignees, base());
        let joined = join(
            &entry,
            &event(base(), 0),
            OWNER,
            Policy::default(),
            elsewhere,
        );
        let Join {
            origin,
            base,
            assigns,
            again,
        } = joined;
        assert_eq!(base.entry_version, 4 + u64::from(assigns));
        (origin, again, assigns)
    };
    // Made here and copied to its owner: whatever is found of it is that copy.
    for elsewhere in [false, true] {
        assert_eq!(
            joined(Here, &[OTHER, OWNER], elsewhere),
            (Here, true, false)
        );
    }
    // Made here for others, and the owner has it by invitation.
    assert_eq!(joined(Here, &[OTHER], true), (Calendar, false, true));
    // Taken over from this calendar, which was away meanwhile.
    assert_eq!(joined(Calendar, &[OWNER], false), (Calendar, true, false));
    assert_eq!(joined(Calendar, &[OTHER], false), (Calendar, true, true));
    // Taken over from somebody else's.
    assert_eq!(joined(Calendar, &[OTHER], true), (Calendar, false, true));
}

/// What is done about an entry of the owner's that meets its event again.
fn met(entry_says: Content, event_says: Content, hours: i64, direction: Direction) -> String {
    let policy = Policy {
        direction,
        ..Policy::default()
    };
    let entry = entry(Origin::Event, &[OWNER], entry_says.clone());
    let join = join(
        &entry,
        &event(event_says.clone(), hours),
        OWNER,
        policy,
        false,
    );
    let linked = link(LinkState::Linked {
        base: join.base,
        sent: None,
    });
    let step = decide_one(
        linked,
        ours(4, entry_says),
        theirs("r1", event_says),
        policy,
    );
    step.map_or("nothing".into(), |step| step.to_string())
}

#[test]
fn of_two_that_meet_again_the_one_written_last_counts() {
    use Direction::{Bidirectional, FromExternal, ToExternal};
    let here = || content("visit 2", "bring tools", 2);
    let there = || content("visit 3", "bring tools", 2);

    let spaced = || content("visit 2 ", "bring tools", 2);

    let (pulled, pushed) = (
        "write theirs: pull title, push nothing",
        "write theirs: pull nothing, push title",
    );
    assert_eq!(met(here(), there(), 1, Bidirectional), pulled);
    assert_eq!(met(here(), there(), -1, Bidirectional), pushed);
    assert_eq!(
        met(here(), there(), 0, Bidirectional),
        pushed,
        "written at once"
    );
    assert_eq!(
        met(here(), there(), -1, FromExternal),
        pulled,
        "nothing is ever pushed"
    );
    assert_eq!(
        met(here(), there(), 1, ToExternal),
        pushed,
        "nothing is ever pulled"
    );
    for words in [here(), spaced()] {
        assert_eq!(met(here(), words, 1, Bidirectional), "nothing");
    }
}
