//! A person at their Google calendar, through the simulator's own API.

use anyhow::bail;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::world::World;

pub struct GoogleUser {
    http: reqwest::Client,
    base: Url,
    access: String,
    calendar: String,
}

impl GoogleUser {
    /// The owner of `account`, at the account's primary calendar.
    pub async fn of(world: &World, account: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = world.google_base.join("/_sim/token")?;
        let answer: Value = http
            .post(url)
            .json(&json!({ "account": account }))
            .send()
            .await?
            .json()
            .await?;
        let Some(access) = answer["access_token"].as_str() else {
            bail!("no access for {account}: {answer}")
        };
        Ok(Self {
            http,
            base: world.google_base.clone(),
            access: access.to_owned(),
            calendar: account.to_owned(),
        })
    }

    pub async fn insert(&self, event: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, "", Some(event)).await
    }

    pub async fn patch(&self, id: &str, change: Value) -> anyhow::Result<Value> {
        self.call(Method::PATCH, &format!("/{id}"), Some(change))
            .await
    }

    pub async fn delete(&self, id: &str) -> anyhow::Result<Value> {
        self.call(Method::DELETE, &format!("/{id}"), None).await
    }

    pub async fn get(&self, id: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, &format!("/{id}"), None).await
    }

    /// The calendar's events that are not deleted.
    pub async fn events(&self) -> anyhow::Result<Vec<Value>> {
        let list = self.call(Method::GET, "?maxResults=2500", None).await?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    async fn call(&self, method: Method, rest: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = self.base.join(&format!(
            "/calendar/v3/calendars/{}/events{rest}",
            self.calendar
        ))?;
        let mut request = self.http.request(method, url).bearer_auth(&self.access);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
