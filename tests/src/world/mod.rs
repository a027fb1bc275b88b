//! The whole product in one process: the real function libraries behind real HTTP, the AWS stand-ins and the provider
//! simulators beside them, one clock for all. Tests and the local run are the same world.

mod address;
mod control;
mod crash;
mod doors;
mod environments;
mod http;
mod measured;
mod page;
mod pump;
mod seed;
mod simulated;
mod wire;
mod worker;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use anyhow::Context as _;
use domain::connection::Provider;
use domain::member::EmailAddress;
use jiff::SignedDuration;
use shared::{app::App, clock::Clock, config::Config, store::TenantStore, verified::MemberOf};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

pub use crash::{CrashPoint, Traffic, UnknownPoint};
pub use doors::Doors;
pub use http::functions;
pub use pump::Settled;
pub use seed::{DEMO_MEMBERS, DEMO_PASSWORD};
pub(crate) use seed::{ZONE, demo_password_hash, joined};
pub use wire::{Exchange, Heard, Port};
pub use worker::Crashes;

use environments::Environments;

use crate::{
    aws::{AwsStandIns, Template},
    calendar_user::ONLY_AT_GOOGLE,
    clock::WorldClock,
    demo::Activity,
    sim::{google::GoogleSim, microsoft::MicrosoftSim},
};

const CLIENT_ID: &str = "kalends-local.apps.googleusercontent.test";
const CLIENT_SECRET: &str = "local-client-secret";
const MICROSOFT_CLIENT_ID: &str = "6b61656c-656e-4473-a6c6-6f63616c0000";

pub struct WorldOptions {
    pub clock: WorldClock,
    /// Where everything is kept; nothing is, without it.
    pub directory: Option<PathBuf>,
    /// The provider that stories are told of.
    pub provider: Provider,
    /// The product's port; the simulators and the stand-ins follow it. Any free ports, without it.
    pub port: Option<u16>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct World(Arc<Inner>);

pub struct Inner {
    pub clock: WorldClock,
    pub app: App,
    pub aws: AwsStandIns,
    /// The provider that stories are told of, unless they name one.
    pub provider: Provider,
    pub google: GoogleSim,
    pub microsoft: MicrosoftSim,
    pub product_base: Url,
    pub google_base: Url,
    pub microsoft_base: Url,
    pub aws_base: Url,
    /// What people's browsers and programs speak through; it keeps no cookies and follows nothing.
    pub people_http: reqwest::Client,
    functions: Vec<crate::aws::Function>,
    /// By handler name, where each has only what the template gives to it.
    own_apps: Mutex<BTreeMap<String, App>>,
    /// The HTTP functions as they are deployed now.
    site: Mutex<axum::Router>,
    worker: worker::Worker,
    measured: measured::Measured,
    wire: wire::Wire,
    invocations: Mutex<BTreeMap<String, u64>>,
    pump: tokio::sync::Mutex<pump::Progress>,
    /// Whoever of the demo is busy. It stands still while somebody waits for rest.
    activity: tokio::sync::Mutex<Option<Activity>>,
    servers: Mutex<Vec<JoinHandle<()>>>,
}

/// Held by the world's own servers, which must not keep it alive.
#[derive(Clone)]
struct WeakWorld(Weak<Inner>);

impl WeakWorld {
    fn upgrade(&self) -> Option<World> {
        self.0.upgrade().map(World)
    }
}

impl World {
    fn downgrade(&self) -> WeakWorld {
        WeakWorld(Arc::downgrade(&self.0))
    }
}

impl std::ops::Deref for World {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Clock for WorldClock {
    fn now(&self) -> jiff::Timestamp {
        Self::now(self)
    }
}

impl World {
    /// A world for a test: nothing on disk, any ports, a clock that stands still, and the demo's tenants.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(provider_under_test()?).await
    }

    pub async fn start_with(provider: Provider) -> anyhow::Result<Self> {
        let clock = WorldClock::virtual_at("2027-03-01T08:00:00Z".parse()?);
        Self::open(WorldOptions {
            clock,
            directory: None,
            provider,
            port: None,
        })
        .await
    }

