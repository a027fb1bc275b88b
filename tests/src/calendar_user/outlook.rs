//! A person at their Outlook calendar, through the simulator's Graph. The stories are told in one language, that of Google's
//! events; this is its translator. It knows as much of either as the stories say, and nothing of the product's own.

mod pattern;
pub(crate) mod words;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::CalendarUser;
use crate::world::World;

pub(super) struct OutlookUser {
    http: reqwest::Client,
    base: Url,
    account: String,
    /// Calls made: what the request log holds beside the product's.
    calls: AtomicU64,
}

/// Which of a series' occurrences, as stories name it: `{series}_{original start}`.
struct Named<'a> {
    series: &'a str,
    original: &'a str,
}

impl<'a> Named<'a> {
    fn of(id: &'a str) -> Option<Self> {
        let (series, original) = id.rsplit_once('_')?;
        let is_start = matches!(original.len(), 8 | 16) && original.starts_with("20");
        is_start.then_some(Self { series, original })
    }
}

impl OutlookUser {
    /// The owner of `account`, at the account's own calendar.
    pub(super) fn of(world: &World, account: &str) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: world.microsoft_base.clone(),
            account: account.to_owned(),
            calls: AtomicU64::new(0),
        })
    }

    async fn graph_id(&self, id: &str) -> anyhow::Result<String> {
        let found = self.find(id).await?;
        found.with_context(|| format!("404: no occurrence {id}"))
    }

    /// Graph's id of what a story names.
    async fn find(&self, id: &str) -> anyhow::Result<Option<String>> {
        let Some(named) = Named::of(id) else {
            return Ok(Some(id.to_owned()));
        };
        let occurrences = self.instances(named.series).await?;
        let found = occurrences
            .iter()
            .find(|one| words::original_start(one).is_some_and(|at| at == named.original));
        Ok(found.and_then(|one| one["id"].as_str()).map(str::to_owned))
    }

    /// The occurrences of a series, over the years that stories play in.
    async fn instances(&self, series: &str) -> anyhow::Result<Vec<Value>> {
        let span = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2030-01-01T00:00:00Z";
        self.list(&format!("events/{series}/instances?{span}&$top=500"))
            .await
    }

    async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut found, mut next) = (Vec::new(), path.to_owned());
        loop {
            let page = self.call(Method::GET, &next, None).await?;
            found.extend(page["value"].as_array().cloned().unwrap_or_default());
            match page["@odata.nextLink"].as_str() {
                Some(link) => link.clone_into(&mut next),
                None => return Ok(found),
            }
        }
    }

    /// Signed in anew for every call: hours may have passed.
    async fn access(&self) -> anyhow::Result<String> {
        let asked = json!({ "account": self.account });
        let answer = self.control(Method::POST, "token", &asked).await?;
        let access = answer["access_token"].as_str().map(str::to_owned);
        access.with_context(|| format!("no access for {}: {answer}", self.account))
    }

    /// `path` is below `/v1.0/me/`, or a link of an answer.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = self.base.join("/v1.0/me/")?.join(path)?;
        let mut request = self
            .http
            .request(method, url)
            .header(
                "prefer",
                r#"IdType="ImmutableId", outlook.body-content-type="text""#,
            )
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
impl CalendarUser for OutlookUser {
    async fn insert(&self, event: Value) -> anyhow::Result<Value> {
        let made = self
            .call(Method::POST, "events", Some(words::for_graph(&event)?))
            .await?;
        let id = made["id"].as_str().context("an id")?.to_owned();
        let left_out = words::left_out(&event)?;
        for original in &left_out {
            self.delete(&format!("{id}_{original}")).await?;
        }
        if left_out.is_empty() {
            return words::of_graph(&made);
        }
        self.get(&id).await
    }

    /// Graph knows no silent invitation.
    async fn invite(&self, event: Value) -> anyhow::Result<Value> {
        self.insert(event).await
    }

    async fn patch(&self, id: &str, change: Value) -> anyhow::Result<Value> {
        if change["status"] == "cancelled" {
            return self.delete(id).await;
        }
        let mut change = change;
        if change.get("recurrence").is_some() && change.get("start").is_none() {
            // A pattern is nothing without its first day.
            let now = self.get(id).await?;
            change["start"] = now["start"].clone();
            change["end"] = now["end"].clone();
        }
        let path = format!("events/{}", self.graph_id(id).await?);
        let changed = self
            .call(Method::PATCH, &path, Some(words::for_graph(&change)?))
            .await?;
        words::of_graph(&changed)
    }

    async fn delete(&self, id: &str) -> anyhow::Result<Value> {
        let path = format!("events/{}", self.graph_id(id).await?);
        self.call(Method::DELETE, &path, None).await
    }

    async fn get(&self, id: &str) -> anyhow::Result<Value> {
        let gone = json!({ "id": id, "status": "cancelled" });
        let Some(found) = self.find(id).await? else {
            return Ok(gone);
        };
        match self
            .call(Method::GET, &format!("events/{found}"), None)
            .await
        {
            Ok(event) if event["type"] == "seriesMaster" => {
                let select = format!("events/{found}?$select=cancelledOccurrences");
                let cancelled = self.call(Method::GET, &select, None).await?;
                words::series_of_graph(&event, &cancelled["cancelledOccurrences"])
            }
            Ok(event) => words::of_graph(&event),
            Err(error) if error.to_string().starts_with("404") => Ok(gone),
            Err(error) => Err(error),
        }
    }

    async fn events(&self) -> anyhow::Result<Vec<Value>> {
        let mut events = Vec::new();
        for event in self.list("events?$top=500").await? {
            let series = event["type"] == "seriesMaster";
            let id = event["id"].as_str().context("an id")?.to_owned();
            if !series {
                events.push(words::of_graph(&event)?);
                continue;
            }
            events.push(self.get(&id).await?);
            let occurrences = self.instances(&id).await?;
            let differing = occurrences.iter().filter(|one| one["type"] == "exception");
            for one in differing {
                events.push(words::of_graph(one)?);
            }
        }
        Ok(events)
    }

    async fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!(
            "calendarView?startDateTime={from}&endDateTime={to}&$top=500&$orderby=start/dateTime"
        );
        self.list(&path)
            .await?
            .iter()
            .map(words::of_graph)
            .collect()
    }

    async fn path_of(&self, id: &str) -> anyhow::Result<String> {
        let calendar = self.call(Method::GET, "calendar", None).await?;
        let calendar = calendar["id"].as_str().context("a calendar")?;
        Ok(format!("/v1.0/me/calendars/{calendar}/events/{id}"))
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

/// A moment as the names of occurrences have it.
fn compact(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
