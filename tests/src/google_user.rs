//! A person at their Google calendar, through the simulator's own API.

use anyhow::{Context as _, bail};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::world::World;

pub struct GoogleUser {
    http: reqwest::Client,
    base: Url,
    account: String,
}

impl GoogleUser {
    /// The owner of `account`, at the account's primary calendar.
    pub fn of(world: &World, account: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self {
            http,
            base: world.google_base.clone(),
            account: account.to_owned(),
        })
    }

    /// Signed in anew for every call: hours may have passed.
    async fn access(&self) -> anyhow::Result<String> {
        let url = self.base.join("/_sim/token")?;
        let asked = json!({ "account": self.account });
        let answer: Value = self
            .http
            .post(url)
            .json(&asked)
            .send()
            .await?
            .json()
            .await?;
        let access = answer["access_token"].as_str().map(str::to_owned);
        access.with_context(|| format!("no access for {}: {answer}", self.account))
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
            self.account
        ))?;
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.access().await?);
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
