//! What has no agreed base yet.

use super::*;

#[test]
fn a_create_without_an_answer_is_finished_or_taken_back() {
    let pending = || {
        link(LinkState::Pending {
            sent: Sent {
                entry_version: 1,
                content: base(),
            },
        })
    };
    let policy = Policy::default;

    let finish = decide_one(pending(), ours(1, base()), EventSeen::Unreported, policy());
    let undo = decide_one(pending(), EntrySeen::Gone, theirs("r1", base()), policy());
    let unseen = decide_one(pending(), EntrySeen::Gone, EventSeen::Unreported, policy());

    assert!(
        matches!(finish, Some(Step::FinishCreate { .. })),
        "{finish:?}"
    );
    assert!(matches!(undo, Some(Step::DeleteEvent { .. })), "{undo:?}");
    assert_eq!(unseen, None);
}

#[test]
fn first_sight_creates_on_the_other_side_and_refuses_by_name() {
    let event = CalendarEvent {
        external_id: ExternalEventId("new".into()),
        uid: None,
        revision: Revision("r1".into()),
        changed_at: None,
        content: base(),
    };
    let at = Timestamp::UNIX_EPOCH;
    let entry = Entry {
        id: EntryId::from_parts(1, 9),
        tenant: TenantId::from_parts(1, 1),
        version: 1,
        content: base(),
        work_item_type: WorkItemType::AdHoc,
        status: EntryStatus::Scheduled,
        assignees: vec![MemberId::from_parts(1, 1)],
        attendees: Vec::new(),
        origin: Origin::Entry,
        created_at: at,
        updated_at: at,
    };
    let refused = RefusedEvent {
        external_id: ExternalEventId("odd".into()),
        title: "odd".into(),
        refusal: Refusal::UnknownZone {
            zone: "Mars/Base".into(),
        },
    };

    let plan = decide(Observation {
        new_events: vec![NewEvent {
            event,
            known: Known::Nothing,
            claim: 0,
        }],
        new_entries: vec![entry],
        refused: vec![refused],
        ..Observation::default()
    });

    insta::assert_snapshot!(plan.to_string(), @r#"
    create entry from new
    refuse odd: the time zone "Mars/Base" is not known
    create event from ent_00000000010000000000000009
    unchanged: 0
    "#);
}
