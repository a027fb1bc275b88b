//! An AWS account behind the real SDK clients.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_eventbridge as eventbridge;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_sqs::{self as sqs, types::QueueAttributeName};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use jiff::{SignedDuration, Timestamp};
use tests::{
    aws::{AwsStandIns, QueueSpec},
    clock::WorldClock,
};
use tokio::task::JoinHandle;

use super::ministack::Ministack;

pub(super) const VISIBILITY_S: u32 = 60;

pub(super) struct Account {
    pub(super) dynamodb: dynamodb::Client,
    pub(super) sqs: sqs::Client,
    pub(super) secrets: secretsmanager::Client,
    pub(super) events: eventbridge::Client,
    pub(super) endpoint: String,
    behind: Behind,
}

enum Behind {
    StandIns {
        stand_ins: AwsStandIns,
        clock: WorldClock,
        server: JoinHandle<()>,
    },
    Ministack(#[expect(dead_code, reason = "keeps the process running")] Arc<Ministack>),
}

/// Where `ministack` is known to differ from what AWS documents.
pub(super) struct Deviation {
    pub(super) name: &'static str,
    pub(super) documented: &'static str,
}

/// `ministack` keeps a separate account per access key.
static NEXT_ACCOUNT: AtomicU32 = AtomicU32::new(1);

impl Account {
    pub(super) async fn of_stand_ins() -> Self {
        let clock = WorldClock::virtual_at("2026-03-02T09:00:00Z".parse().expect("a time"));
        let stand_ins = AwsStandIns::open(clock.clone(), None)
            .await
            .expect("stand-ins in memory");
        Self::serving(stand_ins, clock).await
    }

    pub(super) async fn serving(stand_ins: AwsStandIns, clock: WorldClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let router = stand_ins.router();
        let server = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("the endpoint serves");
        });
        Self::at(
            &endpoint,
            Behind::StandIns {
                stand_ins,
                clock,
                server,
            },
        )
    }

    pub(super) async fn of_ministack() -> Self {
        let ministack = tokio::task::spawn_blocking(Ministack::shared)
            .await
            .expect("ministack starts");
        Self::at(
            &ministack.endpoint(),
            Behind::Ministack(Arc::clone(&ministack)),
        )
    }

    fn at(endpoint: &str, behind: Behind) -> Self {
        let account = format!("{:012}", NEXT_ACCOUNT.fetch_add(1, Ordering::Relaxed));
        let credentials = Credentials::new(account, "secret", None, None, "contract");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Builder::new().build_http())
            .build();
        Self {
            dynamodb: dynamodb::Client::new(&config),
            sqs: sqs::Client::new(&config),
            secrets: secretsmanager::Client::new(&config),
            events: eventbridge::Client::new(&config),
            endpoint: endpoint.to_owned(),
            behind,
        }
    }

    pub(super) fn stand_ins(&self) -> Option<&AwsStandIns> {
        match &self.behind {
            Behind::StandIns { stand_ins, .. } => Some(stand_ins),
            Behind::Ministack(_) => None,
        }
    }

    /// Lets time pass where that needs no waiting; a sentence goes on from here only if it did.
    pub(super) fn pass(&self, seconds: i64) -> Option<Timestamp> {
        match &self.behind {
            Behind::StandIns { clock, .. } => {
                clock.advance(SignedDuration::from_secs(seconds)).ok()
            }
            Behind::Ministack(_) => None,
        }
    }

    /// Asserts what AWS documents; where the emulator is known to differ, that it still does.
    pub(super) fn holds(&self, as_documented: bool, known: &Deviation) {
        let Deviation { name, documented } = known;
        match &self.behind {
            Behind::StandIns { .. } => {
                assert!(as_documented, "not as documented in {documented}: {name}");
            }
            Behind::Ministack(_) => assert!(
                !as_documented,
                "ministack now does as {documented} says: remove the deviation \"{name}\""
            ),
        }
    }

    /// A queue with 60 seconds of visibility, and its dead-letter queue when a limit is given.
    pub(super) async fn queue(&self, name: &str, dead_after: Option<u32>) -> String {
        let dead = format!("{name}-dead");
        if let Some(stand_ins) = self.stand_ins() {
            let spec = |dead_letter| QueueSpec {
                visibility_timeout_s: VISIBILITY_S,
                dead_letter,
                retention_s: 345_600,
            };
            stand_ins.create_queue(&dead, spec(None));
            stand_ins.create_queue(name, spec(dead_after.map(|limit| (dead, limit))));
            return self.queue_url(name).await;
        }
        let create = |name: &str| {
            self.sqs.create_queue().queue_name(name).attributes(
                QueueAttributeName::VisibilityTimeout,
                VISIBILITY_S.to_string(),
            )
        };
        create(&dead).send().await.expect("a queue");
        let mut main = create(name);
        if let Some(limit) = dead_after {
            let arn = self
                .attribute(&self.queue_url(&dead).await, QueueAttributeName::QueueArn)
                .await;
            let policy =
                serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": limit });
            main = main.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
        }
        main.send().await.expect("a queue");
        self.queue_url(name).await
    }

    pub(super) async fn queue_url(&self, name: &str) -> String {
        let answer = self.sqs.get_queue_url().queue_name(name).send().await;
        answer
            .expect("the queue exists")
            .queue_url
            .expect("it has an address")
    }

    pub(super) async fn attribute(&self, queue_url: &str, name: QueueAttributeName) -> String {
        let answer = self
            .sqs
            .get_queue_attributes()
            .queue_url(queue_url)
            .attribute_names(name.clone())
            .send()
            .await
            .expect("attributes");
        answer.attributes.expect("some")[&name].clone()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Behind::StandIns { server, .. } = &self.behind {
            server.abort();
        }
    }
}
