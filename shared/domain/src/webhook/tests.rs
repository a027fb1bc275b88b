use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::id::DeliveryId;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId::from_parts(1, 1),
        url: "https://example.com/hook".into(),
        description: String::new(),
        topics: BTreeSet::from([Topic::EntryCreated]),
        state: WebhookState::Active {
            failing_since: None,
        },
        created_at: at(0),
        version: 1,
    }
}

fn delivery(random: u128) -> Delivery {
    let id = DeliveryId::from_parts(1, random);
    Delivery::new(id, webhook().id, Topic::EntryCreated, "{}".into(), at(0))
}

fn attempt(at: Timestamp, status: Option<u16>) -> Attempt {
    Attempt {
        at,
        took_ms: 1,
        status,
        error: None,
        response_body: None,
    }
}

/// As the shell does it.
fn answer(webhook: &mut Webhook, delivery: Delivery, status: Option<u16>) -> Delivery {
    let now = delivery.next_at().expect("a turn");
    let attempt = attempt(now, status);
    if let Some(state) = webhook.after(&attempt) {
        webhook.state = state;
    }
    delivery.after(attempt, webhook.state)
}

#[test]
fn what_the_ladder_says_is_what_standard_webhooks_recommends() {
    let mut webhook = webhook();
    let mut delivery = delivery(7);
    let mut waits = Vec::new();
    while let Some(turn) = delivery.next_at() {
        delivery = answer(&mut webhook, delivery, Some(500));
        if let Some(next) = delivery.next_at() {
            waits.push(next.duration_since(turn));
        }
    }

    let minutes = [0, 5, 30, 120, 300, 600, 840, 1_200, 1_440];
    assert_eq!(waits.len(), minutes.len());
    for (wait, minutes) in waits.iter().zip(minutes) {
        let least = SignedDuration::from_mins(minutes).max(SignedDuration::from_secs(5));
        assert!(*wait >= least, "{wait} {least}");
        assert!(wait.as_millis() * 10 <= least.as_millis() * 11, "{wait}");
    }
    let why = WhyDead::Exhausted;
    assert_eq!(delivery.state, DeliveryState::DeadLetter { why });
    assert_eq!(delivery.tries, Delivery::TRIES_MAX);
    assert!(webhook.is_active(), "one delivery alone is not five days");
}

#[test]
fn a_webhook_that_says_it_is_gone_is_told_nothing_more() {
    let mut webhook = webhook();
    let delivery = answer(&mut webhook, delivery(1), Some(410));

    let why = WhySwitchedOff::Gone;
    let dead = WhyDead::SwitchedOff { why };
    assert_eq!(delivery.state, DeliveryState::DeadLetter { why: dead });
    assert_eq!(webhook.standing(), WebhookStanding::SwitchedOff);
    assert!(!webhook.wants(Topic::EntryCreated));
}

#[test]
fn what_a_person_has_disabled_stays_so_whatever_is_answered() {
    let mut webhook = webhook();
    webhook.state = WebhookState::Disabled;
    for status in [Some(200), Some(410), Some(500), None] {
        assert_eq!(webhook.after(&attempt(at(0), status)), None);
    }
}

#[test]
fn a_dead_letter_alone_begins_anew() {
    let queued = delivery(1);
    assert_eq!(queued.clone().redriven(at(9)), Err(NotDead));

    let dead = queued.set_aside(WhyDead::Disabled);
    let again = dead.redriven(at(9)).unwrap();

    assert_eq!((again.next_at(), again.tries), (Some(at(9)), 0));
    assert_eq!(again.ends_at(), at(9) + Delivery::KEPT_FOR);
}

#[test]
fn a_payload_says_what_its_type_says_and_nothing_else() {
    let detail = json!({
        "tenant": "ten_1", "entry": "ent_1", "version": 3, "at": "2027-03-01T08:00:00Z",
        "title": "Mia's pump",
    });
    let told: Value = serde_json::from_str(&Topic::EntryUpdated.payload(at(0), &detail)).unwrap();

    assert_eq!(
        told,
        json!({
            "type": "schedule.entry.updated",
            "timestamp": "2027-01-15T08:00:00Z",
            "data": { "entry": "ent_1", "version": 3 },
        })
    );
}

