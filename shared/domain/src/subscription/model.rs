//! Ninety days of a thousand connections in each kind of trouble, minute by minute where anything happens: subscriptions
//! that are renewed, fail, end early and die unheard, and polls that stand in for them.

use super::*;
use crate::sync::watch::{Outlook, POLL_EVERY, SAFETY_POLL_EVERY, Watch, reconcile_at};

const DAYS: i64 = 90;
const CONNECTIONS: u128 = 1_000;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// 2026 begins.
const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// The provider fails for hours, again and again.
    Outages,
    /// Nobody renews for days.
    RenewalsDown,
    /// The provider ends subscriptions early, and says so.
    Ended,
    /// The provider forgets subscriptions, and does not say so.
    Forgotten,
}

struct Granted {
    id: SubscriptionId,
    until: Timestamp,
    forgotten: bool,
}

struct Connection {
    id: ConnectionId,
    life: SignedDuration,
    renew_after: SignedDuration,
    prolongs: bool,
    /// At the provider.
    granted: Vec<Granted>,
    /// What we know.
    own: Option<Subscription>,
    /// The provider told that it has ended.
    ended: bool,
    upkeep: Upkeep,
    upkeep_due: Timestamp,
    next_look: Timestamp,
    heard_at: Option<Timestamp>,
    missed_at: Option<Timestamp>,
    reconcile_at: Timestamp,
    /// The oldest edit that nobody has seen yet.
    unseen: Option<Timestamp>,
    minted: u128,
    told: u32,
    seen_to: u32,
    longest_unseen: SignedDuration,
}

impl Connection {
    fn new(number: u128) -> Self {
        let is_google = number.is_multiple_of(2);
        let hours = SignedDuration::from_hours;
        Self {
            id: ConnectionId::from_parts(0, number),
            life: hours(168),
            renew_after: hours(if is_google { 84 } else { 50 }),
            prolongs: !is_google,
            granted: Vec::new(),
            own: None,
            ended: false,
            upkeep: Upkeep::default(),
            upkeep_due: BEGIN + CHECK_EVERY,
            next_look: BEGIN,
            heard_at: None,
            missed_at: None,
            reconcile_at: BEGIN,
            unseen: None,
            minted: number << 32,
            told: 0,
            seen_to: 0,
            longest_unseen: SignedDuration::ZERO,
        }
    }

    fn is_called(&self, now: Timestamp) -> bool {
        let calls = |granted: &Granted| !granted.forgotten && granted.until > now;
        self.granted.iter().any(calls)
    }

    /// One worker's turn, which does what the shell does.
    fn see_to(&mut self, now: Timestamp, is_away: bool) {
        if is_away {
            self.upkeep = self.upkeep.failed("away".into(), now);
            self.told += u32::from(self.upkeep.is_to_be_told());
        } else {
            let old = self.own.take();
            let prolonged = old
                .clone()
                .filter(|old| self.prolongs && self.prolong(old, now));
            self.own = Some(prolonged.unwrap_or_else(|| self.subscribe(now)));
            self.own = self
                .own
                .take()
                .map(|own| own.granted("theirs".into(), now, now + self.life, self.renew_after));
            let kept = self.own.as_ref().map(|own| own.id);
            self.granted.retain(|granted| Some(granted.id) == kept);
            self.ended = false;
            self.seen_to += 1;
            self.upkeep = Upkeep::succeeded(std::collections::BTreeSet::new());
        }
        self.upkeep_due = self.upkeep.next_at(self.own.as_slice(), now);
    }

    fn prolong(&mut self, old: &Subscription, now: Timestamp) -> bool {
        let until = now + self.life;
        let known = |granted: &&mut Granted| {
            granted.id == old.id && !granted.forgotten && granted.until > now
        };
        let found = self.granted.iter_mut().find(known);
        found.map(|granted| granted.until = until).is_some()
    }

    fn subscribe(&mut self, now: Timestamp) -> Subscription {
        self.minted += 1;
        let id = SubscriptionId::from_parts(0, self.minted);
        self.granted.push(Granted {
            id,
            until: now + self.life,
            forgotten: false,
        });
        Subscription {
            id,
            connection: self.id,
            calendar: None,
            kid: String::new(),
            state: SubscriptionState::Intended { at: now },
        }
    }

    fn look(&mut self, now: Timestamp, is_away: bool, by_notice: bool) {
        let lacks = self.ended || self.own.as_ref().is_none_or(|own| own.is_late(now));
        if lacks && (self.upkeep.failures == 0 || self.upkeep_due < now) {
            self.see_to(now, is_away);
        }
        if is_away {
            self.next_look = now + POLL_EVERY;
            return;
        }
        if let Some(since) = self.unseen.take() {
            self.longest_unseen = self.longest_unseen.max(now.duration_since(since));
            if !by_notice {
                self.missed_at = Some(now);
            }
        }
        if self.own.is_some() && by_notice {
            self.heard_at = Some(now);
        }
        if self.reconcile_at <= now {
            self.reconcile_at = reconcile_at(self.id, now);
        }
        let subscribed = self.own.as_ref().and_then(|own| match own.state {
            SubscriptionState::Active {
                since, expires_at, ..
            } => Some((since, expires_at)),
            SubscriptionState::Intended { .. } => None,
        });
        let outlook = Outlook {
            watches: vec![Watch {
                subscribed,
                heard_at: self.heard_at,
            }],
            missed_at: self.missed_at,
            reconcile_at: self.reconcile_at,
            retry_at: None,
        };
        self.next_look = outlook.next_look(now);
    }
}

