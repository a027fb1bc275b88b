//! Reads of single events, of series as a whole, and of lists.

use domain::{calendar::Calendar, event::Change, failure::FailureClass, series::OriginalStart};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;

use super::{
    super::ProviderError,
    answer::{read, rejected, send},
    client::{Microsoft, PREFER},
    convert, wire,
};
use crate::crypto::Secret;

/// More than any list of ours should need.
const PAGES_MAX: u32 = 100;
const READ_SERIES: &str = "read the series";

impl Microsoft {
    /// Every page of a list that is short.
    pub(super) async fn whole_list(
        &self,
        operation: &'static str,
        access: &Secret,
        first: RequestBuilder,
    ) -> Result<Vec<Value>, ProviderError> {
        let mut found = Vec::new();
        let mut request = first;
        for _ in 0..PAGES_MAX {
            let page: wire::List = read(operation, send(operation, request).await?).await?;
            found.extend(page.value);
            let Some(link) = page.next_link else {
                return Ok(found);
            };
            let link = link.parse::<Url>().ok().filter(|link| self.is_graph(link));
            let link = link.ok_or_else(|| rejected(operation, "a link that leads elsewhere"))?;
            request = self
                .http
                .get(link)
                .bearer_auth(access.expose())
                .header("prefer", PREFER);
        }
        Err(rejected(operation, "the list does not end"))
    }

    /// The event as it is now, a series with everything that differs from it.
    pub(super) async fn change(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
    ) -> Result<Option<Change>, ProviderError> {
        let operation = "read the event";
        let request = self.event(Method::GET, access, calendar, id, &[]);
        let event: wire::Event = match send(operation, request).await {
            Ok(response) => read(operation, response).await?,
            Err(error) if error.class == FailureClass::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if event.recurrence.is_some() {
            return Ok(self.series(access, calendar, id).await?.into_iter().next());
        }
        Ok(Some(match convert::change(event, &calendar.zone) {
            Change::Occurrence(occurrence) => occurrence.standing_alone(),
            other @ (Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. }) => other,
        }))
    }

    /// The series, and after it those of its occurrences that cannot be held. Nothing where it is not to be seen.
    pub(super) async fn series(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
    ) -> Result<Vec<Change>, ProviderError> {
        let json = self.series_json(access, calendar, id).await?;
        Ok(json
            .map(|json| convert::changes(json, &calendar.zone))
            .unwrap_or_default())
    }

    pub(super) async fn series_json(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
    ) -> Result<Option<Value>, ProviderError> {
        let request = self.series_request(access, calendar, id);
        match send(READ_SERIES, request).await {
            Ok(response) => read(READ_SERIES, response).await.map(Some),
            Err(error) if error.class == FailureClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same of at most as many as go into one call.
    pub(super) async fn many_series(
        &self,
        access: &Secret,
        calendar: &Calendar,
        ids: &[String],
    ) -> Result<Vec<Vec<Change>>, ProviderError> {
        if let [id] = ids {
            return Ok(vec![self.series(access, calendar, id).await?]);
        }
        let requests = ids
            .iter()
            .map(|id| self.series_request(access, calendar, id));
        let answers = self.together(READ_SERIES, access, requests.collect());
        let changes = |answer: Result<Value, ProviderError>| match answer {
            Ok(json) => Ok(convert::changes(json, &calendar.zone)),
            Err(error) if error.class == FailureClass::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        answers.await?.into_iter().map(changes).collect()
    }

    fn series_request(&self, access: &Secret, calendar: &Calendar, id: &str) -> RequestBuilder {
        let query = [
            ("$select", wire::SELECT),
            ("$expand", "exceptionOccurrences"),
        ];
        self.event(Method::GET, access, calendar, id, &[])
            .query(&query)
    }

    /// The occurrences that begin between two original starts, or near them, as they take place.
    pub(super) async fn instances(
        &self,
        access: &Secret,
        calendar: &Calendar,
        series: &str,
        (first, last): (OriginalStart, OriginalStart),
    ) -> Result<Vec<wire::Event>, ProviderError> {
        let operation = "read the occurrences";
        let (Some((from, _)), Some((_, to))) = (convert::around(first), convert::around(last))
        else {
            return Ok(Vec::new());
        };
        let query = [
            ("startDateTime", from.to_string()),
            ("endDateTime", to.to_string()),
            ("$top", "100".to_owned()),
        ];
        let request = self
            .event(Method::GET, access, calendar, series, &["instances"])
            .query(&query);
        let found = self.whole_list(operation, access, request).await?;
        Ok(found
            .into_iter()
            .filter_map(|json| convert::event(json).ok())
            .collect())
    }
}
