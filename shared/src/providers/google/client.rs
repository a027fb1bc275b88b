//! Calls to Google Calendar v3.

use async_trait::async_trait;
use domain::{
    calendar::Calendar,
    connection::RefreshTokens,
    content::Fields,
    event::{Change, ExternalEventId, Revision},
    failure::FailureClass,
    id::SubscriptionId,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, header};

use super::{
    super::{
        Account, CalendarProvider, Created, EventWrite, GrantedSubscription, ListedCalendar,
        NewEvent, Next, OAuthEndpoints, Page, ProviderError, ReadFrom, Revoked, SeriesShown,
        SubscribesTo, SubscriptionRequest, Written,
    },
    answer::{rejected, send, send_and_read},
    batch, convert,
    event_id::event_id,
    revoke, wire,
};
use crate::{config::GoogleEndpoints, crypto::Secret};

pub struct Google {
    http: reqwest::Client,
    endpoints: GoogleEndpoints,
}

const PAGE_SIZE: &str = "250";

/// Listing calendars needs a scope of its own: `calendar.events` does not cover it.
const SCOPES: [&str; 4] = [
    "openid",
    "email",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
];

impl Google {
    pub(crate) fn new(http: reqwest::Client, endpoints: &GoogleEndpoints) -> Self {
        Self {
            http,
            endpoints: endpoints.clone(),
        }
    }

    pub(super) fn request(&self, method: Method, access: &Secret, path: &[&str]) -> RequestBuilder {
        let mut url = self.endpoints.calendar.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.http.request(method, url).bearer_auth(access.expose())
    }

    /// The batch of the same interface: its path goes before, and holds no more.
    pub(super) fn batch(&self, access: &Secret) -> RequestBuilder {
        let mut url = self.endpoints.calendar.clone();
        let path = format!("/batch{}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        self.http.post(url).bearer_auth(access.expose())
    }

    pub(super) fn event(
        &self,
        method: Method,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
    ) -> RequestBuilder {
        self.request(
            method,
            access,
            &["calendars", &calendar.external_id, "events", &id.0],
        )
    }
}

#[async_trait]
impl CalendarProvider for Google {
    fn oauth(&self) -> OAuthEndpoints<'_> {
        OAuthEndpoints {
            authorize: &self.endpoints.authorize,
            token: &self.endpoints.token,
            scopes: &SCOPES,
            required_scopes: &SCOPES[2..],
            // Consent every time: otherwise a second authorization of the same account brings no refresh token.
            parameters: &[("access_type", "offline"), ("prompt", "consent")],
        }
    }

    fn grant_error(&self, error: &str, description: &str) -> (FailureClass, String) {
        let class = match error {
            "invalid_grant" => FailureClass::Authentication,
            _ => FailureClass::Transient,
        };
        match description {
            "" => (class, error.to_owned()),
            description => (class, format!("{error}: {description}")),
        }
    }

    fn masked(&self) -> Fields {
        Fields::NONE
    }

    fn event_id(&self, key: &str) -> Option<ExternalEventId> {
        Some(event_id(key))
    }

    async fn account(&self, access: &Secret) -> Result<Account, ProviderError> {
        let operation = "read the account";
        let request = self
            .http
            .get(self.endpoints.userinfo.clone())
            .bearer_auth(access.expose());
        let user: wire::Userinfo = send_and_read(operation, request).await?;
        Ok(Account {
            subject: user.sub,
            address: user.email,
        })
    }