    pub async fn open(options: WorldOptions) -> anyhow::Result<Self> {
        Self::open_as(options, Environments::Joined).await
    }

    async fn open_as(options: WorldOptions, environments: Environments) -> anyhow::Result<Self> {
        let ports = |offset| options.port.map_or(0, |port| port + offset);
        let (product, product_base) = address::bind(ports(0)).await?;
        let (google, google_base) = address::bind(ports(1)).await?;
        let (microsoft, microsoft_base) = address::bind(ports(2)).await?;
        let (aws, aws_base) = address::bind(ports(3)).await?;
        let (google_gate, google_gate_base) = address::bind(0).await?;
        let (microsoft_gate, microsoft_gate_base) = address::bind(0).await?;
        let (aws_gate, aws_gate_base) = address::bind(0).await?;
        let directory = options.directory.as_deref();
        let stand_ins = AwsStandIns::open(options.clock.clone(), directory).await?;
        let parameters = address::parameters(&product_base, &google_base, &microsoft_base);
        let template = Template::load(&parameters, aws_base.as_str().trim_end_matches('/'))?;
        stand_ins.create_table_from_template(&template).await?;
        stand_ins.create_queues_from_template(&template)?;
        stand_ins.create_secrets_from_template(&template)?;
        let functions = template.functions()?;
        let config = Config::read(address::environment(&functions, &aws_base))?;
        let parameters =
            address::parameters(&product_base, &google_gate_base, &microsoft_gate_base);
        let gated = Template::load(&parameters, aws_base.as_str().trim_end_matches('/'))?;
        let gated = environments.of_gated(&gated.functions()?, &aws_gate_base)?;
        let google_simulator = simulated::google(&options, &google_base, &config)?;
        let microsoft_simulator = simulated::microsoft(&options, &microsoft_base, &product_base)?;
        let measured = Arc::new(Mutex::new(BTreeMap::new()));
        let wire = wire::Wire::default();
        let metrics = measured::collected(&measured, &wire);
        let app = App::new(config, Arc::new(options.clock.clone()), metrics.clone())?;
        let clock: Arc<dyn Clock> = Arc::new(options.clock.clone());
        let own_apps = environments.own_apps(&functions, &aws_base, &clock, &metrics)?;
        let worker = worker::Worker::start(gated, &options.clock, &metrics)?;
        let progress = pump::Progress::load(directory, options.clock.now())?;
        let world = Self(Arc::new(Inner {
            clock: options.clock,
            app,
            aws: stand_ins,
            provider: options.provider,
            google: google_simulator,
            microsoft: microsoft_simulator,
            product_base,
            google_base,
            microsoft_base,
            aws_base,
            people_http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            functions,
            own_apps: Mutex::new(own_apps),
            site: Mutex::default(),
            worker,
            measured,
            wire,
            invocations: Mutex::default(),
            pump: tokio::sync::Mutex::new(progress),
            activity: tokio::sync::Mutex::default(),
            servers: Mutex::default(),
        }));
        world.serve_services([
            (aws, aws_gate),
            (google, google_gate),
            (microsoft, microsoft_gate),
        ]);
        world.serve_anew();
        let site = http::router(&world);
        world.serve(product, world.wire.tap(Port::Product, site));
        seed::seed(&world).await.context("seed the demo tenants")?;
        Ok(world)
    }

    /// Where the provider of the stories answers.
    pub fn provider_base(&self) -> &Url {
        match self.provider {
            Provider::Google => &self.google_base,
            Provider::Microsoft => &self.microsoft_base,
        }
    }

    /// How often the provider of the stories was called; a batch is one call.
    pub fn provider_calls(&self) -> u64 {
        match self.provider {
            Provider::Google => self.google.calls(),
            Provider::Microsoft => self.microsoft.calls(),
        }
    }

    /// Where its request log ends now.
    pub fn last_request(&self) -> u64 {
        match self.provider {
            Provider::Google => self.google.last_request(),
            Provider::Microsoft => self.microsoft.last_request(),
        }
    }

