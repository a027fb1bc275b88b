//! Subscriptions, and the notices that come through them.

use domain::subscription::Subscription;

use super::{Connected, MIA, google_visit};

impl Connected {
    /// The tokens of all channels, as the provider was given them.
    pub(crate) async fn channel_tokens(&self) -> Vec<String> {
        self.world.channel_tokens().await.unwrap()
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
