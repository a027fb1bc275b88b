//! New events: one in a call of its own, many in a batch. What an earlier try may have created is looked for first.

use domain::{
    calendar::Calendar,
    content::{Content, Fields},
    event::{CalendarEvent, Change, ExternalEventId},
    failure::FailureClass,
};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{
    super::{Created, NewEvent, ProviderError, Tried},
    answer::{failed, read, rejected, send},
    body,
    client::{Microsoft, NAME_PROPERTY},
    convert,
    wire::{self, EventBody},
};
use crate::crypto::Secret;

const CREATE: &str = "create the event";

impl Microsoft {
    pub(super) async fn create_events(
        &self,
        access: &Secret,
        calendar: &Calendar,
        events: &[NewEvent<'_>],
    ) -> Result<Vec<Result<Created, ProviderError>>, ProviderError> {
        let mut fresh = Vec::new();
        let mut created: Vec<Option<Result<Created, ProviderError>>> = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let found = self.found(access, calendar, event).await;
            if matches!(found, Ok(None)) {
                fresh.push(index);
            }
            created.push(found.transpose());
        }
        let posts = fresh.iter().map(|index| &events[*index]);
        let posted = match fresh.len() {
            0 => Vec::new(),
            1 => vec![self.post(access, calendar, &events[fresh[0]]).await],
            _ => {
                self.post_together(access, calendar, posts.collect())
                    .await?
            }
        };
        for (index, answer) in fresh.into_iter().zip(posted) {
            let finished = self.created(access, calendar, &events[index], answer).await;
            created[index] = Some(finished);
        }
        let unanswered = || failed(FailureClass::Transient, CREATE, "no usable answer");
        Ok(created
            .into_iter()
            .map(|created| created.unwrap_or_else(|| Err(unanswered())))
            .collect())
    }

    /// What an earlier try created.
    async fn found(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
    ) -> Result<Option<Created>, ProviderError> {
        match event.tried {
            Tried::Never => Ok(None),
            Tried::Perhaps => match self.id_of(access, calendar, event.id).await? {
                Some(known) => self
                    .adopt(access, calendar, &known, event.content)
                    .await
                    .map(Some),
                None => Ok(None),
            },
        }
    }

    async fn created(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
        answer: Result<wire::Event, ProviderError>,
    ) -> Result<Created, ProviderError> {
        let new = match answer {
            Ok(new) => new,
            // An earlier try came through after it had been looked for.
            Err(error) if error.class == FailureClass::Conflict => {
                let known = self.id_of(access, calendar, event.id).await?.ok_or(error)?;
                return self.adopt(access, calendar, &known, event.content).await;
            }
            Err(error) => return Err(error),
        };
        let id = new.id.clone();
        if event.content.exceptions.cancelled().next().is_none() {
            return standing(Some(convert::change(new, &calendar.zone))).map(Created::New);
        }
        self.leave_out(access, calendar, &id, event.content).await?;
        let series = self.series(access, calendar, &id).await?;
        standing(series.into_iter().next()).map(Created::New)
    }

    /// It may not have come so far as to leave out every cancelled occurrence.
    async fn adopt(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
        content: &Content,
    ) -> Result<Created, ProviderError> {
        self.leave_out(access, calendar, id, content).await?;
        let found = self.change(access, calendar, id).await?;
        standing(found).map(Created::Existing)
    }

    async fn post(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
    ) -> Result<wire::Event, ProviderError> {
        let request = self.creation(access, calendar, event)?;
        read(CREATE, send(CREATE, request).await?).await
    }

    fn creation(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
    ) -> Result<RequestBuilder, ProviderError> {
        let body = whole(calendar, event)?;
        let path = ["me", "calendars", &calendar.external_id, "events"];
        Ok(self.request(Method::POST, access, &path).json(&body))
    }

    /// An error of the whole says nothing of any event.
    async fn post_together(
        &self,
        access: &Secret,
        calendar: &Calendar,
        events: Vec<&NewEvent<'_>>,
    ) -> Result<Vec<Result<wire::Event, ProviderError>>, ProviderError> {
        let mut requests = Vec::new();
        // What cannot be written down is none of the batch.
        let mut refused = Vec::new();
        for event in events {
            match self.creation(access, calendar, event) {
                Ok(request) => {
                    requests.push(request);
                    refused.push(None);
                }
                Err(error) => refused.push(Some(error)),
            }
        }
        let mut answers = self.together(CREATE, access, requests).await?.into_iter();
        let unanswered = || Err(failed(FailureClass::Transient, CREATE, "not answered"));
        Ok(refused
            .into_iter()
            .map(|refused| match refused {
                Some(error) => Err(error),
                None => answers.next().unwrap_or_else(unanswered).and_then(event),
            })
            .collect())
    }
}

fn event(json: Value) -> Result<wire::Event, ProviderError> {
    serde_json::from_value(json)
        .map_err(|_| failed(FailureClass::Transient, CREATE, "no usable answer"))
}

fn whole<'a>(calendar: &Calendar, event: &NewEvent<'a>) -> Result<EventBody<'a>, ProviderError> {
    let NewEvent { id, content, .. } = *event;
    let mut body = body::body(content, Fields::ALL, &calendar.zone)
        .map_err(|error| rejected(CREATE, error.to_string()))?;
    if !content.repeats() {
        body.recurrence = None;
    }
    let ExternalEventId(name) = id;
    body.transaction_id = Some(name);
    body.single_value_extended_properties = vec![wire::ExtendedProperty {
        id: NAME_PROPERTY,
        value: name,
    }];
    Ok(body)
}

fn standing(found: Option<Change>) -> Result<CalendarEvent, ProviderError> {
    match found {
        Some(Change::Upserted(event)) => Ok(event),
        Some(Change::Refused { refusal, .. }) => Err(rejected(CREATE, refusal.to_string())),
        Some(Change::Removed(_) | Change::Occurrence(_)) | None => {
            Err(rejected(CREATE, "it was deleted while it was created"))
        }
    }
}
