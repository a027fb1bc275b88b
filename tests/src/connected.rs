//! A member of the demo whose calendar is connected: both sides of one mirror, as people and programs see them.

use anyhow::{Context as _, bail};
use domain::connection::Provider;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    calendar_user::{CalendarUser, calendar_user_at, operation},
    person::{Answer, Person},
    world::World,
};

pub struct Connected {
    pub world: World,
    pub person: Person,
    pub calendar: Box<dyn CalendarUser>,
    pub connection: String,
}

impl Connected {
    /// Connects in a world that may already hold events, with so many days of history or null for everything.
    pub async fn with_history(world: World, email: &str, days: Value) -> anyhow::Result<Self> {
        let provider = world.provider;
        Self::at(world, provider, email, days).await
    }

    /// The same with a provider beside that of the stories.
    pub async fn at(
        world: World,
        provider: Provider,
        email: &str,
        days: Value,
    ) -> anyhow::Result<Self> {
        let connected = Self::without_choice(world, provider, email).await?;
        connected.choose_primary(&days).await?;
        connected.world.settle().await?;
        Ok(connected)
    }

    /// Connects, and chooses no calendar yet.
    pub async fn without_choice(
        world: World,
        provider: Provider,
        email: &str,
    ) -> anyhow::Result<Self> {
        let person = Person::sign_in(&world, email).await?;
        let calendar = calendar_user_at(&world, provider, email)?;
        let connection = person.connect(provider).await?;
        Ok(Self {
            world,
            person,
            calendar,
            connection,
        })
    }

    /// Somebody who connected before.
    pub async fn again(world: World, provider: Provider, email: &str) -> anyhow::Result<Self> {
        let person = Person::sign_in(&world, email).await?;
        let calendar = calendar_user_at(&world, provider, email)?;
        let listed = person.get("/api/v1/connections").await?.expect(200)?.json();
        let connections = listed["items"].as_array().into_iter().flatten();
        let mut own = connections.filter(|one| one["provider"] == provider.name());
        let own = own.next().and_then(|one| one["id"].as_str());
        let connection = own.with_context(|| format!("{email} has connected no {provider}"))?;
        let connection = connection.to_owned();
        Ok(Self {
            world,
            person,
            calendar,
            connection,
        })
    }

    /// The same member after so long that the session is over.
    pub async fn signed_in_again(self, email: &str) -> anyhow::Result<Self> {
        let person = Person::sign_in(&self.world, email).await?;
        Ok(Self { person, ..self })
    }

    /// Syncs the primary calendar both ways, with so many days of history.
    pub async fn choose_primary(&self, days: &Value) -> anyhow::Result<()> {
        self.choose(&json!({
            "selected": true, "direction": "bidirectional", "history_days": days, "receives_new": true,
        }))
        .await
    }

    /// Saves these settings for the primary calendar.
    pub async fn choose(&self, settings: &Value) -> anyhow::Result<()> {
        let listed = self.api("/calendars").await?;
        let calendars = listed["calendars"].as_array().context("calendars")?;
        let primary = calendars
            .iter()
            .find(|calendar| calendar["primary"] == true);
        let mut line = settings.clone();
        line["id"] = primary.context("a primary calendar")?["id"].clone();
        let path = format!("/api/v1/connections/{}/calendars", self.connection);
        let body = json!({ "calendars": [line] });
        let saved = self.person.json(Method::PUT, &path, &body).await?;
        if !saved.status.is_success() {
            bail!("{}: {}", saved.status, saved.text);
        }
        Ok(())
    }

    /// The member's entries in a span of at most 400 days.
    pub async fn entries_between(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("from={from}&to={to}")).await
    }

    /// The same, with each occurrence of a series by itself.
    pub async fn occurrences_between(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("from={from}&to={to}&expand=occurrences"))
            .await
    }

    async fn list(&self, filter: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/api/v1/schedule/entries?{filter}&limit=500");
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.person.get(&format!("{path}{cursor}")).await?;
            let page = page.expect(200)?.json();
            found.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(found),
            }
        }
    }

    pub async fn create_entry(&self, entry: &Value) -> anyhow::Result<Value> {
        let path = "/api/v1/schedule/entries";
        Ok(self.person.post(path, entry).await?.expect(201)?.json())
    }

    pub async fn patch_entry(&self, id: &str, change: &Value) -> anyhow::Result<Answer> {
        let path = format!("/api/v1/schedule/entries/{id}");
        self.person.json(Method::PATCH, &path, change).await
    }

    pub async fn delete_entry(&self, id: &str) -> anyhow::Result<Answer> {
        let path = format!("/api/v1/schedule/entries/{id}");
        self.person.delete(&path).await
    }

    /// What the API answers of this connection.
    pub async fn api(&self, rest: &str) -> anyhow::Result<Value> {
        let path = format!("/api/v1/connections/{}{rest}", self.connection);
        Ok(self.person.get(&path).await?.expect(200)?.json())
    }

    /// Asks for a sync as the button does.
    pub async fn press_sync(&self) -> anyhow::Result<()> {
        let path = format!("/api/v1/connections/{}/sync", self.connection);
        self.person.post(&path, &json!({})).await?.expect(202)?;
        Ok(())
    }

    /// Makes the simulated provider misbehave.
    pub async fn fault(&self, fault: &Value) -> anyhow::Result<()> {
        let mut fault = fault.clone();
        if let Some(scope) = fault["scope"].as_str() {
            fault["scope"] = operation(self.world.provider, scope).to_owned().into();
        }
        self.calendar
            .control(Method::POST, "faults", &fault)
            .await?;
        Ok(())
    }

    /// Lets it behave again.
    pub async fn no_more_faults(&self) -> anyhow::Result<()> {
        let none = json!(null);
        self.calendar
            .control(Method::DELETE, "faults", &none)
            .await?;
        Ok(())
    }
}
