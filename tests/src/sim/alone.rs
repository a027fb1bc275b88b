//! A simulator by itself, as a program: what it is started with, and how it runs until it is stopped.

use std::future::Future;
use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

const DELIVERY_TICK: Duration = Duration::from_millis(20);

/// `[--port N] [--account a@x.test]… [--redirect-uri URI]… [--storage FILE]`
pub struct Arguments {
    pub accounts: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub storage: Option<PathBuf>,
    port: u16,
}

impl Arguments {
    /// Reads the program's own arguments; `port` and `redirect_uri` are what stands where they say nothing.
    pub fn read(port: u16, redirect_uri: &str) -> anyhow::Result<Self> {
        let mut arguments = Self {
            accounts: Vec::new(),
            redirect_uris: Vec::new(),
            storage: None,
            port,
        };
        let mut given = std::env::args().skip(1);
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
                _ => bail!(
                    "unknown argument {name}; known: --port --account --redirect-uri --storage"
                ),
            }
        }
        if arguments.accounts.is_empty() {
            arguments.accounts.push("ada@northwind.test".to_owned());
        }
        if arguments.redirect_uris.is_empty() {
            arguments.redirect_uris.push(redirect_uri.to_owned());
        }
        Ok(arguments)
    }

    /// Where it will be reached.
    pub async fn listen(&self) -> anyhow::Result<(TcpListener, Url)> {
        let listener = TcpListener::bind(("127.0.0.1", self.port))
            .await
            .with_context(|| format!("could not listen on port {}", self.port))?;
        let base = format!("http://{}", listener.local_addr()?).parse()?;
        Ok((listener, base))
    }
}

/// Says that it is ready, and serves and delivers until it is told to stop.
pub async fn serve<D: Future<Output = usize>>(
    listener: TcpListener,
    router: Router,
    accounts: &[String],
    deliver_due: impl Fn() -> D,
) -> anyhow::Result<()> {
    let base = listener.local_addr()?;
    writeln!(stdout(), "ready http://{base} {}", accounts.join(" "))?;
    stdout().flush()?;
    let server = axum::serve(listener, router);
    let deliver = async {
        loop {
            deliver_due().await;
            tokio::time::sleep(DELIVERY_TICK).await;
        }
    };
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = async { server.await } => ended?,
        () = deliver => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    Ok(())
}
