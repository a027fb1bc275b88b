//! Sets up and takes down a tenant's own Pub/Sub topic: `kalends-pubsub --help`.

use std::{
    io::{stdin, stdout},
    process::ExitCode,
    sync::Arc,
};

use shared::{clock::SystemClock, config};
use webhooks_pubsub::command::{self, Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let surroundings = Surroundings {
        variable: &config::variable,
        clock: Arc::new(SystemClock),
        input: &mut stdin().lock(),
        output: &mut stdout().lock(),
    };
    command::run(std::env::args_os().skip(1), surroundings)
        .await
        .into()
}
