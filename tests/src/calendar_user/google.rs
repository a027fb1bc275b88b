//! A person at their Google calendar, through the simulator's own API.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::CalendarUser;
use crate::world::World;

pub struct GoogleUser {
    http: reqwest::Client,
    base: Url,
    account: String,
    calendar: String,
    /// Calls made: what the request log holds beside the product's.
    calls: AtomicU64,
}

impl GoogleUser {
    /// The owner of `account`, at the account's primary calendar.
    pub fn of(world: &World, account: &str) -> anyhow::Result<Self> {
        Self::at(world, account, account)
    }

    /// The owner of `account`, at another of its calendars.
    pub fn at(world: &World, account: &str, calendar: &str) -> anyhow::Result<Self> {
        Ok(Self {
            http: world.people_http.clone(),
            base: world.google_base.clone(),
            account: account.to_owned(),
            calendar: calendar.to_owned(),
            calls: AtomicU64::new(0),
        })
    }

    /// Signed in anew for every call: hours may have passed.
    async fn access(&self) -> anyhow::Result<String> {
        let asked = json!({ "account": self.account });
        let answer = self.control(Method::POST, "token", &asked).await?;
        let access = answer["access_token"].as_str().map(str::to_owned);
        access.with_context(|| format!("no access for {}: {answer}", self.account))
    }

    async fn list(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.call(Method::GET, query, None).await?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    async fn call(&self, method: Method, rest: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = self.base.join(&format!(
            "/calendar/v3/calendars/{}/events{rest}",
            self.calendar
        ))?;
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.access().await?);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

#[async_trait]
impl CalendarUser for GoogleUser {
    async fn insert(&self, event: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, "", Some(event)).await
    }

    async fn invite(&self, event: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, "?sendUpdates=all", Some(event))
            .await
    }

    async fn patch(&self, id: &str, change: Value) -> anyhow::Result<Value> {
        self.call(Method::PATCH, &format!("/{id}"), Some(change))
            .await
    }

    async fn delete(&self, id: &str) -> anyhow::Result<Value> {
        self.call(Method::DELETE, &format!("/{id}"), None).await
    }

    async fn get(&self, id: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, &format!("/{id}"), None).await
    }

    async fn events(&self) -> anyhow::Result<Vec<Value>> {
        self.list("?maxResults=2500").await
    }

    async fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!(
            "?maxResults=2500&singleEvents=true&orderBy=startTime&timeMin={from}&timeMax={to}"
        ))
        .await
    }

    async fn path_of(&self, id: &str) -> anyhow::Result<String> {
        Ok(format!(
            "/calendar/v3/calendars/{}/events/{id}",
            self.calendar
        ))
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let url = self.base.join(&format!("/_sim/{path}"))?;
        let answer = self.http.request(method, url).json(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
