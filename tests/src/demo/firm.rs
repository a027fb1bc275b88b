//! The firm's people, each at the schedule and at a calendar of their own.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{connection::Provider, member::Role};
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{DANA, MEMBERS, ORGANIZATION};
use crate::{
    calendar_user::CalendarUser,
    connected::Connected,
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World, ZONE},
};

/// Somebody's account at one provider. It holds no world, so that a world may hold it.
pub(super) struct Side {
    pub(super) provider: Provider,
    pub(super) account: String,
    pub(super) person: Person,
    pub(super) calendar: Box<dyn CalendarUser>,
    pub(super) connection: String,
}

impl Side {
    pub(super) async fn connect(
        world: &World,
        provider: Provider,
        email: &str,
    ) -> anyhow::Result<Self> {
        let connected = Connected::at(world.clone(), provider, email, Value::Null).await?;
        Ok(Self::of(connected, provider))
    }

    pub(super) fn of(connected: Connected, provider: Provider) -> Self {
        let Connected {
            person,
            calendar,
            connection,
            ..
        } = connected;
        Self {
            provider,
            account: person.email.clone(),
            person,
            calendar,
            connection,
        }
    }

    /// Plans something; answers its id.
    pub(super) async fn plan(&self, entry: &Value) -> anyhow::Result<String> {
        let made = self.person.post("/api/v1/schedule/entries", entry).await?;
        Ok(made.expect(201)?.at("/id"))
    }

    pub(super) async fn change(&self, entry: &str, change: &Value) -> anyhow::Result<()> {
        self.person.is_back().await?;
        let path = format!("/api/v1/schedule/entries/{entry}");
        let changed = self.person.json(Method::PATCH, &path, change).await?;
        changed.expect(200)?;
        Ok(())
    }

    pub(super) async fn call_off(&self, entry: &str) -> anyhow::Result<()> {
        self.person.is_back().await?;
        let path = format!("/api/v1/schedule/entries/{entry}");
        self.person.delete(&path).await?.expect(204)?;
        Ok(())
    }

    /// What the API does with the connection: `sync`, `pause`.
    pub(super) async fn press(&self, action: &str) -> anyhow::Result<Answer> {
        self.person.is_back().await?;
        let path = format!("/api/v1/connections/{}/{action}", self.connection);
        self.person.post(&path, &json!({})).await
    }

    /// The id of the event that is called so.
    pub(super) async fn event(&self, title: &str) -> anyhow::Result<String> {
        let events = self.calendar.events().await?;
        let found = events.iter().find(|event| event["summary"] == title);
        let id = found.and_then(|event| event["id"].as_str());
        let id = id.with_context(|| format!("{} has no {title:?}", self.account))?;
        Ok(id.to_owned())
    }

    pub(super) async fn fault(&self, fault: &Value) -> anyhow::Result<()> {
        let set = self.calendar.control(Method::POST, "faults", fault);
        set.await?;
        Ok(())
    }

    pub(super) async fn no_more_faults(&self) -> anyhow::Result<()> {
        let none = json!(null);
        let cleared = self.calendar.control(Method::DELETE, "faults", &none);
        cleared.await?;
        Ok(())
    }
}

/// The organisation is founded and its members join, as they would over the pages; answers their ids.
pub(super) async fn found(world: &World) -> anyhow::Result<BTreeMap<&'static str, String>> {
    for (_, email, _) in MEMBERS {
        world.google.add_account(email, ZONE);
        world.microsoft.add_account(email, ZONE);
    }
    let (name, email, _) = MEMBERS[0];
    let wish = json!({
        "account_type": "admin", "organization": ORGANIZATION, "name": name, "email": email,
        "password": DEMO_PASSWORD,
    });
    sign_up(world, &wish).await?;
    let dana = Person::sign_in(world, DANA).await?;
    for (name, email, role) in &MEMBERS[1..] {
        let invite = json!({ "email": email, "role": role });
        let invite = dana.post("/api/v1/invites", &invite).await?.expect(201)?;
        let url: url::Url = invite.at("/url").parse()?;
        let (_, token) = url.query_pairs().next().context("a token")?;
        let wish = json!({
            "account_type": "team_member", "name": name, "password": DEMO_PASSWORD, "invite": token,
        });
        sign_up(world, &wish).await?;
    }
    let listed = dana.get("/api/v1/members").await?.expect(200)?.json();
    let listed = listed["items"].as_array().context("members")?;
    let id_of = |(_, email, _): (&str, &'static str, Role)| {
        let member = listed.iter().find(|member| member["email"] == email);
        let id = member.and_then(|member| member["id"].as_str());
        let id = id.with_context(|| format!("{email} has not joined"))?;
        Ok((email, id.to_owned()))
    };
    MEMBERS.into_iter().map(id_of).collect()
}

async fn sign_up(world: &World, wish: &Value) -> anyhow::Result<()> {
    let stranger = Person::stranger(world)?;
    let joined = stranger.post("/api/users/auth/signup/", wish).await?;
    joined.expect(201)?;
    Ok(())
}

/// A key for a program that reports what connectors do; answers its id, and the key.
pub(super) async fn key(person: &Person, name: &str) -> anyhow::Result<(String, String)> {
    let wish = json!({ "name": name, "scopes": ["integrations.report"] });
    let made = person.post("/api/v1/api-keys", &wish).await?.expect(201)?;
    Ok((made.at("/id"), made.at("/key")))
}

/// A program reports what a connector did.
pub(super) async fn report(
    world: &World,
    key: &str,
    connector: &str,
    what: &Value,
) -> anyhow::Result<()> {
    let program = Person::stranger(world)?;
    let path = format!("/api/v1/integrations/{connector}/events");
    let asked = program.request(Method::POST, &path).await?;
    let asked = asked.bearer_auth(key).json(what);
    program.send(asked).await?.expect(201)?;
    Ok(())
}

/// A span of a day, as the schedule says it.
pub(super) fn here(date: Date, [start, end]: [Time; 2]) -> Value {
    let at = |time: Time| json!({ "local": date.to_datetime(time), "zone": ZONE });
    json!({ "start": at(start), "end": at(end) })
}

/// The same, as calendars say it.
pub(super) fn there(date: Date, [start, end]: [Time; 2]) -> anyhow::Result<Value> {
    let zone = TimeZone::get(ZONE)?;
    let at = |time: Time| {
        let at = date.to_datetime(time).to_zoned(zone.clone())?;
        let text = at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        anyhow::Ok(json!({ "dateTime": text, "timeZone": ZONE }))
    };
    Ok(json!({ "start": at(start)?, "end": at(end)? }))
}

/// One object with the fields of both.
pub(super) fn with(mut object: Value, more: &Value) -> Value {
    for (field, value) in more.as_object().into_iter().flatten() {
        object[field] = value.clone();
    }
    object
}
