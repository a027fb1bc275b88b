use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    failure::Refusal,
    hold::{Decided, Decision},
    id::{CalendarId, HoldId, ItemId, MemberId, TenantId},
    item::ItemState,
    sync::brake::{Brake, Way},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn connection(auth: Auth) -> Connection {
    Connection {
        id: ConnectionId::from_parts(7, 0),
        tenant: TenantId::from_parts(1, 0),
        member: MemberId::from_parts(2, 0),
        provider: Provider::Google,
        subject: "1".into(),
        account: "mia@northwind.test".into(),
        auth,
        scopes: Vec::new(),
        redirect_uri: String::new(),
        paused_at: None,
        ending_since: None,
        last_sync_at: None,
        last_failure: None,
        created_at: at(0),
        version: 1,
    }
}

fn lost() -> Auth {
    Auth::NeedsReauth {
        since: at(5),
        reason: ReauthReason::Revoked,
    }
}

fn hold(number: u64, decided: bool) -> Hold {
    Hold {
        id: HoldId::from_parts(number, 0),
        connection: ConnectionId::from_parts(7, 0),
        calendar: CalendarId::from_parts(number, 0),
        way: Way::Changes,
        brake: Brake::Deletions,
        count: 20,
        spared: crate::hold::Spared::default(),
        sample: Vec::new(),
        since: at(i64::try_from(number).unwrap()),
        decided: decided.then(|| Decided {
            decision: Decision::Confirm,
            by: MemberId::from_parts(2, 0),
            at: at(9),
            begun: false,
        }),
        version: 1,
    }
}

fn item(number: u64, state: ItemState) -> StuckItem {
    StuckItem {
        id: ItemId::from_parts(number, 0),
        calendar: CalendarId::from_parts(3, 0),
        item: number.to_string(),
        entry: None,
        title: "pump".into(),
        attempts: 8,
        first_seen_at: at(1),
        last_seen_at: at(i64::try_from(number).unwrap()),
        state,
    }
}

fn states() -> impl Strategy<Value = ItemState> {
    prop_oneof![
        Just(ItemState::Dead {
            error: "503".into()
        }),
        Just(ItemState::Failing {
            error: "503".into(),
            next_try_at: at(60),
        }),
        Just(ItemState::Refused {
            refusal: Refusal::UnknownZone {
                zone: "Mars/Base".into()
            },
        }),
        Just(ItemState::Refused {
            refusal: Refusal::BeforeHistory,
        }),
    ]
}

proptest! {
    /// Whatever waits for a person is told once, and nothing else is.
    #[test]
    fn each_cause_that_waits_is_told_once(
        is_lost: bool,
        decided in prop::collection::vec(any::<bool>(), 0..4),
        states in prop::collection::vec(states(), 0..5),
    ) {
        let auth = if is_lost { lost() } else { Auth::Granted { at: at(0) } };
        let holds: Vec<Hold> = (1..).zip(&decided).map(|(number, decided)| hold(number, *decided)).collect();
        let items: Vec<StuckItem> = (1..).zip(states).map(|(number, state)| item(number, state)).collect();
        let waiting: BTreeSet<ItemId> = items
            .iter()
            .filter(|item| match &item.state {
                ItemState::Dead { .. } => true,
                ItemState::Refused { refusal } => refusal.needs_attention(),
                ItemState::Failing { .. } => false,
            })
            .map(|item| item.id)
            .collect();

        let told = Notification::in_order(Notification::of_connection(&connection(auth), holds, items));

        let ids: BTreeSet<String> = told.iter().map(Notification::id).collect();
        prop_assert_eq!(ids.len(), told.len(), "each has an id of its own");
        prop_assert!(told.is_sorted_by(|a, b| a.since >= b.since), "newest first");
        let of = |kind| told.iter().filter(move |one| one.kind() == kind);
        prop_assert_eq!(of(Kind::NeedsReauth).count(), usize::from(is_lost));
        let undecided = decided.iter().filter(|decided| !**decided).count();
        prop_assert_eq!(of(Kind::ChangesHeld).count(), undecided);
        let items: BTreeSet<ItemId> = of(Kind::ItemsNotSynced)
            .flat_map(|one| match &one.about {
                About::Items { items, .. } => items.iter().map(|item| item.id).collect(),
                About::Conflict(_) | About::Reauth { .. } | About::Held(_) => Vec::new(),
            })
            .collect();
        prop_assert_eq!(items, waiting);
        prop_assert!(of(Kind::ItemsNotSynced).count() <= 1);
    }
}

#[test]
fn nobody_is_asked_about_what_is_being_disconnected() {
    let ending = Connection {
        ending_since: Some(at(8)),
        ..connection(lost())
    };

    let dead = ItemState::Dead {
        error: "503".into(),
    };
    let told = Notification::of_connection(&ending, vec![hold(1, false)], vec![item(1, dead)]);

    assert_eq!(told, []);
}