#[test]
fn each_topic_has_its_name_and_comes_from_one_thing_that_the_bus_is_told() {
    for topic in Topic::OFFERED {
        assert_eq!(topic.name().parse(), Ok(topic));
        let from = TOLD.iter().filter(|(_, told)| *told == Some(topic));
        assert_eq!(from.count(), 1, "{topic}");
    }
    assert_eq!("ping".parse(), Ok(Topic::Ping));
    assert_eq!(Topic::of_told("CALENDAR_SYNC_STARTED"), None);
    let created = Some(Topic::EntryCreated);
    assert_eq!(Topic::of_told("SCHEDULE_ENTRY_CREATED"), created);
}

#[test]
fn addresses_of_our_own_network_are_not_public_in_any_clothes() {
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "5f00::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "93.184.215.14",
        "172.32.0.1",
        "192.169.0.1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "64:ff9b::101:101",
        "::ffff:1.1.1.1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn an_address_is_no_more_public_for_being_mapped(address: u32) {
        let plain = Ipv4Addr::from(address);
        let public = is_public(IpAddr::V4(plain));
        prop_assert_eq!(is_public(IpAddr::V6(plain.to_ipv6_mapped())), public);
        // What the standard library knows of is not public either.
        let special = plain.is_private() || plain.is_loopback() || plain.is_link_local()
            || plain.is_multicast() || plain.is_broadcast() || plain.is_unspecified() || plain.is_documentation();
        prop_assert!(!(special && public));
    }

    #[test]
    fn only_global_unicast_is_public(address: u128) {
        let address = Ipv6Addr::from(address);
        let special = address.is_loopback() || address.is_multicast() || address.is_unspecified()
            || address.is_unique_local() || address.is_unicast_link_local();
        prop_assert!(!(special && is_public(IpAddr::V6(address))));
    }

    /// Whatever is answered, a delivery comes to an end, no later than its ladder does, and what arrived is not sent again.
    #[test]
    fn a_delivery_comes_to_its_end(random: u128, answers in proptest::collection::vec(any::<Option<u16>>(), 10)) {
        let mut webhook = webhook();
        let mut delivery = delivery(random);
        for status in answers {
            let Some(turn) = delivery.next_at() else { break };
            let tried = delivery.attempts;
            delivery = answer(&mut webhook, delivery, status);
            let arrived = status.is_some_and(|status| (200..300).contains(&status));
            prop_assert_eq!(delivery.state == DeliveryState::Succeeded, arrived);
            prop_assert_eq!(delivery.attempts, tried + 1);
            if let Some(next) = delivery.next_at() {
                prop_assert!(next > turn);
                prop_assert!(next < delivery.ends_at());
            }
        }
        prop_assert_eq!(delivery.next_at(), None);
    }

    /// It is switched off after five days without a success, never before, and never with one.
    #[test]
    fn a_webhook_is_switched_off_for_five_days_of_failures(steps in proptest::collection::vec((1i64..40, any::<bool>()), 1..60)) {
        let mut webhook = webhook();
        let (mut hours, mut failing_since) = (0, None);
        for (wait, arrives) in steps {
            hours += wait;
            let now = at(hours * 3_600);
            let attempt = attempt(now, Some(if arrives { 204 } else { 503 }));
            failing_since = if arrives { None } else { failing_since.or(Some(hours)) };
            if let Some(state) = webhook.after(&attempt) {
                webhook.state = state;
            }
            let is_over = failing_since.is_some_and(|since| hours - since >= 120);
            prop_assert_eq!(webhook.is_active(), !is_over);
            if is_over { break }
        }
    }

    #[test]
    fn what_is_kept_is_read_again(random: u128, status: Option<u16>) {
        let mut webhook = webhook();
        let delivery = answer(&mut webhook, delivery(random), status);
        let kept = serde_json::to_value(&delivery).unwrap();
        prop_assert_eq!(serde_json::from_value::<Delivery>(kept).unwrap(), delivery);
        let kept = serde_json::to_value(&webhook).unwrap();
        prop_assert_eq!(serde_json::from_value::<Webhook>(kept).unwrap(), webhook);
    }
}
