use proptest::prelude::*;

use super::*;

fn at(hours_ago: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours_ago)
}

fn now() -> Timestamp {
    "2027-03-04T12:00:00Z".parse().unwrap()
}

fn facts(setup: Setup) -> Facts {
    Facts {
        setup,
        last_success_at: Some(at(1)),
        last_error_at: None,
        tally: Tally {
            tried: 40,
            failed: 2,
        },
    }
}

fn calendars(standings: Standings) -> Facts {
    facts(Setup::Calendars(standings))
}

const REPORTED: Setup = Setup::Reported { is_set_up: true };

#[track_caller]
fn assert_health(facts: &Facts, status: Status, badge: Badge) {
    let health = Health::of(facts, now());
    assert_eq!((health.status, health.badge), (status, badge));
}

#[test]
fn what_nobody_has_set_up_is_not_configured() {
    for setup in [
        Setup::Calendars(Standings::default()),
        Setup::Reported { is_set_up: false },
        Setup::ApiKeys { active: 0 },
        Setup::Endpoints {
            active: 0,
            disabled: 0,
            switched_off: 0,
            retrying: 0,
        },
    ] {
        assert_health(&facts(setup), Status::NotConfigured, Badge::Off);
    }
}

#[test]
fn one_connection_in_trouble_is_a_warning_and_all_of_them_an_error() {
    let well = Standings {
        connected: 3,
        ..Standings::default()
    };
    assert_health(&calendars(well), Status::Connected, Badge::Ok);
    let some = Standings { failing: 1, ..well };
    assert_health(&calendars(some), Status::Connected, Badge::Warning);
    let none = Standings {
        connected: 0,
        failing: 4,
        ..well
    };
    assert_health(&calendars(none), Status::Error, Badge::Error);
}

#[test]
fn revoked_paused_and_silent_connections_are_disconnected() {
    let revoked = Standings {
        needs_reauth: 1,
        ..Standings::default()
    };
    assert_health(&calendars(revoked), Status::Disconnected, Badge::Off);
    let paused = Standings {
        paused: 1,
        ..Standings::default()
    };
    assert_health(&calendars(paused), Status::Disconnected, Badge::Off);
    let lost = |facts: &Facts| Health::of(facts, now()).lost;
    assert_eq!(lost(&calendars(paused)), None, "somebody wants it so");
    let silent = Facts {
        last_success_at: Some(at(24)),
        ..calendars(Standings {
            connected: 1,
            ..Standings::default()
        })
    };
    assert_health(&silent, Status::Disconnected, Badge::Off);
    for facts in [calendars(revoked), silent] {
        assert!(lost(&facts).is_some(), "{facts:?}");
        assert_eq!(Overall::of([Health::of(&facts, now())]), Overall::Degraded);
    }
}

#[test]
fn a_connector_is_in_error_from_its_last_failure_to_its_next_success() {
    assert_health(&facts(REPORTED), Status::Connected, Badge::Ok);
    let failed_last = Facts {
        last_error_at: Some(at(0)),
        ..facts(REPORTED)
    };
    assert_health(&failed_last, Status::Error, Badge::Error);
    let recovered = Facts {
        last_error_at: Some(at(2)),
        ..facts(REPORTED)
    };
    assert_health(&recovered, Status::Connected, Badge::Ok);
    let never = Facts {
        last_success_at: None,
        last_error_at: Some(at(2)),
        ..facts(REPORTED)
    };
    assert_health(&never, Status::Error, Badge::Error);
    let silent = Facts {
        last_success_at: Some(at(30)),
        ..facts(REPORTED)
    };
    assert_health(&silent, Status::Disconnected, Badge::Off);
}

