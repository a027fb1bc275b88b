//! A person at their own calendar, with whichever provider a story is told of. Every story is told in the words of Google's
//! events; at another provider a translator stands between.

mod google;
mod outlook;

use async_trait::async_trait;
use domain::connection::Provider;
use reqwest::Method;
use serde_json::Value;

use crate::world::World;
pub use google::GoogleUser;
use outlook::OutlookUser;

#[async_trait]
pub trait CalendarUser: Send + Sync {
    async fn insert(&self, event: Value) -> anyhow::Result<Value>;

    async fn patch(&self, id: &str, change: Value) -> anyhow::Result<Value>;

    async fn delete(&self, id: &str) -> anyhow::Result<Value>;

    /// A deleted event is shown as cancelled.
    async fn get(&self, id: &str) -> anyhow::Result<Value>;

    /// The calendar's events that are not deleted, with the occurrences that differ from their series.
    async fn events(&self) -> anyhow::Result<Vec<Value>>;

    /// Everything that happens in a span of time, each occurrence of a series by itself, in order of start.
    async fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>>;

    /// How many calls the person has made: what the request log holds beside the product's.
    fn calls(&self) -> u64;

    /// The simulator's own controls.
    async fn control(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value>;

    /// What the calendar shows in 2027.
    async fn shown_in_2027(&self) -> anyhow::Result<Vec<Value>> {
        self.occurrences("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
            .await
    }
}

/// The owner of `account`, at the account's own calendar, with the provider that the world's stories are told of.
pub fn calendar_user(world: &World, account: &str) -> anyhow::Result<Box<dyn CalendarUser>> {
    calendar_user_at(world, world.provider, account)
}

pub fn calendar_user_at(
    world: &World,
    provider: Provider,
    account: &str,
) -> anyhow::Result<Box<dyn CalendarUser>> {
    Ok(match provider {
        Provider::Google => Box::new(GoogleUser::of(world, account)?),
        Provider::Microsoft => Box::new(OutlookUser::of(world, account)?),
    })
}

/// What a provider calls the operation that Google calls so.
pub fn operation(provider: Provider, google: &str) -> String {
    match (provider, google) {
        (Provider::Microsoft, "events.insert") => "events.create".to_owned(),
        (Provider::Microsoft, "events.patch") => "events.update".to_owned(),
        (Provider::Microsoft, "events.list") => "events.delta".to_owned(),
        (Provider::Google | Provider::Microsoft, name) => name.to_owned(),
    }
}
