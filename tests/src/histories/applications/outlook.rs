//! Outlook, with a translator before it.

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Application, as_it_is, id_of};
use crate::{
    calendar_user::outlook_words as words,
    histories::{content_laws::SPAN, ledger::OCCURRENCES},
    world::World,
};

/// More than histories have.
const ALL: &str = "$top=500";

pub(super) struct Outlook {
    pub(super) world: World,
    pub(super) account: String,
    pub(super) calendar: String,
}

impl Outlook {
    fn act(
        &self,
        method: &Method,
        (path, query): (&str, &str),
        body: &Value,
    ) -> anyhow::Result<Value> {
        let outlook = &self.world.microsoft;
        let done = outlook.act_as(&self.account, method.clone(), path, query, body);
        done.map_err(|why| anyhow::anyhow!("{method} {path}: {why}"))
    }

    fn list(&self, path: &str, query: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.act(&Method::GET, (path, query), &Value::Null)?;
        anyhow::ensure!(list["@odata.nextLink"].is_null(), "{path} has more");
        Ok(list["value"].as_array().cloned().unwrap_or_default())
    }

    fn here(&self, rest: &str) -> String {
        format!("me/calendars/{}/{rest}", self.calendar)
    }

    fn instances(&self, series: &str) -> anyhow::Result<Vec<Value>> {
        let (from, to) = SPAN;
        let query = format!("startDateTime={from}&endDateTime={to}&{ALL}");
        self.list(&format!("me/events/{series}/instances"), &query)
    }

    /// Graph's path of an event, or of an occurrence, if it takes place.
    fn path(&self, id: &str) -> anyhow::Result<String> {
        let named = id.rsplit_once('_');
        let Some((series, original)) = named.filter(|(_, start)| start.ends_with('Z')) else {
            return Ok(format!("me/events/{id}"));
        };
        let instances = self.instances(series)?;
        let mut starting = instances
            .iter()
            .filter(|one| words::original_start(one).as_deref() == Some(original));
        let found = starting.next().context("it does not take place")?;
        Ok(format!("me/events/{}", id_of(found)))
    }
}

impl Application for Outlook {
    fn shown(&self) -> anyhow::Result<Vec<Value>> {
        let mut shown = Vec::new();
        for event in self.list(&self.here("events"), ALL)? {
            let series = id_of(&event);
            let mut said = words::of_graph(&event)?;
            said["created"] = event["createdDateTime"].clone();
            shown.push(said);
            if event["type"] != "seriesMaster" {
                continue;
            }
            let instances = self.instances(&series)?;
            for one in instances.iter().filter(|one| one["type"] == "exception") {
                shown.push(words::of_graph(one)?);
            }
            // Which of them does not take place is not told.
            for _ in instances.len()..usize::try_from(OCCURRENCES)? {
                shown.push(json!({ "recurringEventId": series, "status": "cancelled" }));
            }
        }
        Ok(shown)
    }

    fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>> {
        let query = format!("startDateTime={from}&endDateTime={to}&{ALL}");
        let shown = self.list(&self.here("calendarView"), &query)?;
        shown.iter().map(words::of_graph).collect()
    }

    fn get(&self, id: &str) -> anyhow::Result<Value> {
        let event = self.act(&Method::GET, (&self.path(id)?, ""), &Value::Null)?;
        words::of_graph(&event)
    }

    fn insert(&self, event: &Value) -> anyhow::Result<Value> {
        let made = self.act(
            &Method::POST,
            (&self.here("events"), ""),
            &words::for_graph(event)?,
        )?;
        words::of_graph(&made)
    }

    fn patch(&self, id: &str, change: &Value) -> anyhow::Result<()> {
        let mut change = change.clone();
        let repeats = self.get(id)?["recurrence"].clone();
        // The range of a series says on which day it begins.
        if !change["start"].is_null() && !repeats.is_null() {
            change["recurrence"] = repeats;
        }
        let change = words::for_graph(&change)?;
        self.act(&Method::PATCH, (&self.path(id)?, ""), &change)
            .map(drop)
    }

    fn delete(&self, id: &str) -> anyhow::Result<()> {
        self.act(&Method::DELETE, (&self.path(id)?, ""), &Value::Null)
            .map(drop)
    }

    fn import(&self, event: &Value) -> anyhow::Result<String> {
        let mut copy = as_it_is(event);
        let identity = copy["iCalUID"].take();
        let identity = identity.as_str().context("a meeting has an identity")?;
        copy.as_object_mut().map(|copy| copy.remove("iCalUID"));
        let copy = words::for_graph(&copy)?;
        let outlook = &self.world.microsoft;
        let put = outlook.import_as(&self.account, &self.calendar, &copy, identity);
        put.map(|put| id_of(&put))
            .map_err(|why| anyhow::anyhow!("import: {why}"))
    }

    fn put_into(&self, event: &Value, calendar: &str) -> anyhow::Result<String> {
        let id = id_of(event);
        let put = self.world.microsoft.drag(&self.account, &id, calendar);
        put.context("it was dragged")?;
        Ok(id)
    }
}
