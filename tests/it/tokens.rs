//! Access is asked for anew while workers die, sleep and meet: no credential is ever lost.

use domain::connection::Provider;
use jiff::SignedDuration;
use serde_json::json;
use tests::{
    calendar_user::calendar_user,
    person::Person,
    world::{CrashPoint, Traffic},
};

use crate::support::{Connected, MIA, google_visit, visit};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Access is granted for an hour.
const LATER: SignedDuration = SignedDuration::from_mins(65);
/// Longer than any lease, and than a message is hidden from other workers.
const ASLEEP: SignedDuration = SignedDuration::from_mins(10);

impl Connected {
    /// The access has expired, and something is to be read.
    async fn is_called_later(&self, title: &str) {
        self.world.clock.advance(LATER).unwrap();
        let calendar = calendar_user(&self.world, MIA).unwrap();
        calendar.insert(google_visit(title, 4)).await.unwrap();
        self.settle().await;
    }

    async fn assert_reads(&self, title: &str, when: &str) {
        let mia = Person::sign_in(&self.world, MIA).await.unwrap();
        let path = format!("/api/v1/connections/{}", self.connection);
        let connection = mia.get(&path).await.unwrap().expect(200).unwrap().json();
        assert_eq!(connection["needs_reauth"], false, "{when}: {connection:#}");
        let titles = self.titles_now().await;
        assert!(titles.iter().any(|found| found == title), "{when}");
    }

    /// Each request from the begin of a run to the first one for which it needs access.
    async fn points_of_a_refresh(&self) -> Vec<CrashPoint> {
        self.world.watch_worker();
        self.is_called_later("undisturbed").await;
        let watched = self.world.take_watched();
        self.assert_reads("undisturbed", "undisturbed").await;
        let asks = |traffic: &Traffic| traffic.name.ends_with("oauth.token");
        let reads = |traffic: &Traffic| {
            traffic.name.starts_with(self.world.provider.name()) && !asks(traffic)
        };
        let first = watched.iter().position(reads).unwrap();
        assert!(watched[..first].iter().any(asks), "{watched:#?}");
        let points = 1..=u32::try_from(first).unwrap() + 1;
        points.map(CrashPoint::before).collect()
    }
}

#[tokio::test]
async fn a_worker_that_dies_while_it_asks_for_access_loses_no_credential() {
    let mia = Connected::start().await;
    for point in mia.points_of_a_refresh().await {
        let title = format!("dies {point}");
        mia.world.crash_next_run(point.clone());
        mia.is_called_later(&title).await;
        mia.world.advance(ASLEEP).await.unwrap();

        assert_eq!(mia.world.unreached_point(), None, "{point}");
        mia.assert_reads(&title, &point.to_string()).await;
    }
}

#[tokio::test]
async fn a_worker_that_sleeps_while_another_asks_for_access_breaks_nothing() {
    let mia = Connected::start().await;
    for point in mia.points_of_a_refresh().await {
        let title = format!("sleeps {point}");
        mia.world.stall_next_run(point.clone());
        mia.is_called_later(&title).await;
        mia.world.advance(ASLEEP).await.unwrap();
        mia.assert_reads(&title, &point.to_string()).await;

        mia.world.resume_stalled_runs().await.unwrap();
        mia.settle().await;
        let late = format!("{title}, late");
        mia.is_called_later(&late).await;
        mia.assert_reads(&late, &point.to_string()).await;
    }
}

/// Both sides go on for weeks without each other.
#[tokio::test]
async fn a_grant_that_is_given_again_after_weeks_is_the_same_connection_and_catches_up() {
    let mia = Connected::start().await;
    let mut theirs = Vec::new();
    for (title, day) in [
        ("renamed there", 2),
        ("deleted there", 3),
        ("renamed here", 4),
    ] {
        let event = mia.calendar.insert(google_visit(title, day)).await.unwrap();
        theirs.push(event["id"].as_str().unwrap().to_owned());
    }
    let copied = mia.create_entry(&visit("deleted here", 5)).await;
    mia.settle().await;
    mia.fault(&json!({ "name": "token_revoked", "scope": MIA, "count": 1 }))
        .await;
    mia.sync_now().await;

    mia.later(SignedDuration::from_hours(24 * 20)).await;
    let connection = mia.connection.clone();
    let mia = mia.signed_in_again(MIA).await;
    assert_eq!(mia.api("").await["needs_reauth"], true);
    assert_eq!(mia.entries().await.len(), 4, "nothing is deleted meanwhile");
    let changed = json!({ "summary": "renamed there, meanwhile" });
    mia.calendar.patch(&theirs[0], changed).await.unwrap();
    mia.calendar.delete(&theirs[1]).await.unwrap();
    mia.calendar
        .insert(google_visit("new there", 6))
        .await
        .unwrap();
    let renamed = mia.entry("renamed here").await;
    let title = json!({ "title": "renamed here, meanwhile" });
    mia.patch_entry(renamed["id"].as_str().unwrap(), &title)
        .await
        .expect(200)
        .unwrap();
    mia.delete_entry(copied["id"].as_str().unwrap())
        .await
        .unwrap();
    mia.create_entry(&visit("new here", 7)).await;
    mia.settle().await;
    let told = |name: &str| {
        let events = mia.world.aws.events_put();
        events
            .iter()
            .filter(|event| event.detail_type == name)
            .count()
    };
    assert_eq!(told("CALENDAR_CONNECTION_NEEDS_REAUTH"), 1);

    let again = mia.person.connect(mia.world.provider).await.unwrap();
    assert_eq!(again, connection, "links and cursors are still its own");
    mia.settle().await;

    let expected = [
        "new here",
        "new there",
        "renamed here, meanwhile",
        "renamed there, meanwhile",
    ];
    assert_eq!(mia.titles_here().await, expected);
    assert_eq!(mia.titles_there().await, expected);
    mia.calendar
        .insert(google_visit("told of at once", 8))
        .await
        .unwrap();
    mia.settle().await;
    mia.entry("told of at once").await;
    assert_eq!(told("CALENDAR_CONNECTION_NEEDS_REAUTH"), 1);
}

#[tokio::test]
async fn a_new_refresh_token_is_written_to_the_vault_once_a_week() {
    let mia = Connected::at(Provider::Microsoft).await;
    let written = || {
        let counters = mia.world.aws.counters();
        let puts = counters.operations.get("secretsmanager.PutSecretValue");
        puts.copied().unwrap_or_default()
    };
    let before = written();
    let asked = mia.calls("oauth.token").await;
    for title in ["one", "two", "three"] {
        mia.is_called_later(title).await;
        mia.assert_reads(title, "within the week").await;
    }
    assert_eq!(mia.calls("oauth.token").await, asked + 3);
    assert_eq!(written(), before, "the first one still counts");

    mia.world.clock.advance(WEEK).unwrap();
    mia.world
        .advance(SignedDuration::from_mins(2))
        .await
        .unwrap();
    assert_eq!(written(), before + 1);
    mia.is_called_later("later").await;
    mia.assert_reads("later", "a week later").await;
    assert_eq!(written(), before + 1);
}
