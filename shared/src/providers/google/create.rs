//! New events: one in a call of its own, many in a batch. Either way the same request, and the same reading of its answer.

use domain::{
    calendar::Calendar,
    content::Fields,
    event::{CalendarEvent, Change},
    failure::FailureClass,
    time::Zone,
};
use reqwest::{Method, RequestBuilder};

use super::{
    super::{CalendarProvider as _, Created, NewEvent, ProviderError},
    answer::{Answer, rejected, send, unanswered},
    client::Google,
    convert,
};
use crate::crypto::Secret;

const CREATE: &str = "create the event";

impl Google {
    pub(super) async fn create_events(
        &self,
        access: &Secret,
        calendar: &Calendar,
        events: &[NewEvent<'_>],
    ) -> Result<Vec<Result<Created, ProviderError>>, ProviderError> {
        let requests = events
            .iter()
            .map(|event| self.insertion(access, calendar, event));
        let mut requests: Vec<RequestBuilder> = requests.collect();
        let answers = if requests.len() > 1 {
            let answers = self.send_together(CREATE, access, requests).await?;
            let told_apart = |answer: Option<Answer>| match answer {
                Some(answer) => answer.accepted(CREATE),
                None => Err(unanswered(CREATE)),
            };
            answers.into_iter().map(told_apart).collect()
        } else {
            match requests.pop() {
                Some(request) => vec![send(CREATE, request).await],
                None => Vec::new(),
            }
        };
        let mut created = Vec::new();
        for (event, answer) in events.iter().zip(answers) {
            created.push(self.created(access, calendar, event, answer).await);
        }
        Ok(created)
    }

    fn insertion(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
    ) -> RequestBuilder {
        let mut body = convert::body(event.content, Fields::ALL);
        body.id = Some(&event.id.0);
        let path = ["calendars", &calendar.external_id, "events"];
        self.request(Method::POST, access, &path)
            .query(&[("sendUpdates", "none")])
            .json(&body)
    }

    async fn created(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
        answer: Result<Answer, ProviderError>,
    ) -> Result<Created, ProviderError> {
        match answer {
            Ok(answer) => {
                let created = read_event(CREATE, &answer, &calendar.zone)?;
                if created.external_id != *event.id {
                    return Err(rejected(CREATE, "the provider answered another event"));
                }
                Ok(Created::New(created))
            }
            Err(error) if error.class == FailureClass::Conflict => {
                self.adopt_or_restore(access, calendar, event).await
            }
            Err(error) => Err(error),
        }
    }

    /// The id is taken: an earlier try got through, or the event was deleted since. A deleted event keeps its id for
    /// ever and comes back when it is confirmed.
    async fn adopt_or_restore(
        &self,
        access: &Secret,
        calendar: &Calendar,
        event: &NewEvent<'_>,
    ) -> Result<Created, ProviderError> {
        let operation = "adopt the event";
        match self.get(access, calendar, event.id).await? {
            Some(Change::Upserted(event)) => Ok(Created::Existing(event)),
            Some(Change::Removed(_)) => {
                let mut body = convert::body(event.content, Fields::ALL.without(event.hidden));
                body.status = Some("confirmed");
                let request = self
                    .event(Method::PATCH, access, calendar, event.id)
                    .query(&[("sendUpdates", "none")])
                    .json(&body);
                let answer = send(operation, request).await?;
                read_event(operation, &answer, &calendar.zone).map(Created::New)
            }
            Some(Change::Refused { refusal, .. }) => Err(rejected(operation, &refusal.to_string())),
            Some(Change::Occurrence(_)) | None => Err(rejected(
                operation,
                "its id is taken by an event that cannot be read",
            )),
        }
    }
}

pub(super) fn read_event(
    operation: &'static str,
    answer: &Answer,
    zone: &Zone,
) -> Result<CalendarEvent, ProviderError> {
    let change = convert::change(answer.read(operation)?, zone);
    match convert::standing_alone(change) {
        Change::Upserted(event) => Ok(event),
        Change::Removed(_) => Err(rejected(operation, "the provider answered a deleted event")),
        Change::Refused { refusal, .. } => Err(rejected(operation, &refusal.to_string())),
        Change::Occurrence(_) => Err(rejected(operation, "the provider answered a series")),
    }
}
