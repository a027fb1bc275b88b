//! The renewals die at any of their requests, or sleep there while others take their place.

use domain::subscription::CHECK_EVERY;
use jiff::tz::TimeZone;
use tests::world::{CrashPoint, Traffic};

use super::*;

/// What the renewals find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Half of a subscription's life is over.
    Half,
    /// The same, and its token was made with an older key: it is never prolonged.
    WithOldKey,
    /// It has ended: for a week nothing was done at all.
    Ended,
}

impl Due {
    fn after(self) -> SignedDuration {
        match self {
            Self::Half | Self::WithOldKey => DAYS,
            Self::Ended => DAYS * 2,
        }
    }
}

/// What becomes of the tick that gets to a point.
#[derive(Clone, Copy, Debug)]
enum End {
    Death,
    Sleep,
}

/// An hour of tomorrow.
fn visit_tomorrow(title: &str, now: Timestamp) -> Value {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = |hours| {
        let at = (now + HOUR * hours).to_zoned(zone.clone());
        let text = at.strftime("%Y-%m-%dT%H:00:00%:z").to_string();
        json!({ "dateTime": text, "timeZone": "Europe/Berlin" })
    };
    json!({ "summary": title, "start": at(24), "end": at(25) })
}

impl Connected {
    /// The renewals become due, and are stopped at the point; answers how many syncs were asked for until all is calm.
    async fn are_renewed(&self, due: Due, stopped: Option<(CrashPoint, End)>) -> u64 {
        let world = &self.world;
        if due == Due::WithOldKey {
            let root = &world.app.config.root_secret;
            world.aws.rotate_secret(root).unwrap();
        }
        let asked = self.asked_so_far().await;
        world.clock.advance(due.after()).unwrap();
        let title = format!("visit of {}", world.clock.now());
        let change = visit_tomorrow(&title, world.clock.now());
        self.calendar.insert(change).await.unwrap();
        match stopped.clone() {
            None => {}
            Some((point, End::Death)) => world.crash_next_renewals(point),
            Some((point, End::Sleep)) => world.stall_next_renewals(point),
        }
        let told = format!("{due:?}, {stopped:?}");
        self.settle().await;
        assert_eq!(world.unreached_point(), None, "{told}");
        // Others take its place before it wakes up, and after.
        self.quarter_goes_by().await;
        world.resume_stalled_runs().await.unwrap();
        self.settle().await;
        self.quarter_goes_by().await;
        self.is_subscribed_once(&told).await;
        assert!(self.shows_tomorrow(&title).await, "{told}");
        self.asked_so_far().await - asked
    }

    async fn quarter_goes_by(&self) {
        self.world.clock.advance(CHECK_EVERY).unwrap();
        self.settle().await;
    }

    /// At the provider and in the table, and it is the same.
    async fn is_subscribed_once(&self, told: &str) {
        let (live, own) = (self.live().await, self.subscriptions().await);
        assert_eq!(
            (live.len(), own.len()),
            (1, 1),
            "{told}: {live:#?} {own:#?}"
        );
        let SubscriptionState::Active { external_id, .. } = &own[0].state else {
            panic!("{told}: {own:#?}");
        };
        let known = match self.world.provider {
            Provider::Google => own[0].id.to_string(),
            Provider::Microsoft => external_id.clone(),
        };
        assert_eq!(live[0]["id"], known, "{told}");
    }

    async fn shows_tomorrow(&self, title: &str) -> bool {
        let now = self.world.clock.now();
        let (from, to) = (now, now + HOUR * 48);
        let member = Person::sign_in(&self.world, MIA).await.unwrap();
        let path = format!("/api/v1/schedule/entries?from={from}&to={to}");
        let entries = member.get(&path).await.unwrap().expect(200).unwrap().json();
        let mut entries = entries["items"].as_array().unwrap().iter();
        entries.any(|entry| entry["title"] == title)
    }
}

/// Requests that change nothing: who stops before one of them might as well stop before the next that does.
const READS: [&str; 4] = ["GetItem", "Query", "GetSecretValue", "subscriptions.list"];

/// The requests of the first tick behind its look at what is due, by number.
fn of_one_tick(watched: &[Traffic]) -> Vec<(u32, &Traffic)> {
    let shards = usize::try_from(Store::due_shards()).unwrap();
    let over = watched[0].at + MINUTE;
    let tick = watched.iter().take_while(|traffic| traffic.at < over);
    (1..).zip(tick).skip(shards).collect()
}

impl End {
    fn points(self, tick: &[(u32, &Traffic)]) -> Vec<CrashPoint> {
        let (last, _) = tick.last().unwrap();
        let mut points = Vec::new();
        for (nth, traffic) in tick {
            let (service, operation) = traffic.name.split_once('.').unwrap();
            if READS.contains(&operation) {
                continue;
            }
            points.push(CrashPoint::before(*nth));
            // Who dies with the answer dies before the next request; who sleeps has asked for it long ago.
            match self {
                Self::Sleep if ["google", "microsoft"].contains(&service) => {
                    points.push(CrashPoint::after(*nth));
                }
                Self::Sleep | Self::Death => {}
            }
        }
        points.push(CrashPoint::after(*last));
        points
    }
}

async fn play(mia: Connected, due: Due, end: End) {
    // The first time a token is younger than it ever is again.
    mia.are_renewed(due, None).await;
    mia.world.watch_renewals();
    let undisturbed = mia.are_renewed(due, None).await;
    let watched = mia.world.take_watched();
    let points = end.points(&of_one_tick(&watched));
    assert!(points.len() >= 5, "{watched:#?}");
    for point in points {
        let asked = mia.are_renewed(due, Some((point.clone(), end))).await;
        assert!(
            asked <= undisturbed + 1,
            "{due:?}, {end:?}, {point}: {asked} syncs"
        );
    }
}

#[tokio::test]
async fn renewals_that_die_at_any_request_leave_one_subscription_and_miss_no_change() {
    play(Connected::start().await, Due::Half, End::Death).await;
}

#[tokio::test]
async fn renewals_that_sleep_at_any_request_leave_one_subscription_and_miss_no_change() {
    play(Connected::start().await, Due::Half, End::Sleep).await;
}

#[tokio::test]
async fn renewals_that_die_over_an_ended_subscription_leave_one_and_miss_no_change() {
    play(Connected::start().await, Due::Ended, End::Death).await;
}

#[tokio::test]
async fn renewals_that_sleep_over_an_ended_subscription_leave_one_and_miss_no_change() {
    play(Connected::start().await, Due::Ended, End::Sleep).await;
}

/// Where nothing can be prolonged, an older key makes no difference.
#[tokio::test]
async fn renewals_that_die_while_they_replace_what_has_an_older_key_leave_one_subscription() {
    let mia = Connected::at(Provider::Microsoft).await;
    play(mia, Due::WithOldKey, End::Death).await;
}

#[tokio::test]
async fn renewals_that_sleep_while_they_replace_what_has_an_older_key_leave_one_subscription() {
    let mia = Connected::at(Provider::Microsoft).await;
    play(mia, Due::WithOldKey, End::Sleep).await;
}