/// Whether something that lasts `for_h` hours and begins every `every_h` is going on.
fn goes_on(minute: i64, every_h: i64, for_h: i64) -> bool {
    minute / 60 % every_h >= every_h - for_h
}

fn at(minute: i64) -> Timestamp {
    BEGIN + SignedDuration::from_mins(minute)
}

/// `SplitMix64`: every run of the model is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

fn play(number: u128, trouble: Trouble) -> Connection {
    let mut connection = Connection::new(number);
    let mut random = Random(u64::try_from(number).unwrap());
    let (mut edit_at, mut minute) = (60, 0);
    while minute < DAYS * 24 * 60 {
        let now = at(minute);
        let is_away = trouble == Trouble::Outages && goes_on(minute, 61, 7);
        let renews = !(trouble == Trouble::RenewalsDown && goes_on(minute, 200, 150));
        if edit_at <= minute {
            edit_at = minute + 1 + i64::try_from(random.below(960)).unwrap();
            connection.edit(trouble, &mut random, now, is_away);
        }
        if connection.next_look <= now {
            connection.look(now, is_away, false);
        }
        if minute % CHECK_EVERY.as_mins() == 0 && renews && connection.upkeep_due < now {
            connection.see_to(now, is_away);
        }
        connection.check(trouble, now);
        minute = connection.next_minute(edit_at, minute);
    }
    connection
}

impl Connection {
    fn edit(&mut self, trouble: Trouble, random: &mut Random, now: Timestamp, is_away: bool) {
        self.unseen.get_or_insert(now);
        // One notice in ten is lost.
        if self.is_called(now) && !random.one_in(10) && !is_away {
            self.look(now, is_away, true);
        }
        match trouble {
            Trouble::Ended if random.one_in(5) => {
                self.granted.clear();
                self.ended = true;
                self.look(now, is_away, false);
            }
            Trouble::Forgotten if random.one_in(5) => {
                for granted in &mut self.granted {
                    granted.forgotten = true;
                }
            }
            Trouble::None
            | Trouble::Outages
            | Trouble::RenewalsDown
            | Trouble::Ended
            | Trouble::Forgotten => {}
        }
    }

    fn check(&self, trouble: Trouble, now: Timestamp) {
        let subscribed = self.own.as_ref().map(|own| &own.state);
        assert!(
            self.granted.len() <= 1,
            "{trouble:?}, {now}: leaked beside {subscribed:?}"
        );
        let polled_soon = self.next_look <= now + POLL_EVERY;
        // Of what the provider says nothing, nothing can be known.
        let unknowingly =
            trouble == Trouble::Forgotten && self.next_look <= now + SAFETY_POLL_EVERY;
        assert!(
            self.is_called(now) || polled_soon || unknowingly,
            "{trouble:?}, {now}: neither called nor polled, {subscribed:?}"
        );
    }

    /// The next one in which anything happens.
    fn next_minute(&self, edit_at: i64, minute: i64) -> i64 {
        let minutes = |at: Timestamp| {
            let past_ms = i64::try_from(at.duration_since(BEGIN).as_millis()).unwrap();
            (past_ms + 59_999).div_euclid(60_000)
        };
        let ends = self.granted.iter().map(|granted| minutes(granted.until));
        let quarter = CHECK_EVERY.as_mins();
        let tick = minutes(self.upkeep_due).max(minute) / quarter * quarter + quarter;
        let next = [edit_at, minutes(self.next_look)].into_iter().chain(ends);
        let next = next.filter(|at| *at > minute).min();
        next.unwrap_or(tick).min(tick)
    }
}

fn play_all(trouble: Trouble) -> Vec<Connection> {
    (0..CONNECTIONS)
        .map(|number| play(number, trouble))
        .collect()
}

fn longest_unseen(played: &[Connection]) -> SignedDuration {
    played
        .iter()
        .map(|connection| connection.longest_unseen)
        .max()
        .unwrap()
}

#[test]
fn in_ninety_quiet_days_nobody_is_ever_neither_called_nor_polled() {
    let played = play_all(Trouble::None);

    assert!(longest_unseen(&played) <= SAFETY_POLL_EVERY + MINUTE);
    assert!(played.iter().all(|connection| connection.told == 0));
    // Some fifty hours or half a week, over ninety days.
    let renewals = played.iter().map(|connection| connection.seen_to);
    let (least, most) = (renewals.clone().min(), renewals.max());
    assert!(
        least >= Some(23) && most <= Some(50),
        "{least:?} to {most:?} renewals"
    );
}

#[test]
fn a_provider_that_is_away_for_hours_is_polled_and_told_of_once_each_time() {
    let played = play_all(Trouble::Outages);

    assert!(longest_unseen(&played) <= SAFETY_POLL_EVERY + MINUTE + SignedDuration::from_hours(7));
    let outages = u32::try_from(DAYS * 24 / 61).unwrap();
    assert!(played.iter().all(|connection| connection.told <= outages));
}

#[test]
fn renewals_that_are_down_for_a_week_are_made_up_for_by_the_runs() {
    let played = play_all(Trouble::RenewalsDown);

    assert!(longest_unseen(&played) <= SAFETY_POLL_EVERY + MINUTE);
    assert!(played.iter().all(|connection| connection.told == 0));
}

#[test]
fn a_subscription_that_the_provider_ends_early_is_replaced_at_once() {
    let played = play_all(Trouble::Ended);

    assert!(longest_unseen(&played) <= SAFETY_POLL_EVERY + MINUTE);
}

#[test]
fn a_subscription_that_the_provider_forgets_costs_an_hour_at_most() {
    let played = play_all(Trouble::Forgotten);

    assert!(longest_unseen(&played) <= SAFETY_POLL_EVERY + MINUTE);
}
