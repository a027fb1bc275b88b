//! The Google simulator by itself: `google-sim [--port 8788] [--account a@x.test]…`.

use tests::clock::WorldClock;
use tests::sim::alone::{self, Arguments};
use tests::sim::google::{GoogleSim, GoogleSimOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::read(8788, "http://127.0.0.1:8787/oauth/google/callback")?;
    let (listener, public_base) = arguments.listen().await?;
    let sim = GoogleSim::open(GoogleSimOptions {
        clock: WorldClock::system(),
        public_base,
        client_id: "kalends-local.apps.googleusercontent.test".to_owned(),
        client_secret: "local-client-secret".to_owned(),
        redirect_uris: arguments.redirect_uris,
        storage: arguments.storage,
    })?;
    for account in &arguments.accounts {
        sim.add_account(account, "Europe/Berlin");
    }
    alone::serve(listener, sim.router(), &arguments.accounts, || {
        sim.deliver_due()
    })
    .await?;
    sim.save()
}
