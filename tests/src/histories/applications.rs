//! The applications in which people look after their calendars. All speak in the words of Google's events.

mod outlook;

use domain::connection::Provider;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{calendar_user::outlook_words, world::World};
use outlook::Outlook;

/// One calendar, opened by its owner. Nothing of it is a call of the product, and no fault strikes it.
pub(super) trait Application {
    /// What stands there, with occurrences that differ from their series as events of their own.
    fn shown(&self) -> anyhow::Result<Vec<Value>>;

    /// Everything that happens in a span of time, each occurrence of a series by itself.
    fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>>;

    /// An occurrence is called `{series}_{original start}`.
    fn get(&self, id: &str) -> anyhow::Result<Value>;

    fn insert(&self, event: &Value) -> anyhow::Result<Value>;

    fn patch(&self, id: &str, change: &Value) -> anyhow::Result<()>;

    fn delete(&self, id: &str) -> anyhow::Result<()>;

    /// Takes over a meeting that stands elsewhere, with its identity; answers its id here.
    fn import(&self, event: &Value) -> anyhow::Result<String>;

    /// Puts an event into another calendar of the account; answers its id there.
    fn put_into(&self, event: &Value, calendar: &str) -> anyhow::Result<String>;
}

pub(super) fn application(
    world: &World,
    provider: Provider,
    account: &str,
    calendar: &str,
) -> Box<dyn Application> {
    let (world, account, calendar) = (world.clone(), account.to_owned(), calendar.to_owned());
    match provider {
        Provider::Google => Box::new(Google {
            world,
            account,
            calendar,
        }),
        Provider::Microsoft => Box::new(Outlook {
            world,
            account,
            calendar,
        }),
    }
}

/// Deleted events of a calendar, in the simulator's own view of it.
pub(super) fn deleted(provider: Provider, calendar: &Value) -> anyhow::Result<Vec<Value>> {
    let listed = |name: &str| calendar[name].as_array().into_iter().flatten();
    match provider {
        Provider::Google => {
            let gone = |event: &&Value| {
                event["status"] == "cancelled" && event["recurringEventId"].is_null()
            };
            Ok(listed("events").filter(gone).cloned().collect())
        }
        Provider::Microsoft => listed("deleted").map(outlook_words::of_graph).collect(),
    }
}

/// The id that an application answers.
fn id_of(event: &Value) -> String {
    event["id"].as_str().unwrap_or_default().to_owned()
}

struct Google {
    world: World,
    account: String,
    calendar: String,
}

impl Google {
    fn act(&self, method: &Method, rest: &str, body: &Value) -> anyhow::Result<Value> {
        let path = format!("calendars/{}/events{rest}", self.calendar);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let google = &self.world.google;
        let done = google.act_as(&self.account, method.clone(), path, query, body);
        done.map_err(|why| anyhow::anyhow!("{method} {path}: {why}"))
    }

    fn list(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.act(&Method::GET, query, &Value::Null)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }
}

impl Application for Google {
    fn shown(&self) -> anyhow::Result<Vec<Value>> {
        self.list("?maxResults=2500")
    }

    fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!(
            "?maxResults=2500&singleEvents=true&timeMin={from}&timeMax={to}"
        ))
    }

    fn get(&self, id: &str) -> anyhow::Result<Value> {
        self.act(&Method::GET, &format!("/{id}"), &Value::Null)
    }

    fn insert(&self, event: &Value) -> anyhow::Result<Value> {
        self.act(&Method::POST, "", event)
    }

    fn patch(&self, id: &str, change: &Value) -> anyhow::Result<()> {
        self.act(&Method::PATCH, &format!("/{id}"), change)
            .map(drop)
    }

    fn delete(&self, id: &str) -> anyhow::Result<()> {
        self.act(&Method::DELETE, &format!("/{id}"), &Value::Null)
            .map(drop)
    }

    fn import(&self, event: &Value) -> anyhow::Result<String> {
        let put = self.act(&Method::POST, "/import", &as_it_is(event))?;
        Ok(id_of(&put))
    }

    fn put_into(&self, event: &Value, calendar: &str) -> anyhow::Result<String> {
        self.delete(&id_of(event))?;
        application(&self.world, Provider::Google, &self.account, calendar).import(event)
    }
}

/// What goes along into another calendar.
fn as_it_is(event: &Value) -> Value {
    let mut copy = json!({});
    for name in [
        "iCalUID",
        "summary",
        "description",
        "location",
        "start",
        "end",
        "recurrence",
        "visibility",
    ] {
        if !event[name].is_null() {
            copy[name] = event[name].clone();
        }
    }
    copy
}
