//! The local run: the whole product, its provider simulators and the AWS stand-ins on one machine.
//!
//! `local [--fresh] [--data DIR] [--port N] [--virtual-clock] [--demo]`

use std::{
    io::{Write as _, stdout},
    path::PathBuf,
};

use anyhow::{Context as _, bail};
use tests::{
    clock::WorldClock,
    demo,
    world::{DEMO_MEMBERS, DEMO_PASSWORD, World, WorldOptions},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{
    filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

struct Arguments {
    fresh: bool,
    directory: PathBuf,
    port: u16,
    virtual_clock: bool,
    demo: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter: Targets = shared::config::log_filter()
        .unwrap_or_else(|| "warn,shared=info,sync_worker=info".into())
        .parse()
        .context("RUST_LOG")?;
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .init();
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if arguments.fresh && arguments.directory.exists() {
        std::fs::remove_dir_all(&arguments.directory)
            .with_context(|| format!("empty {}", arguments.directory.display()))?;
    }
    std::fs::create_dir_all(&arguments.directory)?;
    let world = Box::pin(open(&arguments)).await?;
    announce(&world, demo::is_in(&world).await?)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = world.run() => ended?,
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    world.save().await
}

/// The world as it was left, or a new one; a demo's begins a day ago, and comes to now before anybody sees it.
async fn open(arguments: &Arguments) -> anyhow::Result<World> {
    let now = WorldClock::system().now();
    let is_new = arguments.demo && demo::begins_in(&arguments.directory)?;
    let clock = match (is_new, arguments.virtual_clock) {
        (true, _) => WorldClock::virtual_at(now - demo::LASTS),
        (false, true) => WorldClock::virtual_at(now),
        (false, false) => WorldClock::system(),
    };
    let world = World::open(WorldOptions {
        provider: domain::connection::Provider::Google,
        clock,
        directory: Some(arguments.directory.clone()),
        port: Some(arguments.port),
    })
    .await?;
    if is_new {
        let lived = demo::live(&world, now).await;
        lived.context("live the demo's day")?;
        if !arguments.virtual_clock {
            world.clock.join_system()?;
        }
        world.save().await?;
        demo::ended_in(&arguments.directory)?;
    }
    Ok(world)
}

/// Scripts wait for this line; people read it.
fn announce(world: &World, with_demo: bool) -> anyhow::Result<()> {
    let mut out = stdout();
    let empty = DEMO_MEMBERS.iter().map(|(_, _, address, _)| *address);
    let lived = demo::MEMBERS.iter().map(|(_, address, _)| *address);
    let logins: Vec<&str> = empty.chain(lived.filter(|_| with_demo)).collect();
    writeln!(
        out,
        "ready product={} google={} microsoft={} aws={} password={DEMO_PASSWORD} logins={}",
        world.product_base,
        world.provider_base(),
        world.microsoft_base,
        world.aws_base,
        logins.join(",")
    )?;
    Ok(out.flush()?)
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut arguments = Self {
            fresh: false,
            directory: ".kalends".into(),
            port: 8787,
            virtual_clock: false,
            demo: false,
        };
        while let Some(name) = given.next() {
            let mut value = || {
                given
                    .next()
                    .with_context(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--fresh" => arguments.fresh = true,
                "--data" => arguments.directory = value()?.into(),
                "--port" => arguments.port = value()?.parse().context("--port needs a number")?,
                "--virtual-clock" => arguments.virtual_clock = true,
                "--demo" => arguments.demo = true,
                other => bail!(
                    "unknown argument {other:?}: expected --fresh, --data DIR, --port N, --virtual-clock or --demo"
                ),
            }
        }
        Ok(arguments)
    }
}