#[test]
fn deliveries_that_fail_are_a_warning_until_none_arrives() {
    let setup = Setup::Endpoints {
        active: 3,
        disabled: 0,
        switched_off: 0,
        retrying: 0,
    };
    let some_fail = Facts {
        tally: Tally {
            tried: 400,
            failed: 60,
        },
        ..facts(setup)
    };
    assert_health(&some_fail, Status::Connected, Badge::Warning);
    let one_waits = Facts {
        tally: Tally {
            tried: 40,
            failed: 0,
        },
        ..facts(Setup::Endpoints {
            active: 3,
            disabled: 0,
            switched_off: 0,
            retrying: 1,
        })
    };
    assert_health(&one_waits, Status::Connected, Badge::Warning);
    let nothing_arrives = Facts {
        tally: Tally::default(),
        ..one_waits
    };
    assert_health(&nothing_arrives, Status::Error, Badge::Error);
    let all_fail = Facts {
        tally: Tally {
            tried: 3,
            failed: 3,
        },
        ..facts(setup)
    };
    assert_health(&all_fail, Status::Error, Badge::Error);
    let silent = Facts {
        tally: Tally::default(),
        ..facts(setup)
    };
    assert_health(&silent, Status::Connected, Badge::Ok);
    let switched_off = facts(Setup::Endpoints {
        active: 0,
        disabled: 0,
        switched_off: 1,
        retrying: 0,
    });
    assert_health(&switched_off, Status::Disconnected, Badge::Off);
    let as_somebody_wants_it = facts(Setup::Endpoints {
        active: 0,
        disabled: 1,
        switched_off: 0,
        retrying: 0,
    });
    assert_health(&as_somebody_wants_it, Status::Disconnected, Badge::Off);
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let count = || 0..3u32;
    let standings = (count(), count(), count(), count(), count()).prop_map(
        |(pending, connected, failing, needs_reauth, paused)| {
            Setup::Calendars(Standings {
                pending,
                connected,
                failing,
                needs_reauth,
                paused,
            })
        },
    );
    let setup = prop_oneof![
        standings,
        any::<bool>().prop_map(|is_set_up| Setup::Reported { is_set_up }),
        count().prop_map(|active| Setup::ApiKeys { active }),
        (count(), count(), count(), count()).prop_map(
            |(active, disabled, switched_off, retrying)| Setup::Endpoints {
                active,
                disabled,
                switched_off,
                retrying,
            }
        ),
    ];
    let moment = || proptest::option::of((0..60i64).prop_map(at));
    let tally = (0..50u32, 0..50u32).prop_map(|(tried, failed)| Tally {
        tried,
        failed: failed.min(tried),
    });
    (setup, moment(), moment(), tally).prop_map(|(setup, last_success_at, last_error_at, tally)| {
        Facts {
            setup,
            last_success_at,
            last_error_at,
            tally,
        }
    })
}

proptest! {
    #[test]
    fn a_badge_never_says_more_than_its_status(facts in any_facts()) {
        let health = Health::of(&facts, now());

        let shown: &[Badge] = match health.status {
            Status::Connected => &[Badge::Ok, Badge::Warning],
            Status::Error => &[Badge::Error],
            Status::Disconnected | Status::NotConfigured => &[Badge::Off],
        };
        prop_assert!(shown.contains(&health.badge), "{:?}", health);
        prop_assert!(health.lost.is_none() || health.status == Status::Disconnected);
    }

    #[test]
    fn all_together_are_as_bad_as_what_is_set_up(each in proptest::collection::vec(any_facts(), 0..5)) {
        let each: Vec<Health> = each.iter().map(|facts| Health::of(facts, now())).collect();
        let configured = || each.iter().filter(|health| health.is_configured());
        let in_error = configured().filter(|health| health.status == Status::Error).count();

        let overall = Overall::of(each.iter().copied());

        prop_assert_eq!(overall == Overall::Down, in_error > 0 && in_error == configured().count());
        prop_assert!(in_error == 0 || overall != Overall::Healthy);
        let without = each.iter().copied().filter(|health| health.is_configured());
        prop_assert_eq!(Overall::of(without), overall);
    }
}