    /// AWS and the providers, each at a port for all and at one behind the gate.
    fn serve_services(&self, [aws, google, microsoft]: [(TcpListener, TcpListener); 3]) {
        for (port, router, (open, gated)) in [
            (Port::Aws, self.aws.router(), aws),
            (Port::Google, self.google.router(), google),
            (Port::Microsoft, self.microsoft.router(), microsoft),
        ] {
            let router = self.wire.tap(port, router);
            self.serve(gated, self.worker.gate.before(router.clone()));
            self.serve(open, router);
        }
    }

    fn serve(&self, listener: TcpListener, router: axum::Router) {
        let server = tokio::spawn(async move {
            // Ends only with the process or with the world.
            let _ = axum::serve(
                listener,
                router.into_make_service_with_connect_info::<SocketAddr>(),
            )
            .await;
        });
        self.servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(server);
    }

    /// Keeps everything moving on the system clock until it is dropped.
    pub async fn run(&self) -> anyhow::Result<()> {
        let mut unsaved = 0u32;
        loop {
            let worked = self.step().await? > 0;
            unsaved += 1;
            if unsaved >= 50 {
                self.save().await?;
                unsaved = 0;
            }
            if !worked {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Moves a virtual clock and fires what becomes due on the way, minute by minute.
    pub async fn advance(&self, by: SignedDuration) -> anyhow::Result<()> {
        let end = self.clock.now() + by;
        loop {
            let left = end.duration_since(self.clock.now());
            if !left.is_positive() {
                return Ok(());
            }
            self.clock.advance(left.min(SignedDuration::from_mins(1)))?;
            self.settle().await?;
        }
    }

    pub async fn save(&self) -> anyhow::Result<()> {
        self.aws.save()?;
        if self.google.is_dirty() {
            self.google.save()?;
        }
        if self.microsoft.is_dirty() {
            self.microsoft.save()?;
        }
        self.pump.lock().await.save()
    }

    /// The tenant of a member, as if they had just signed in.
    pub async fn tenant_of(&self, email: &str) -> anyhow::Result<TenantStore> {
        let login = self
            .app
            .store
            .find_login(&EmailAddress::parse(email)?)
            .await?;
        let login = login.with_context(|| format!("{email} is no member"))?;
        Ok(self.app.store.tenant(&MemberOf::after_password(&login)))
    }

    /// Every item of the table, every message and every event of the bus, as text to search in.
    pub async fn everything_stored(&self) -> anyhow::Result<String> {
        let table = self.aws.dump_table(&self.app.config.table).await?;
        Ok(format!("{table}\n{:?}", self.aws.events_put()))
    }

    fn count(&self, function: &str) {
        let mut invocations = self
            .invocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *invocations.entry(function.to_owned()).or_default() += 1;
    }

    /// How often each function was invoked since the start.
    pub fn invocations(&self) -> BTreeMap<String, u64> {
        self.invocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Every story is told of Google, and of another provider where `STORIES_PROVIDER` names it, if it can be.
pub fn provider_under_test() -> anyhow::Result<Provider> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test run, not of the product"
    )]
    match std::env::var("STORIES_PROVIDER") {
        Ok(name) if !is_only_at_google() => Ok(name.parse()?),
        Ok(_) | Err(_) => Ok(Provider::Google),
    }
}

/// Stories are played with a secret for each connection, and with bundles where `STORIES_VAULT` says so.
fn vault_under_test() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test run, not of the product"
    )]
    std::env::var("STORIES_VAULT").unwrap_or_else(|_| "connection".to_owned())
}

/// A test's thread has its name.
fn is_only_at_google() -> bool {
    let thread = std::thread::current();
    let story = thread.name().unwrap_or_default();
    ONLY_AT_GOOGLE.iter().any(|(only, _)| *only == story)
}

impl Drop for Inner {
    fn drop(&mut self) {
        for server in self
            .servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            server.abort();
        }
    }
}
