//! The Google simulator by itself: `google-sim [--port 8788] [--account a@x.test]…`.

use std::io::{Write as _, stdout};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tests::clock::WorldClock;
use tests::sim::google::{GoogleSim, GoogleSimOptions};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const DELIVERY_TICK: Duration = Duration::from_millis(20);

struct Arguments {
    port: u16,
    accounts: Vec<String>,
    redirect_uris: Vec<String>,
    storage: Option<std::path::PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments = read_arguments(std::env::args().skip(1))?;
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .with_context(|| format!("could not listen on port {}", arguments.port))?;
    let base = format!("http://{}", listener.local_addr()?);
    let sim = GoogleSim::open(GoogleSimOptions {
        clock: WorldClock::system(),
        public_base: base.parse()?,
        client_id: "kalends-local.apps.googleusercontent.test".to_owned(),
        client_secret: "local-client-secret".to_owned(),
        redirect_uris: arguments.redirect_uris,
        storage: arguments.storage,
    })?;
    for account in &arguments.accounts {
        sim.add_account(account, "Europe/Berlin");
    }
    writeln!(stdout(), "ready {base} {}", arguments.accounts.join(" "))?;
    stdout().flush()?;

    let server = axum::serve(listener, sim.router());
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = async { server.await } => ended?,
        () = deliver_notices(&sim) => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    sim.save()
}

async fn deliver_notices(sim: &GoogleSim) {
    loop {
        sim.deliver_due().await;
        tokio::time::sleep(DELIVERY_TICK).await;
    }
}

fn read_arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<Arguments> {
    let mut arguments = Arguments {
        port: 8788,
        accounts: Vec::new(),
        redirect_uris: Vec::new(),
        storage: None,
    };
    while let Some(name) = given.next() {
        let mut value = || {
            given
                .next()
                .with_context(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--port" => arguments.port = value()?.parse().context("--port needs a number")?,
            "--account" => arguments.accounts.push(value()?),
            "--redirect-uri" => arguments.redirect_uris.push(value()?),
            "--storage" => arguments.storage = Some(value()?.into()),
            _ => bail!("unknown argument {name}; known: --port --account --redirect-uri --storage"),
        }
    }
    if arguments.accounts.is_empty() {
        arguments.accounts.push("ada@northwind.test".to_owned());
    }
    if arguments.redirect_uris.is_empty() {
        let product = "http://127.0.0.1:8787/oauth/google/callback";
        arguments.redirect_uris.push(product.to_owned());
    }
    Ok(arguments)
}
