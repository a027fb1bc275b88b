//! Setting up a tenant's way over a topic of its own, and taking it down: what `kalends-pubsub` does.

use domain::id::TenantId;

use super::{Hop, Malformed, PUSH_PATH};
use crate::{
    app::App,
    providers::google::pubsub::{
        Provisioning, PubSubError, ServiceAccount, Standing as Found, Way,
    },
    vault::VaultError,
};

pub struct Setup<'a> {
    pub app: &'a App,
    /// The account that may set things up in the project.
    pub account: &'a ServiceAccount,
    pub tenant: TenantId,
    pub project: &'a str,
}

/// Who publishes and who pushes, where the caller knows better than the secret.
#[derive(Default)]
pub struct Accounts {
    pub publisher: Option<ServiceAccount>,
    pub push_account: Option<String>,
}

/// One part of the way, and how it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub what: &'static str,
    pub name: String,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Stands,
    Created,
    /// These of its fields are not as they should be.
    Differs(Vec<&'static str>),
    Repaired,
    Missing,
    Removed,
}

#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    PubSub(#[from] PubSubError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("nobody is named who publishes")]
    NoPublisher,
    #[error("nobody is named who pushes")]
    NoPushAccount,
    #[error("the tenant's topic is {0}")]
    Elsewhere(String),
    #[error("the secret is full")]
    Full,
}

/// What Secrets Manager holds.
const SECRET_BYTES_MAX: usize = 65_536;

impl Setup<'_> {
    /// Everything stands afterwards. The secret is written last: nobody publishes into what is half made.
    pub async fn create(&self, accounts: Accounts) -> Result<Vec<Part>, SetupError> {
        let mut relay = self.app.vault.read_google_relay().await?;
        let hop = self.hop();
        let known = relay.hop(self.tenant).filter(|known| **known != hop);
        if let Some(known) = known {
            return Err(SetupError::Elsewhere(known.topic.clone()));
        }
        let before = relay.write();
        relay.set_accounts(accounts.publisher, accounts.push_account);
        let publisher = relay.publisher().ok_or(SetupError::NoPublisher)?.clone();
        let push_account = relay.push_account().ok_or(SetupError::NoPushAccount)?;
        let (push_account, endpoint) = (push_account.to_owned(), self.endpoint());
        let way = Way {
            topic: &hop.topic,
            subscription: &hop.subscription,
            publisher: &publisher.email,
            push_account: &push_account,
            push_endpoint: &endpoint,
        };
        let mut parts = self.set_up(&way).await?;
        relay.set(self.tenant, hop)?;
        let after = relay.write();
        let state = if after.expose() == before.expose() {
            State::Stands
        } else if after.expose().len() > SECRET_BYTES_MAX {
            return Err(SetupError::Full);
        } else {
            self.app.vault.put_google_relay(&relay).await?;
            State::Created
        };
        parts.push(self.secret(state));
        Ok(parts)
    }

    async fn set_up(&self, way: &Way<'_>) -> Result<Vec<Part>, PubSubError> {
        let google = self.google();
        let topic = google.topic(way).await?;
        if topic == Found::Missing {
            google.create_topic(way).await?;
        }
        let publisher = google.publisher(way).await?;
        if publisher == Found::Missing {
            google.let_publish(way).await?;
        }
        let subscription = google.subscription(way).await?;
        match &subscription {
            Found::Stands => {}
            Found::Missing => google.create_subscription(way).await?,
            Found::Differs(fields) => google.repair_subscription(way, fields).await?,
        }
        let found = [topic, publisher, subscription];
        Ok(parts(
            way,
            found.map(|found| match found {
                Found::Stands => State::Stands,
                Found::Missing => State::Created,
                Found::Differs(_) => State::Repaired,
            }),
        ))
    }

    /// What stands and what is missing; nothing is changed.
    pub async fn show(&self) -> Result<Vec<Part>, SetupError> {
        let relay = self.app.vault.read_google_relay().await?;
        let (hop, endpoint) = (self.hop(), self.endpoint());
        let publisher = relay.publisher().map(|account| account.email.as_str());
        let way = Way {
            topic: &hop.topic,
            subscription: &hop.subscription,
            publisher: publisher.unwrap_or_default(),
            push_account: relay.push_account().unwrap_or_default(),
            push_endpoint: &endpoint,
        };
        let google = self.google();
        let found = [
            google.topic(&way).await?,
            google.publisher(&way).await?,
            google.subscription(&way).await?,
        ];
        let mut parts = parts(
            &way,
            found.map(|found| match found {
                Found::Stands => State::Stands,
                Found::Missing => State::Missing,
                Found::Differs(fields) => State::Differs(fields),
            }),
        );
        let known = relay.hop(self.tenant);
        parts.push(self.secret(match known {
            Some(known) if *known == hop => State::Stands,
            Some(_) => State::Differs(vec!["topic"]),
            None => State::Missing,
        }));
        Ok(parts)
    }

    /// Nothing stands afterwards. The topic goes first: what cannot be published any more is asked for directly, and the
    /// subscription can still push what it holds.
    pub async fn remove(&self) -> Result<Vec<Part>, SetupError> {
        let mut relay = self.app.vault.read_google_relay().await?;
        let hop = self.hop();
        let google = self.google();
        let gone = |found| match found {
            Found::Stands | Found::Differs(_) => State::Removed,
            Found::Missing => State::Missing,
        };
        let part = |what, name: &str, state| Part {
            what,
            name: name.to_owned(),
            state,
        };
        let topic = gone(google.delete(&hop.topic).await?);
        let subscription = gone(google.delete(&hop.subscription).await?);
        let known = relay.hop(self.tenant).filter(|known| **known == hop);
        let secret = if known.is_some() {
            relay.unset(self.tenant);
            self.app.vault.put_google_relay(&relay).await?;
            State::Removed
        } else {
            State::Missing
        };
        Ok(vec![
            part("topic", &hop.topic, topic),
            part("subscription", &hop.subscription, subscription),
            self.secret(secret),
        ])
    }

    fn hop(&self) -> Hop {
        let id = format!("kalends-{}-{}", self.app.config.stage, self.tenant);
        let of = |kind| format!("projects/{}/{kind}/{id}", self.project);
        Hop {
            topic: of("topics"),
            subscription: of("subscriptions"),
        }
    }

    fn endpoint(&self) -> String {
        self.app.config.absolute(PUSH_PATH).into()
    }

    fn google(&self) -> Provisioning<'_> {
        Provisioning {
            pubsub: &self.app.pubsub,
            account: self.account,
            now: self.app.clock.now(),
        }
    }

    fn secret(&self, state: State) -> Part {
        Part {
            what: "secret",
            name: self.app.config.google_relay_secret.clone(),
            state,
        }
    }
}

fn parts(way: &Way<'_>, states: [State; 3]) -> Vec<Part> {
    let whats = ["topic", "publisher", "subscription"];
    let names = [way.topic, way.publisher, way.subscription];
    let each = whats.into_iter().zip(names).zip(states);
    each.map(|((what, name), state)| Part {
        what,
        name: name.to_owned(),
        state,
    })
    .collect()
}
