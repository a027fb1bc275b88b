//! The command of whoever runs the installation: a tenant's topic, who may publish there, the subscription that pushes
//! to us, and the secret that knows of them.

mod advice;
mod arguments;

use std::{
    ffi::OsString,
    io::{Read, Write},
    sync::Arc,
};

use anyhow::Context as _;
use serde::Deserialize;
use shared::{
    app::App,
    clock::Clock,
    config::Config,
    crypto::Secret,
    metrics::Metrics,
    providers::google::pubsub::ServiceAccount,
    relay::setup::{Accounts, Part, Setup, State},
};

use self::arguments::{Action, Arguments, Asked};

/// What the command finds around it.
pub struct Surroundings<'a> {
    pub variable: &'a dyn Fn(&'static str) -> Option<String>,
    pub clock: Arc<dyn Clock>,
    /// Where a key is read from that is named `-`.
    pub input: &'a mut dyn Read,
    pub output: &'a mut dyn Write,
}

/// A key as Google hands it out; the rest of the file does not matter.
#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
}

/// 0: all is as asked. 1: something is missing, or failed. 2: the arguments make no sense.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    mut surroundings: Surroundings<'_>,
) -> u8 {
    let (code, text) = match Arguments::read(arguments) {
        Ok(Asked::Help) => (0, arguments::USAGE.to_owned()),
        Ok(Asked::This(arguments)) => match carry_out(&arguments, &mut surroundings).await {
            Ok(parts) => {
                let missing = matches!(arguments.action, Action::Show)
                    && parts.iter().any(|part| part.state != State::Stands);
                (u8::from(missing), table(&parts))
            }
            Err(error) => (1, format!("{error:#}\n")),
        },
        Err(error) => (2, format!("{error}\n\n{}", arguments::USAGE)),
    };
    // Nobody reads: nothing is left to tell.
    let _ = surroundings.output.write_all(text.as_bytes());
    code
}

async fn carry_out(
    arguments: &Arguments,
    surroundings: &mut Surroundings<'_>,
) -> anyhow::Result<Vec<Part>> {
    let account = key(&arguments.key, surroundings.input)?;
    let publisher = arguments.publisher_key.as_ref();
    let publisher = publisher.map(|path| key(path, surroundings.input));
    let accounts = Accounts {
        publisher: publisher.transpose()?,
        push_account: arguments.push_account.clone(),
    };
    let config = Config::read(|name| match name {
        "STAGE" => Some(arguments.stage.clone()),
        "PUBLIC_BASE_URL" => Some(arguments.url.clone()),
        "GOOGLE_RELAY_SECRET_ID" => Some(format!("kalends/{}/google-relay", arguments.stage)),
        other => (surroundings.variable)(other),
    });
    let config = config.context("the credentials for AWS are read from the environment")?;
    let silent = Metrics::to(drop);
    let app = App::new(config, surroundings.clock.clone(), silent)?;
    let setup = Setup {
        app: &app,
        account: &account,
        tenant: arguments.tenant,
        project: &arguments.project,
    };
    let done = match arguments.action {
        Action::Create => setup.create(accounts).await,
        Action::Show => setup.show().await,
        Action::Remove => setup.remove().await,
    };
    done.map_err(|error| advice::explained(&error, arguments, &account.email))
}

fn key(path: &str, input: &mut dyn Read) -> anyhow::Result<ServiceAccount> {
    let mut text = String::new();
    if path == "-" {
        input.read_to_string(&mut text).context("read the key")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("read the key in {path}"))?;
    }
    let unusable = || {
        format!(
            "{path} holds no key of a service account: create one in the console of Google Cloud under \
             IAM, Service accounts, Keys, as JSON"
        )
    };
    let file: KeyFile = serde_json::from_str(&text).ok().with_context(unusable)?;
    let key = Secret::new(file.private_key);
    ServiceAccount::new(file.client_email, key).with_context(unusable)
}

fn table(parts: &[Part]) -> String {
    let line = |part: &Part| {
        let state = match &part.state {
            State::Stands => "stands".to_owned(),
            State::Created => "created".to_owned(),
            State::Differs(fields) => format!("differs: {}", fields.join(", ")),
            State::Repaired => "repaired".to_owned(),
            State::Missing => "missing".to_owned(),
            State::Removed => "removed".to_owned(),
        };
        format!("{:<13} {state:<10} {}\n", part.what, part.name)
    };
    parts.iter().map(line).collect()
}
