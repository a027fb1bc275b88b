//! Subscriptions, and the notices that come through them.

use domain::{connection::Provider, subscription::Subscription};
use serde_json::{Value, json};
use tests::world::World;

use super::{Connected, MIA, google_visit, http};

/// The provider of the stories calls with this channel token.
pub(crate) async fn notify(world: &World, token: &str) -> u16 {
    let path = format!("/webhooks/{}", world.provider);
    let request = http().post(world.product_base.join(&path).unwrap());
    let request = match world.provider {
        Provider::Google => request
            .header("x-goog-resource-state", "exists")
            .header("x-goog-channel-token", token),
        Provider::Microsoft => request.json(&json!({ "value": [{ "clientState": token }] })),
    };
    request.send().await.unwrap().status().as_u16()
}

impl Connected {
    /// The tokens of all channels, as the provider was given them.
    pub(crate) async fn channel_tokens(&self) -> Vec<String> {
        let url = self.world.provider_base().join("/_sim/state").unwrap();
        let state: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        let state = state.to_string();
        let token = |(at, _)| state[at + 1..].split('"').next().unwrap().to_owned();
        state.match_indices("\"v1.").map(token).collect()
    }

    pub(crate) async fn subscriptions(&self) -> Vec<Subscription> {
        let store = self.world.tenant_of(MIA).await.unwrap();
        let connection = self.connection.parse().unwrap();
        store.subscriptions(connection).await.unwrap()
    }

    /// An event arrives through the webhook.
    pub(crate) async fn is_told_of(&self, title: &str, day: u8) {
        let event = google_visit(title, day);
        self.calendar.insert(event).await.unwrap();
        self.settle().await;
        self.entry(title).await;
    }
}