    async fn calendars(&self, access: &Secret) -> Result<Vec<ListedCalendar>, ProviderError> {
        let operation = "list the calendars";
        let mut found = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let mut request = self
                .request(Method::GET, access, &["users", "me", "calendarList"])
                .query(&[("maxResults", PAGE_SIZE)]);
            if let Some(page) = &page {
                request = request.query(&[("pageToken", page)]);
            }
            let list: wire::CalendarList = send_and_read(operation, request).await?;
            found.extend(
                list.items
                    .into_iter()
                    .filter(|entry| !entry.deleted)
                    .map(convert::listed),
            );
            page = list.next_page_token;
            if page.is_none() {
                return Ok(found);
            }
        }
    }

    async fn changes(
        &self,
        access: &Secret,
        calendar: &Calendar,
        from: ReadFrom<'_>,
        page: Option<&str>,
    ) -> Result<Page, ProviderError> {
        let operation = "read the events";
        // The same parameters in every call of a sync: Google leaves anything else undefined.
        let mut request = self
            .request(
                Method::GET,
                access,
                &["calendars", &calendar.external_id, "events"],
            )
            .query(&[
                ("singleEvents", "false"),
                ("showDeleted", "true"),
                ("maxResults", PAGE_SIZE),
            ]);
        request = match from {
            ReadFrom::Cursor(cursor) => request.query(&[("syncToken", cursor)]),
            ReadFrom::Start { since: Some(since) } => {
                request.query(&[("timeMin", since.to_string())])
            }
            ReadFrom::Start { since: None } => request,
        };
        if let Some(page) = page {
            request = request.query(&[("pageToken", page)]);
        }
        let events: wire::Events = send_and_read(operation, request).await?;
        let changes = events
            .items
            .into_iter()
            .filter_map(|item| convert::item(item, &calendar.zone))
            .collect();
        let next = match (events.next_page_token, events.next_sync_token) {
            (Some(page), None) => Next::Page(page),
            (None, Some(cursor)) => Next::Cursor(cursor),
            (Some(_), Some(_)) | (None, None) => {
                let detail = "a page must have either a successor or a sync token";
                return Err(rejected(operation, detail));
            }
        };
        Ok(Page {
            changes,
            series: SeriesShown::Apart,
            out_of_view: Vec::new(),
            next,
        })
    }

    async fn get(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
    ) -> Result<Option<Change>, ProviderError> {
        let operation = "read the event";
        let request = self.event(Method::GET, access, calendar, id);
        let event = match send_and_read(operation, request).await {
            Ok(event) => event,
            Err(error) if error.class == FailureClass::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match convert::change(event, &calendar.zone) {
            Change::Upserted(series) if series.content.repeats() => self
                .with_exceptions(access, calendar, series)
                .await
                .map(Some),
            change @ (Change::Upserted(_)
            | Change::Removed(_)
            | Change::Occurrence(_)
            | Change::Refused { .. }) => Ok(Some(convert::standing_alone(change))),
        }
    }

    fn creates_at_once(&self) -> usize {
        batch::REQUESTS_MAX
    }

    async fn create(
        &self,
        access: &Secret,
        calendar: &Calendar,
        events: &[NewEvent<'_>],
    ) -> Result<Vec<Result<Created, ProviderError>>, ProviderError> {
        self.create_events(access, calendar, events).await
    }

    async fn update(
        &self,
        access: &Secret,
        calendar: &Calendar,
        write: EventWrite<'_>,
    ) -> Result<Written, ProviderError> {
        self.update_series(access, calendar, write).await
    }

    async fn delete(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
        revision: Option<&Revision>,
    ) -> Result<(), ProviderError> {
        let operation = "delete the event";
        let mut request = self
            .event(Method::DELETE, access, calendar, id)
            .query(&[("sendUpdates", "none")]);
        if let Some(revision) = revision {
            request = request.header(header::IF_MATCH, &revision.0);
        }
        match send(operation, request).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A channel lasts a week.
    fn renew_after(&self) -> SignedDuration {
        SignedDuration::from_hours(84)
    }

    fn burst(&self) -> SignedDuration {
        SignedDuration::from_secs(5)
    }

    fn refresh_tokens(&self) -> RefreshTokens {
        RefreshTokens::Last
    }

    fn subscribes_to(&self) -> SubscribesTo {
        SubscribesTo::OneCalendar
    }

    /// Channels end when they end.
    async fn renew(
        &self,
        _access: &Secret,
        _external_id: &str,
    ) -> Result<Option<GrantedSubscription>, ProviderError> {
        Ok(None)
    }

    async fn subscribe(
        &self,
        access: &Secret,
        calendar: &Calendar,
        request: &SubscriptionRequest,
    ) -> Result<GrantedSubscription, ProviderError> {
        let operation = "subscribe to the calendar";
        let body = wire::ChannelBody {
            id: request.id.to_string(),
            r#type: "web_hook",
            address: request.address.as_str(),
            token: &request.channel_token,
        };
        let path = ["calendars", &calendar.external_id, "events", "watch"];
        let request = self.request(Method::POST, access, &path).json(&body);
        let channel: wire::Channel = send_and_read(operation, request).await?;
        let expires_at = channel
            .expiration
            .and_then(|expiration| Timestamp::from_millisecond(expiration.number()?).ok())
            .ok_or_else(|| rejected(operation, "the channel has no expiration"))?;
        Ok(GrantedSubscription {
            external_id: channel.resource_id,
            expires_at,
        })
    }

    async fn unsubscribe(
        &self,
        access: &Secret,
        id: SubscriptionId,
        external_id: &str,
    ) -> Result<(), ProviderError> {
        let operation = "stop the subscription";
        let body = wire::StopBody {
            id: id.to_string(),
            resource_id: external_id,
        };
        match send(
            operation,
            self.request(Method::POST, access, &["channels", "stop"])
                .json(&body),
        )
        .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The resource id names the calendar that is watched, which is the twin's too.
    async fn unsubscribe_unanswered(
        &self,
        access: &Secret,
        id: SubscriptionId,
        twin: &str,
    ) -> Result<(), ProviderError> {
        self.unsubscribe(access, id, twin).await
    }

    async fn revoke(&self, refresh: &Secret) -> Result<Revoked, ProviderError> {
        let request = self.http.post(self.endpoints.revoke.clone());
        revoke::revoke(request.form(&[("token", refresh.expose())])).await
    }
}
