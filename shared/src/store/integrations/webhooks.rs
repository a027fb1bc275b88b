//! What a dashboard knows of webhooks: each has an attribute of its own beside the others, so that what one adds goes
//! with it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    id::WebhookId,
    integration::{Integration, Setup},
    webhook::{Webhook, WebhookStanding},
};
use serde::{Deserialize, Serialize};

use super::OWN;
use crate::store::{
    TenantStore,
    demand::row::{Change, number},
    item::Write,
    table::StoreError,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownWebhook {
    standing: WebhookStanding,
    /// Deliveries that wait for their next try.
    pub retrying: u32,
    /// Deliveries that are not tried again by themselves.
    pub dead: u32,
}

pub(super) fn read((name, value): (&String, &AttributeValue)) -> Option<(WebhookId, KnownWebhook)> {
    let known = serde_dynamo::from_attribute_value(value.clone()).ok()?;
    Some((name.parse().ok()?, known))
}

pub(super) fn setup(known: &BTreeMap<WebhookId, KnownWebhook>) -> Setup {
    let standing = |wanted| {
        let those = known.values().filter(|known| known.standing == wanted);
        u32::try_from(those.count()).unwrap_or(u32::MAX)
    };
    Setup::Endpoints {
        active: standing(WebhookStanding::Active),
        disabled: standing(WebhookStanding::Disabled),
        switched_off: standing(WebhookStanding::SwitchedOff),
        retrying: known.values().map(|known| known.retrying).sum(),
    }
}

fn attribute(value: impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|source| StoreError::Corrupt {
        what: "webhook",
        source: Box::new(source),
    })
}

impl TenantStore {
    pub(in crate::store) fn known_webhook_write(
        &self,
        webhook: &Webhook,
    ) -> Result<Write, StoreError> {
        let known = KnownWebhook {
            standing: webhook.standing(),
            retrying: 0,
            dead: 0,
        };
        let change = Change::new("SET t = :t, et = :et, #webhook = :known", OWN)
            .name("#webhook", webhook.id)
            .value(":known", attribute(known)?);
        Ok(self.health_write(Integration::Webhooks, change))
    }

    pub(in crate::store) fn forgotten_webhook_write(&self, webhook: WebhookId) -> Write {
        let change =
            Change::new("SET t = :t, et = :et REMOVE #webhook", OWN).name("#webhook", webhook);
        self.health_write(Integration::Webhooks, change)
    }

    /// More or less waits, or is given up. Fails what is written with it once there is no such webhook.
    pub(in crate::store) fn told_webhook_write(
        &self,
        webhook: WebhookId,
        (retrying, dead): (i64, i64),
        standing: Option<WebhookStanding>,
    ) -> Result<Write, StoreError> {
        let mut expression =
            "SET t = :t, et = :et, #webhook.retrying = #webhook.retrying + :retrying, \
             #webhook.dead = #webhook.dead + :dead"
                .to_owned();
        if standing.is_some() {
            expression.push_str(", #webhook.standing = :standing");
        }
        let mut change = Change::new(&expression, "t = :t AND attribute_exists(#webhook)")
            .name("#webhook", webhook)
            .value(":retrying", number(retrying))
            .value(":dead", number(dead));
        if let Some(standing) = standing {
            change = change.value(":standing", attribute(standing)?);
        }
        Ok(self.health_write(Integration::Webhooks, change))
    }
}
