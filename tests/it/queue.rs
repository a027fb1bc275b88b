//! Messages of the sync queues: what cannot be carried out ends where an operator can see it.

use aws_sdk_sqs::Client;
use domain::{
    id::{ConnectionId, RunId},
    run::Trigger,
    sync::{
        demand::{AfterRefusal, Demand, Granted},
        pace::Pace,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::store::Findings;
use tests::{aws::Received, world::World};

use crate::support::{Connected, MIA, google_visit};

const QUEUE: &str = "kalends-local-sync-google";

fn client(world: &World) -> Client {
    let credentials = aws_credential_types::Credentials::new("local", "local", None, None, "test");
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(world.aws_base.as_str());
    Client::from_conf(config.build())
}

pub(crate) async fn send(world: &World, queue: &str, body: &str) {
    let url = world.aws.queue_url(&world.aws_base, queue);
    client(world)
        .send_message()
        .queue_url(url)
        .message_body(body)
        .send()
        .await
        .unwrap();
}

/// Why a message is dead.
pub(crate) fn reason_of(message: &Received) -> String {
    let message = serde_json::to_value(message).unwrap();
    let reason = &message["messageAttributes"]["reason"]["stringValue"];
    reason.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn messages_that_make_no_sense_end_in_the_dead_letters_and_block_nobody() {
    let mia = Connected::start().await;
    let tenant = mia.world.tenant_of(MIA).await.unwrap().id();
    let unknown = json!({ "tenant": tenant, "connection": "con_01HF7YAT00000000000000001A", "trigger": "notice" });
    let extra =
        json!({ "tenant": tenant, "connection": mia.connection, "trigger": "notice", "x": 1 });
    let bodies = [
        "not json".to_owned(),
        unknown.to_string(),
        extra.to_string(),
    ];
    for body in &bodies {
        send(&mia.world, QUEUE, body).await;
    }
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();

    mia.settle().await;

    mia.entry("boiler").await;
    assert_eq!(mia.world.aws.queue_depth(QUEUE).visible, 0);
    let dead = mia.world.aws.receive(&format!("{QUEUE}-dead"), 10);
    let mut reasons: Vec<String> = dead
        .iter()
        .map(|message| {
            assert!(bodies.contains(&message.body), "{message:?}");
            let reason = reason_of(message);
            reason.split(" at line").next().unwrap().to_owned()
        })
        .collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "unreadable: expected ident",
            "unreadable: unknown field `x`, expected one of `tenant`, `connection`, `trigger`",
        ]
    );
}

#[tokio::test]
async fn two_workers_at_once_do_the_work_once() {
    let mia = Connected::start().await;
    mia.fault(&json!({ "name": "notification_drop" })).await;
    mia.calendar
        .insert(google_visit("boiler", 3))
        .await
        .unwrap();
    let tenant = mia.world.tenant_of(MIA).await.unwrap().id();
    let message = json!({ "tenant": tenant, "connection": mia.connection, "trigger": "notice" });
    let store = mia.world.tenant_of(MIA).await.unwrap();
    store
        .ask(mia.connection.parse().unwrap(), Trigger::Notice, None)
        .await
        .unwrap();

    for _ in 0..4 {
        send(&mia.world, QUEUE, &message.to_string()).await;
    }
    mia.settle().await;

    assert_eq!(mia.entries().await.len(), 1);
    assert_eq!(mia.world.aws.queue_depth(QUEUE).visible, 0);
}

/// The stored row beside the rules that it carries out.
struct Both {
    mia: Connected,
    store: shared::store::TenantStore,
    id: ConnectionId,
    model: Demand,
}

const LEASE: SignedDuration = SignedDuration::from_secs(70);

impl Both {
    async fn start() -> Self {
        let mia = Connected::start().await;
        let store = mia.world.tenant_of(MIA).await.unwrap();
        let id = mia.connection.parse().unwrap();
        let model = mia
            .world
            .app
            .store
            .demand(id)
            .await
            .unwrap()
            .unwrap()
            .demand;
        Self {
            mia,
            store,
            id,
            model,
        }
    }

    fn now(&self) -> Timestamp {
        self.mia.world.clock.now()
    }

    async fn ask(&mut self) {
        self.store.ask(self.id, Trigger::Poll, None).await.unwrap();
        self.model.ask(None);
    }

    async fn take(&mut self) -> Result<Granted, AfterRefusal> {
        let run = RunId::from_parts(0, u128::from(self.model.fence));
        let taken = self
            .store
            .take_lease(self.id, self.now(), LEASE, run)
            .await
            .unwrap();
        let taken = taken.map(|(granted, _)| granted);
        assert_eq!(taken, self.model.take(self.now(), LEASE, run));
        taken
    }

    async fn finish(&mut self, granted: Granted) -> bool {
        let findings = Findings {
            look_at: self.now() + LEASE,
            missed: false,
            reconciled: false,
        };
        let ended = self
            .store
            .finish_lease(self.id, granted, self.now(), Pace::default(), findings)
            .await
            .unwrap();
        assert_eq!(ended.is_some(), self.model.finish(granted, self.now()));
        ended.is_some()
    }

    async fn give_back(&mut self, granted: Granted, not_before: Option<Timestamp>) {
        let ended = self
            .store
            .give_lease_back(self.id, granted, self.now(), Pace::default(), not_before)
            .await
            .unwrap();
        assert_eq!(
            ended.is_some(),
            self.model.give_back(granted, self.now(), not_before)
        );
    }

    async fn agree(&self) {
        let row = self
            .mia
            .world
            .app
            .store
            .demand(self.id)
            .await
            .unwrap()
            .unwrap()
            .demand;
        let told = |demand: &Demand| {
            let Demand {
                asked,
                covered,
                fence,
                failures,
                not_before,
                ..
            } = demand;
            (
                *asked,
                *covered,
                *fence,
                *failures,
                *not_before,
                demand.lease.clone(),
                demand.run,
            )
        };
        assert_eq!(told(&row), told(&self.model));
    }
}

#[tokio::test]
async fn the_stored_row_answers_as_the_rules_say() {
    let mut both = Both::start().await;
    assert_eq!(both.take().await, Err(AfterRefusal::Delete));

    for _ in 0..3 {
        both.ask().await;
        let granted = both.take().await.unwrap();
        assert!(both.take().await.is_err());
        both.ask().await;
        assert!(both.finish(granted).await);
        both.agree().await;
        let granted = both.take().await.unwrap();
        both.give_back(granted, Some(both.now() + LEASE)).await;
        both.agree().await;
        assert!(both.take().await.is_err(), "the provider asked to wait");
        both.mia
            .world
            .clock
            .advance(LEASE + SignedDuration::from_secs(1))
            .unwrap();
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_say_that_anything_is_covered() {
    let mut both = Both::start().await;
    both.ask().await;
    let slow = both.take().await.unwrap();

    both.mia
        .world
        .clock
        .advance(LEASE + SignedDuration::from_secs(1))
        .unwrap();
    let fast = both.take().await.unwrap();

    assert!(!both.finish(slow).await);
    both.agree().await;
    assert!(both.finish(fast).await);
    both.agree().await;
}
