//! Access is asked for anew while workers die, sleep and meet: no credential is ever lost.

use jiff::SignedDuration;
use tests::{
    calendar_user::calendar_user,
    person::Person,
    world::{CrashPoint, Traffic},
};

use crate::support::{Connected, MIA, google_visit};

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
