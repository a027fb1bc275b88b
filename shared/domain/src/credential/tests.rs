use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{BUNDLE_BYTES_MAX, Bundle, Home, Kept, Shard, shard_for};
use crate::id::ConnectionId;

fn id(number: u128) -> ConnectionId {
    ConnectionId::from_parts(0, number)
}

fn some_shards() -> impl Strategy<Value = Vec<Shard>> {
    prop::collection::vec(0..=BUNDLE_BYTES_MAX, 0..6).prop_map(|sizes| {
        let numbered = (0..).zip(sizes);
        numbered
            .map(|(number, bytes)| Shard { number, bytes })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_new_credential_never_goes_where_it_has_no_room(
        shards in some_shards(),
        avoided in prop::collection::btree_set(0..8_u32, 0..4),
        size in 1..2_000_usize,
    ) {
        let chosen = shard_for(&shards, None, size, &avoided);
        prop_assert!(!avoided.contains(&chosen));
        let known = shards.iter().find(|shard| shard.number == chosen);
        prop_assert!(known.is_none_or(|shard| shard.bytes + size < BUNDLE_BYTES_MAX));
        // A new one only where there is no room in any.
        if known.is_none() {
            let free = shards.iter().filter(|shard| !avoided.contains(&shard.number));
            prop_assert!(free.clone().all(|shard| shard.bytes + size + 100 > BUNDLE_BYTES_MAX));
        }
    }

    #[test]
    fn a_credential_stays_where_it_is_unless_there_is_no_staying(
        shards in some_shards(), shard in 0..6_u32,
    ) {
        let home = Some(Home::Bundle { shard });
        prop_assert_eq!(shard_for(&shards, home, 100, &BTreeSet::new()), shard);
        prop_assert_ne!(shard_for(&shards, home, 100, &BTreeSet::from([shard])), shard);
    }

    #[test]
    fn the_next_version_holds_the_new_one_and_of_the_others_those_that_live_here(
        there in prop::collection::btree_set(0..12_u128, 0..12),
        here in prop::collection::btree_set(0..12_u128, 0..12),
        own in 0..12_u128,
    ) {
        let bundle: Bundle<u128> = there.iter().map(|number| (id(*number), 0)).collect();
        let living: BTreeSet<_> = here.iter().map(|number| id(*number)).collect();
        let others = || there.intersection(&here).filter(|number| **number != own);

        let with = bundle.clone().with(id(own), 1, &living);
        prop_assert_eq!(with.get(id(own)), Some(&1));
        prop_assert_eq!(with.connections().count(), others().count() + 1);
        prop_assert!(others().all(|number| with.get(id(*number)) == Some(&0)));

        let without = bundle.without(id(own), &living);
        prop_assert!(without.connections().eq(others().map(|number| id(*number))));
    }
}

#[test]
fn a_secret_of_its_own_that_was_left_is_never_the_next_one() {
    let shard = Home::Bundle { shard: 0 };
    let mut kept = Kept::new(Home::Own);
    for moves in 1..4 {
        kept = kept.moved_to(shard);
        assert_eq!((kept.life, kept.left), (moves, true));
        kept = kept.moved_to(shard).moved_to(Home::Own);
        assert!(!kept.left_lives().contains(&kept.life));
    }
    assert!(!Kept::new(shard).moved_to(shard).left);
}
