//! Subscriptions: one for all events of the mailbox, prolonged before it ends.

use domain::failure::FailureClass;
use jiff::SignedDuration;
use reqwest::Method;

use super::{
    super::{GrantedSubscription, ProviderError, SubscriptionRequest},
    answer::{read, rejected, send},
    client::Microsoft,
    wire,
};
use crate::crypto::Secret;

/// All calendars of the mailbox; Graph takes no single one.
const RESOURCE: &str = "me/events";

/// Ten minutes less than Graph allows, for clocks differ.
const LIFE: SignedDuration = SignedDuration::from_mins(10_080 - 10);

impl Microsoft {
    pub(super) async fn subscribe_to_mailbox(
        &self,
        access: &Secret,
        request: &SubscriptionRequest,
    ) -> Result<GrantedSubscription, ProviderError> {
        match self.post_subscription(access, request).await {
            // One of ours whose answer was lost: nobody knows its id, and Graph grants no second.
            Err(error) if error.class == FailureClass::Conflict => {
                if !self.delete_forgotten(access, request).await? {
                    return Err(error);
                }
                self.post_subscription(access, request).await
            }
            answered => answered,
        }
    }

    async fn post_subscription(
        &self,
        access: &Secret,
        request: &SubscriptionRequest,
    ) -> Result<GrantedSubscription, ProviderError> {
        let operation = "subscribe to the mailbox";
        let lifecycle = format!(
            "{}/lifecycle",
            request.address.as_str().trim_end_matches('/')
        );
        let body = wire::SubscriptionBody {
            change_type: "created,updated,deleted",
            notification_url: request.address.as_str(),
            lifecycle_notification_url: &lifecycle,
            resource: RESOURCE,
            expiration_date_time: self.expires_at(),
            client_state: &request.channel_token,
        };
        let request = self
            .request(Method::POST, access, &["subscriptions"])
            .json(&body);
        granted(
            operation,
            read(operation, send(operation, request).await?).await?,
        )
    }

    fn expires_at(&self) -> String {
        (self.clock.now() + LIFE)
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    }

    async fn delete_forgotten(
        &self,
        access: &Secret,
        request: &SubscriptionRequest,
    ) -> Result<bool, ProviderError> {
        let operation = "look for the subscription";
        let first = self.request(Method::GET, access, &["subscriptions"]);
        let mut found = false;
        for json in self.whole_list(operation, access, first).await? {
            let Ok(known) = serde_json::from_value::<wire::Subscription>(json) else {
                continue;
            };
            let is_ours = known.notification_url.as_deref() == Some(request.address.as_str());
            let resource = known.resource.trim_start_matches('/');
            if is_ours && resource.eq_ignore_ascii_case(RESOURCE) {
                self.delete_subscription(access, &known.id).await?;
                found = true;
            }
        }
        Ok(found)
    }

    pub(super) async fn renew_subscription(
        &self,
        access: &Secret,
        id: &str,
    ) -> Result<Option<GrantedSubscription>, ProviderError> {
        let operation = "renew the subscription";
        let body = wire::RenewalBody {
            expiration_date_time: self.expires_at(),
        };
        let request = self
            .request(Method::PATCH, access, &["subscriptions", id])
            .json(&body);
        match send(operation, request).await {
            Ok(response) => granted(operation, read(operation, response).await?).map(Some),
            Err(error) if error.class == FailureClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn delete_subscription(
        &self,
        access: &Secret,
        id: &str,
    ) -> Result<(), ProviderError> {
        let request = self.request(Method::DELETE, access, &["subscriptions", id]);
        match send("stop the subscription", request).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn granted(
    operation: &'static str,
    answer: wire::Subscription,
) -> Result<GrantedSubscription, ProviderError> {
    let expires_at = answer.expiration_date_time.and_then(|at| at.parse().ok());
    Ok(GrantedSubscription {
        external_id: answer.id,
        expires_at: expires_at
            .ok_or_else(|| rejected(operation, "the subscription has no expiration"))?,
    })
}
