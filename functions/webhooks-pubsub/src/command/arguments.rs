//! What the command is called with. A key is only ever named: what stands in arguments, everybody on the machine sees.

use std::ffi::OsString;

use domain::id::TenantId;
use lexopt::{
    Arg::{Long, Short, Value},
    Parser, ValueExt as _,
};

pub(super) const USAGE: &str = "\
kalends-pubsub create|show|remove --tenant ten_… --project P --stage S --url URL --key FILE

  create   makes the tenant's topic, lets the publishing account publish there, makes the subscription that
           pushes to this installation, and writes them into the secret kalends/S/google-relay. What is there
           already stays; what was changed is put right.
  show     says what stands and what is missing. Ends with 1 where something is.
  remove   takes all of it down again. The accounts stay in the secret.

  --tenant ID            whose notices take the way
  --project P            id of the Google Cloud project that holds the topic
  --stage S              stage of this installation, such as prod
  --url URL              its address, such as https://kalends.example.com
  --key FILE             key, as JSON, of a service account that may set this up: roles/pubsub.admin in the
                         project, roles/iam.serviceAccountUser on the push account. - reads it from stdin.
  --publisher-key FILE   key of the account that publishes; the first time, and when it changes
  --push-account EMAIL   the account that Pub/Sub pushes as; the first time, and when it changes

AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN say who reads and writes the secret.
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Show,
    Remove,
}

pub(super) struct Arguments {
    pub(super) action: Action,
    pub(super) tenant: TenantId,
    pub(super) project: String,
    pub(super) stage: String,
    pub(super) url: String,
    pub(super) key: String,
    pub(super) publisher_key: Option<String>,
    pub(super) push_account: Option<String>,
}

pub(super) enum Asked {
    Help,
    This(Box<Arguments>),
}

#[derive(Default)]
struct Given {
    action: Option<Action>,
    tenant: Option<TenantId>,
    project: Option<String>,
    stage: Option<String>,
    url: Option<String>,
    key: Option<String>,
    publisher_key: Option<String>,
    push_account: Option<String>,
}

impl Arguments {
    pub(super) fn read(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Asked, lexopt::Error> {
        let mut parser = Parser::from_args(arguments);
        let mut given = Given::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Asked::Help),
                Long("tenant") => given.tenant = Some(parser.value()?.parse()?),
                Long("project") => given.project = Some(parser.value()?.parse_with(project)?),
                Long("stage") => given.stage = Some(parser.value()?.string()?),
                Long("url") => given.url = Some(parser.value()?.string()?),
                Long("key") => given.key = Some(parser.value()?.string()?),
                Long("publisher-key") => given.publisher_key = Some(parser.value()?.string()?),
                Long("push-account") => given.push_account = Some(parser.value()?.string()?),
                Value(action) if given.action.is_none() => {
                    given.action = Some(action.parse_with(action_of)?);
                }
                other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
            }
        }
        given.complete()
    }
}

impl Given {
    fn complete(self) -> Result<Asked, lexopt::Error> {
        let missing = |name: &str| lexopt::Error::from(format!("{name} is missing"));
        let is_stdin = |key: &Option<String>| key.as_deref() == Some("-");
        if is_stdin(&self.key) && is_stdin(&self.publisher_key) {
            return Err("only one key can be read from stdin".into());
        }
        Ok(Asked::This(Box::new(Arguments {
            action: self
                .action
                .ok_or_else(|| missing("create, show or remove"))?,
            tenant: self.tenant.ok_or_else(|| missing("--tenant"))?,
            project: self.project.ok_or_else(|| missing("--project"))?,
            stage: self.stage.ok_or_else(|| missing("--stage"))?,
            url: self.url.ok_or_else(|| missing("--url"))?,
            key: self.key.ok_or_else(|| missing("--key"))?,
            publisher_key: self.publisher_key,
            push_account: self.push_account,
        })))
    }
}

fn action_of(name: &str) -> Result<Action, &'static str> {
    match name {
        "create" => Ok(Action::Create),
        "show" => Ok(Action::Show),
        "remove" => Ok(Action::Remove),
        _ => Err("expected create, show or remove"),
    }
}

/// It becomes a part of paths.
fn project(id: &str) -> Result<String, &'static str> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-:.".contains(c);
    if !id.is_empty() && id.chars().all(letters) {
        return Ok(id.to_owned());
    }
    Err("the id of a project has lower-case letters, digits and hyphens")
}
