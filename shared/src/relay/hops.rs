//! The secret that says whose notices take the way over a topic, and who publishes there.

use std::collections::{BTreeMap, HashMap};

use domain::id::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{crypto::Secret, providers::google::pubsub::ServiceAccount};

/// A tenant's own topic, and the subscription that pushes from it to us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    pub topic: String,
    pub subscription: String,
}

#[derive(Clone, Default)]
pub struct Relay {
    publisher: Option<ServiceAccount>,
    push_account: Option<String>,
    hops: BTreeMap<TenantId, Hop>,
    tenants: HashMap<String, TenantId>,
}

/// It says what is wrong, and nothing of what stands there.
#[derive(Debug, thiserror::Error)]
#[error("the relay's secret {0}")]
pub struct Malformed(&'static str);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    publisher: Option<PublisherText>,
    push_account: Option<String>,
    #[serde(default)]
    tenants: BTreeMap<TenantId, Hop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublisherText {
    client_email: String,
    private_key: String,
}

impl Relay {
    pub fn read(text: &Secret) -> Result<Self, Malformed> {
        if text.expose().trim().is_empty() {
            return Ok(Self::default());
        }
        let text: Text = serde_json::from_str(text.expose())
            .map_err(|_| Malformed("is not JSON of the expected form"))?;
        let mut relay = Self {
            push_account: text.push_account,
            ..Self::default()
        };
        if let Some(publisher) = text.publisher {
            let key = Secret::new(publisher.private_key);
            let publisher = ServiceAccount::new(publisher.client_email, key)
                .ok_or(Malformed("has a private key that cannot sign"))?;
            relay.publisher = Some(publisher);
        }
        for (tenant, hop) in text.tenants {
            relay.set(tenant, hop)?;
        }
        if !relay.is_empty() && (relay.publisher.is_none() || relay.push_account.is_none()) {
            return Err(Malformed(
                "names tenants, but not who publishes or who pushes",
            ));
        }
        Ok(relay)
    }

    pub fn write(&self) -> Secret {
        let publisher = self.publisher.as_ref().map(|account| {
            json!({ "client_email": account.email, "private_key": account.private_key().expose() })
        });
        let text = json!({
            "publisher": publisher,
            "push_account": self.push_account,
            "tenants": self.hops,
        });
        Secret::new(text.to_string())
    }

    /// A subscription tells whose a message is, so that no two tenants can have the same.
    pub fn set(&mut self, tenant: TenantId, hop: Hop) -> Result<(), Malformed> {
        self.unset(tenant);
        let taken = self.tenants.insert(hop.subscription.clone(), tenant);
        if taken.is_some() {
            return Err(Malformed("gives one subscription to two tenants"));
        }
        self.hops.insert(tenant, hop);
        Ok(())
    }

    pub fn unset(&mut self, tenant: TenantId) -> Option<Hop> {
        let hop = self.hops.remove(&tenant)?;
        self.tenants.remove(&hop.subscription);
        Some(hop)
    }

    /// Names what is given, and leaves the rest.
    pub fn set_accounts(
        &mut self,
        publisher: Option<ServiceAccount>,
        push_account: Option<String>,
    ) {
        self.publisher = publisher.or(self.publisher.take());
        self.push_account = push_account.or(self.push_account.take());
    }

    pub fn is_empty(&self) -> bool {
        self.hops.is_empty()
    }

    pub fn publisher(&self) -> Option<&ServiceAccount> {
        self.publisher.as_ref()
    }

    pub fn push_account(&self) -> Option<&str> {
        self.push_account.as_deref()
    }

    pub fn hop(&self, tenant: TenantId) -> Option<&Hop> {
        self.hops.get(&tenant)
    }

    pub fn tenant_of(&self, subscription: &str) -> Option<TenantId> {
        self.tenants.get(subscription).copied()
    }
}
