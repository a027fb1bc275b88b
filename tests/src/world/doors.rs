//! The webhook functions without the network before them: for many notices, and to time them.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use domain::connection::Provider;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::World;

/// Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    router: Router,
    provider: Provider,
}

impl Doors {
    /// Those of the stories' provider.
    pub fn of(world: &World) -> Self {
        let routes = webhooks_google::routes().merge(webhooks_microsoft::routes());
        Self {
            router: shared::web::layers(routes, &world.app),
            provider: world.provider,
        }
    }

    /// A notice that something changed, with this channel token.
    pub async fn notify(&self, token: &str) -> anyhow::Result<StatusCode> {
        let request = Request::post(format!("/webhooks/{}", self.provider));
        let request = match self.provider {
            Provider::Google => request
                .header("x-goog-resource-state", "exists")
                .header("x-goog-channel-token", token)
                .body(Body::empty()),
            Provider::Microsoft => {
                let body = json!({ "value": [{ "clientState": token }] });
                request.body(Body::from(body.to_string()))
            }
        };
        let answer = self.router.clone().oneshot(request?).await?;
        Ok(answer.status())
    }
}

impl World {
    /// The tokens of all channels, as the provider of the stories was given them.
    pub async fn channel_tokens(&self) -> anyhow::Result<Vec<String>> {
        let url = self.provider_base().join("/_sim/state")?;
        let state: Value = self.people_http.get(url).send().await?.json().await?;
        let state = state.to_string();
        let token = |(at, _)| state[at + 1..].split('"').next().map(str::to_owned);
        Ok(state.match_indices("\"v1.").filter_map(token).collect())
    }
}
