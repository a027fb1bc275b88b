//! The Microsoft simulator by itself: `microsoft-sim [--port 8789] [--account a@x.test]…`.

use tests::clock::WorldClock;
use tests::sim::alone::{self, Arguments};
use tests::sim::microsoft::{MicrosoftSim, MicrosoftSimOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::read(8789, "http://127.0.0.1:8787/oauth/microsoft/callback")?;
    let (listener, public_base) = arguments.listen().await?;
    let sim = MicrosoftSim::open(MicrosoftSimOptions {
        clock: WorldClock::system(),
        public_base,
        client_id: "6b61656c-656e-4473-a6c6-6f63616c0000".to_owned(),
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
