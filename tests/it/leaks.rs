//! A journey on which everything happens, and every byte that leaves the product on it: no secret is among them, but
//! where it is at home.

mod journey;
mod search;
mod secrets;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use domain::connection::Provider;
use tests::world::{Heard, World};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt as _,
};

use search::Search;
use secrets::{Kind, Place, Secrets, said};

/// Whose words are looked at to the last; of others as much as is logged where it is deployed.
const OWN: [&str; 20] = [
    "assets",
    "conflicts",
    "connections",
    "deliveries",
    "domain",
    "due_sweep",
    "identity",
    "oauth_callback",
    "oauth_start",
    "outbox_relay",
    "schedule",
    "shared",
    "sign_in",
    "subscriptions_renew",
    "sync_worker",
    "tenant_purge",
    "ui",
    "webhooks_google",
    "webhooks_microsoft",
    "webhooks_pubsub",
];

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let own = OWN.map(|name| (name, LevelFilter::TRACE));
        let filter = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("tests", LevelFilter::OFF)
            .with_targets(own);
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .with_writer(self.clone());
        let subscriber = tracing_subscriber::registry().with(filter).with(lines);
        tracing::subscriber::set_default(subscriber)
    }
}

/// All that was heard of one journey.
struct Records {
    secrets: Secrets,
    said: Vec<(Place, Vec<u8>)>,
}

impl Records {
    fn of(world: &World, log: &Log, mut secrets: Secrets) -> Self {
        let mut records = Vec::new();
        for heard in world.take_heard() {
            match heard {
                Heard::Measured(line) => records.push((Place::Metric, line.into_bytes())),
                Heard::Exchange(exchange) => {
                    secrets.gather(&exchange);
                    records.extend(said(&exchange));
                }
            }
        }
        let log = log.0.lock().unwrap();
        let lines = log.split(|byte| *byte == b'\n');
        records.extend(lines.map(|line| (Place::Log, line.to_vec())));
        Self {
            secrets,
            said: records,
        }
    }

    /// What the journey did not lead to: then it would not be a leak that is found, but one that was not looked for.
    fn missing(&self) -> Vec<String> {
        // No provider is asked for an identity token; should one come, it is looked for.
        let kinds = [
            (Kind::AccessToken, 4),
            (Kind::RefreshToken, 3),
            (Kind::Code, 5),
            (Kind::Verifier, 3),
            (Kind::ClientSecret, 1),
            (Kind::Key, 10),
            (Kind::Password, 4),
            (Kind::PasswordHash, 2),
            (Kind::SessionCookie, 5),
            (Kind::RefreshCookie, 5),
            (Kind::ChannelToken, 3),
            (Kind::ApiKey, 1),
            (Kind::Invite, 1),
            (Kind::WebhookSecret, 1),
        ];
        let few = kinds
            .iter()
            .filter(|(kind, least)| self.secrets.count(*kind) < *least);
        let mut missing: Vec<String> = few.map(|(kind, _)| format!("{kind:?}")).collect();
        let places: BTreeSet<&Place> = self.said.iter().map(|(place, _)| place).collect();
        // Made by condition, or by the story itself.
        let kinds = shared::store::FATES.iter().map(|(kind, _)| *kind);
        let written = kinds.filter(|kind| *kind != "shown");
        let tables = written.map(|kind| Place::Table(kind.to_owned()));
        let paths = ["/connections", "/conflicts", "/schedule", "/organization"];
        let answers = paths.map(|path| Place::Answer(path.to_owned()));
        let others = [
            Place::Log,
            Place::Metric,
            Place::Queue,
            Place::Bus,
            Place::Vault,
        ];
        let all = tables.chain(answers).chain(others);
        missing.extend(
            all.filter(|place| !places.contains(place))
                .map(|place| format!("{place:?}")),
        );
        missing
    }

    /// Every leak once, with the longest part that was seen.
    fn leaks(self) -> BTreeMap<(Kind, Place), String> {
        let search = Search::new(self.secrets.into_named());
        let mut leaks: BTreeMap<(Kind, Place), String> = BTreeMap::new();
        for (place, text) in &self.said {
            for (kind, part) in search.find(text) {
                if !kind.is_at_home(place) {
                    leaks.insert((kind, place.clone()), part);
                }
            }
        }
        leaks
    }
}

async fn nothing_leaks(provider: Provider) {
    let log = Log::default();
    let _guard = log.begin();
    let world = World::start_with(provider).await.unwrap();
    world.listen_in();

    let secrets = Box::pin(journey::everything(&world)).await;

    let records = Records::of(&world, &log, secrets);
    assert_eq!(records.missing(), Vec::<String>::new());
    let leaks = records.leaks();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[tokio::test]
async fn no_secret_leaves_on_a_journey_with_google() {
    nothing_leaks(Provider::Google).await;
}

#[tokio::test]
async fn no_secret_leaves_on_a_journey_with_microsoft() {
    nothing_leaks(Provider::Microsoft).await;
}
