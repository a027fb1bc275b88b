//! The stage's mode changes: credentials move when they are written next, and can be read wherever they are.

use std::collections::BTreeSet;

use super::*;

impl Connected {
    /// A week later the next look writes a new credential down; whoever tidies up has been told.
    async fn is_rotated(&self) {
        self.world.clock.advance(WEEK).unwrap();
        self.world
            .advance(SignedDuration::from_mins(3))
            .await
            .unwrap();
    }

    async fn is_connected_again(&self) {
        let person = Person::sign_in(&self.world, &self.person.email).await;
        let again = person.unwrap().connect(self.world.provider).await.unwrap();
        assert_eq!(again, self.connection);
    }
}

fn own(life: u32) -> Vec<(String, usize)> {
    let name = match life {
        0 => "own".to_owned(),
        life => format!("own {life}"),
    };
    vec![(name, 1)]
}

#[tokio::test]
async fn a_credential_moves_when_it_is_rotated_and_leaves_nothing_behind() {
    let mia = Connected::at(Provider::Microsoft).await;
    let world = &mia.world;
    for life in 0..2 {
        world.redeploy(VaultMode::Connection).unwrap();
        mia.is_rotated().await;
        assert_eq!(kept(world), own(life));
        mia.assert_has_access("in a secret of its own").await;

        world.redeploy(VaultMode::Bundle).unwrap();
        mia.assert_has_access("before it has moved").await;
        assert_eq!(kept(world), own(life), "never in bulk");
        mia.is_rotated().await;
        assert_eq!(kept(world), one_bundle_of(1));
        mia.assert_has_access("in a bundle").await;
    }

    mia.is_disconnected().await;
    assert_eq!(kept(world), []);
}

#[tokio::test]
async fn a_credential_moves_when_its_account_is_connected_again() {
    for provider in Provider::ALL {
        let mia = Connected::at(provider).await;
        let world = &mia.world;
        world.redeploy(VaultMode::Bundle).unwrap();
        mia.is_connected_again().await;
        assert_eq!(mia.home().await, Home::Bundle { shard: 0 });
        mia.assert_has_access("in a bundle").await;

        world.redeploy(VaultMode::Connection).unwrap();
        mia.is_connected_again().await;
        assert_eq!(mia.home().await, Home::Own);
        // The next look, an hour later, has what was left tidied up.
        mia.later(SignedDuration::from_mins(65)).await;
        assert_eq!(kept(world), own(1));

        mia.is_disconnected().await;
        assert_eq!(kept(world), []);
    }
}

/// Both ways: where the credential is put down, and where what it left is taken away.
#[tokio::test]
async fn a_worker_that_dies_while_a_credential_moves_loses_none_and_leaves_none() {
    let mia = Connected::at(Provider::Microsoft).await;
    let world = mia.world.clone();
    let mut mode = VaultMode::Connection;
    let mut turn = || {
        mode = match mode {
            VaultMode::Connection => VaultMode::Bundle,
            VaultMode::Bundle => VaultMode::Connection,
        };
        world.redeploy(mode).unwrap();
        mode
    };
    let mut points = BTreeSet::new();
    for _ in 0..2 {
        turn();
        world.watch_worker();
        mia.is_rotated().await;
        let watched = world.take_watched();
        // From where the new one is put down to where the old one is gone.
        let of_the_vault =
            |one: &Traffic| one.name.ends_with("SecretValue") || one.name.ends_with("DeleteSecret");
        let last = watched.iter().rposition(of_the_vault).unwrap();
        points.extend(changes(&watched[..(last + 3).min(watched.len())]));
    }
    assert!(points.len() > 6, "{points:?}");

    for nth in points {
        for _ in 0..2 {
            let mode = turn();
            let when = format!("before {nth}, to {mode:?}");
            world.crash_next_run(CrashPoint::before(nth));
            mia.is_rotated().await;
            mia.later(ASLEEP).await;
            mia.assert_has_access(&when).await;
            world.unreached_point();
            // The message for what was left may have died with its sender: the next look sends another.
            mia.later(SignedDuration::from_mins(65)).await;
            mia.later(ASLEEP).await;

            let kept = kept(&world);
            assert_eq!(kept.len(), 1, "{when}: {kept:?}");
            let is_bundle = kept[0].0.starts_with("bundle");
            assert_eq!(is_bundle, mode == VaultMode::Bundle, "{when}: {kept:?}");
        }
    }
}
