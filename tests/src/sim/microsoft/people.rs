//! What people do at a client of Exchange: everything that an application can, and some things that none can.

use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use super::api::{self, ApiRequest};
use super::ids::IdType;
use super::notices::{self, Change};
use super::server::MicrosoftSim;
use super::state::State;
use super::wire::GraphError;
use super::write;

/// What no application can say of an event.
#[derive(Debug, Default)]
pub(super) struct Adorned {
    pub(super) ical_uid: Option<String>,
    pub(super) custom_zone: Option<bool>,
    pub(super) organizer: Option<String>,
    pub(super) is_cancelled: Option<bool>,
}

impl MicrosoftSim {
    /// A call in the words of Graph, below its version, answered with ids that last and bodies without markup.
    ///
    /// # Errors
    /// What Graph says is wrong.
    pub fn act_as(
        &self,
        account: &str,
        method: Method,
        path: &str,
        query: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let said = (path, query, body);
        self.act_adorned(account, method, said, preferred(), &Adorned::default())
    }

    /// Takes over a meeting that stands elsewhere, with its identity.
    ///
    /// # Errors
    /// What Graph says is wrong.
    pub fn import_as(
        &self,
        account: &str,
        calendar: &str,
        event: &Value,
        ical_uid: &str,
    ) -> Result<Value, String> {
        let adorned = Adorned {
            ical_uid: Some(ical_uid.to_owned()),
            ..Adorned::default()
        };
        let path = format!("me/calendars/{calendar}/events");
        let said = (path.as_str(), "", event);
        self.act_adorned(account, Method::POST, said, preferred(), &adorned)
    }

    /// Puts an event into another calendar of its mailbox, and answers the id that it changes. The immutable one stays.
    pub fn drag(&self, account: &str, event: &str, to: &str) -> Option<String> {
        let now = self.now();
        self.write(|state| {
            let (calendar, item) = state.find(account, event)?;
            let (from, key) = (calendar.id.clone(), item.event.key.clone());
            let to = state.calendars_of(account).find(|known| known.id == to)?;
            let to = to.id.clone();
            let mut event = write::remove(state, &from, &key, now)?;
            event.moves += 1;
            event.revision = state.next_revision();
            event.modified = now;
            let id = event.item().id(IdType::Mutable);
            let calendar = state.calendars.get_mut(&to)?;
            calendar.events.insert(key.clone(), event);
            notices::announce(state, &to, &key, Change::Created, now);
            Some(id)
        })
    }

    pub(super) fn act_adorned(
        &self,
        account: &str,
        method: Method,
        (path, query, body): (&str, &str, &Value),
        headers: HeaderMap,
        adorned: &Adorned,
    ) -> Result<Value, String> {
        let request = ApiRequest {
            method,
            path: format!("/v1.0/{path}"),
            query: query.to_owned(),
            headers,
            body: body.to_string().into_bytes(),
            batched: false,
            crowded: false,
        };
        let (now, base) = (self.now(), &self.options().public_base);
        let done = self.write(|state| {
            let reply = api::answer_person(state, base, now, account, &request)?;
            let id = reply.body.as_ref().and_then(|body| body["id"].as_str());
            if let Some(id) = id {
                adorn(state, account, id, adorned);
            }
            Ok::<_, GraphError>(reply)
        });
        done.map(|reply| reply.body.unwrap_or_default())
            .map_err(|error| error.message().to_owned())
    }
}

fn preferred() -> HeaderMap {
    let words = r#"IdType="ImmutableId", outlook.body-content-type="text""#;
    HeaderMap::from_iter([(
        http::HeaderName::from_static("prefer"),
        HeaderValue::from_static(words),
    )])
}

fn adorn(state: &mut State, account: &str, id: &str, adorned: &Adorned) {
    let found = state.find(account, id);
    let found = found.map(|(calendar, item)| (calendar.id.clone(), item.event.key.clone()));
    let Some((calendar, key)) = found else {
        return;
    };
    if let Some(event) = state.event_mut(&calendar, &key) {
        event.ical_uid = adorned.ical_uid.clone().or(event.ical_uid.take());
        event.custom_zone = adorned.custom_zone.unwrap_or(event.custom_zone);
        event.organizer = adorned.organizer.clone().or(event.organizer.take());
        event.is_cancelled = adorned.is_cancelled.unwrap_or(event.is_cancelled);
    }
}
