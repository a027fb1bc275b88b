//! Calls to Microsoft Graph v1.0.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    calendar::Calendar,
    connection::RefreshTokens,
    content::Fields,
    event::{Change, ExternalEventId, Revision},
    failure::FailureClass,
    id::SubscriptionId,
    time::{Zone, windows},
};
use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder, header};

use super::{
    super::{
        Account, CalendarProvider, Created, EventWrite, GrantedSubscription, ListedCalendar,
        NewEvent, OAuthEndpoints, Page, ProviderError, ReadFrom, Revoked, SubscribesTo,
        SubscriptionRequest, Written, is_name,
    },
    answer::{read, rejected, send},
    batch, sign_in, wire,
};
use crate::{clock::Clock, config::MicrosoftEndpoints, crypto::Secret};

pub struct Microsoft {
    pub(super) http: reqwest::Client,
    pub(super) endpoints: MicrosoftEndpoints,
    pub(super) clock: Arc<dyn Clock>,
}

const SCOPES: [&str; 4] = [
    "offline_access",
    "User.Read",
    "MailboxSettings.Read",
    "Calendars.ReadWrite",
];

/// On every call: ids that stay when an event is moved, and times that need no table of zones to be understood.
pub(super) const PREFER: &str = r#"IdType="ImmutableId", outlook.timezone="UTC""#;

/// Where our copies carry the name under which they were created.
pub(super) const NAME_PROPERTY: &str =
    "String {3d4a0c5e-6a0f-4c43-9d0c-2f5f1d6a7b10} Name KalendsCopy";

impl Microsoft {
    pub fn new(
        http: reqwest::Client,
        endpoints: MicrosoftEndpoints,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            http,
            endpoints,
            clock,
        }
    }

    pub(super) fn request(&self, method: Method, access: &Secret, path: &[&str]) -> RequestBuilder {
        let mut url = self.endpoints.graph.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.http
            .request(method, url)
            .bearer_auth(access.expose())
            .header("prefer", PREFER)
    }

    /// An event, or what stands `below` it.
    pub(super) fn event(
        &self,
        method: Method,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
        below: &[&str],
    ) -> RequestBuilder {
        let mut path = vec!["me", "calendars", &calendar.external_id, "events", id];
        path.extend(below);
        self.request(method, access, &path)
    }

    /// The id of the event; a name of ours is looked up. `None`: there is no event with this name.
    pub(super) async fn id_of(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
    ) -> Result<Option<String>, ProviderError> {
        if !is_name(id) {
            return Ok(Some(id.0.clone()));
        }
        let operation = "look for the event";
        let filter = format!(
            "singleValueExtendedProperties/Any(ep: ep/id eq '{NAME_PROPERTY}' and ep/value eq '{id}')"
        );
        let path = ["me", "calendars", &calendar.external_id, "events"];
        let request = self
            .request(Method::GET, access, &path)
            .query(&[("$filter", filter.as_str()), ("$select", "id")]);
        let found: wire::List = read(operation, send(operation, request).await?).await?;
        let first = found
            .value
            .first()
            .and_then(|event| event.get("id")?.as_str());
        Ok(first.map(str::to_owned))
    }

    /// The zone of the mailbox. Without it whole days would begin at UTC's midnight; but nothing else needs it.
    async fn mailbox_zone(&self, access: &Secret) -> Result<Zone, ProviderError> {
        let operation = "read the mailbox's time zone";
        let request = self.request(Method::GET, access, &["me", "mailboxSettings"]);
        let settings: wire::MailboxSettings = match send(operation, request).await {
            Ok(response) => read(operation, response).await?,
            Err(error)
                if matches!(error.class, FailureClass::Rejected | FailureClass::NotFound) =>
            {
                return Ok(Zone::utc());
            }
            Err(error) => return Err(error),
        };
        Ok(settings
            .time_zone
            .and_then(|name| windows::zone(&name))
            .unwrap_or_else(Zone::utc))
    }
}

#[async_trait]
impl CalendarProvider for Microsoft {
    fn oauth(&self) -> OAuthEndpoints<'_> {
        OAuthEndpoints {
            authorize: &self.endpoints.authorize,
            token: &self.endpoints.token,
            scopes: &SCOPES,
            required_scopes: &SCOPES[3..],
            // The account that is signed in may not be the one that is meant.
            parameters: &[("prompt", "select_account")],
        }
    }

    fn grant_error(&self, error: &str, description: &str) -> (FailureClass, String) {
        match sign_in::remedy(error, description) {
            Some(remedy) => (remedy.class, remedy.sentence()),
            None => (FailureClass::Transient, error.to_owned()),
        }
    }

    fn masked(&self) -> Fields {
        Fields::NONE
    }

    fn event_id(&self, _key: &str) -> Option<ExternalEventId> {
        None
    }

    async fn account(&self, access: &Secret) -> Result<Account, ProviderError> {
        let operation = "read the account";
        let request = self.request(Method::GET, access, &["me"]);
        let user: wire::User = read(operation, send(operation, request).await?).await?;
        Ok(Account {
            subject: user.id,
            address: user.mail.unwrap_or(user.user_principal_name),
        })
    }

    async fn calendars(&self, access: &Secret) -> Result<Vec<ListedCalendar>, ProviderError> {
        let operation = "list the calendars";
        let zone = self.mailbox_zone(access).await?;
        let first = self.request(Method::GET, access, &["me", "calendars"]);
        let first = first.query(&[("$top", "100")]);
        let mut found = Vec::new();
        for json in self.whole_list(operation, access, first).await? {
            let calendar: wire::Calendar = serde_json::from_value(json)
                .map_err(|error| rejected(operation, error.to_string()))?;
            found.push(ListedCalendar {
                name: calendar.name.unwrap_or_else(|| calendar.id.clone()),
                external_id: calendar.id,
                zone: zone.clone(),
                primary: calendar.is_default_calendar,
                writable: calendar.can_edit,
            });
        }
        Ok(found)
    }

    async fn changes(
        &self,
        access: &Secret,
        calendar: &Calendar,
        from: ReadFrom<'_>,
        page: Option<&str>,
    ) -> Result<Page, ProviderError> {
        self.delta(access, calendar, from, page).await
    }

    async fn get(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
    ) -> Result<Option<Change>, ProviderError> {
        match self.id_of(access, calendar, id).await? {
            Some(id) => self.change(access, calendar, &id).await,
            None => Ok(None),
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
        let Some(id) = self.id_of(access, calendar, id).await? else {
            return Ok(());
        };
        let mut request = self.event(Method::DELETE, access, calendar, &id, &[]);
        if let Some(revision) = revision {
            request = request.header(header::IF_MATCH, &revision.0);
        }
        match send("delete the event", request).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A subscription may last a week; it is renewed thrice in that time.
    fn renew_after(&self) -> SignedDuration {
        SignedDuration::from_hours(50)
    }

    fn burst(&self) -> SignedDuration {
        SignedDuration::from_secs(2)
    }

    /// Graph tells of the whole mailbox.
    fn refresh_tokens(&self) -> RefreshTokens {
        RefreshTokens::Last
    }

    fn subscribes_to(&self) -> SubscribesTo {
        SubscribesTo::TheAccount
    }

    async fn subscribe(
        &self,
        access: &Secret,
        _calendar: &Calendar,
        request: &SubscriptionRequest,
    ) -> Result<GrantedSubscription, ProviderError> {
        self.subscribe_to_mailbox(access, request).await
    }

    async fn renew(
        &self,
        access: &Secret,
        external_id: &str,
    ) -> Result<Option<GrantedSubscription>, ProviderError> {
        self.renew_subscription(access, external_id).await
    }

    async fn unsubscribe(
        &self,
        access: &Secret,
        _id: SubscriptionId,
        external_id: &str,
    ) -> Result<(), ProviderError> {
        self.delete_subscription(access, external_id).await
    }

    /// There can be no twin of it: whoever subscribes deletes it first.
    async fn unsubscribe_unanswered(
        &self,
        _access: &Secret,
        _id: SubscriptionId,
        _twin: &str,
    ) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn revoke(&self, _refresh: &Secret) -> Result<Revoked, ProviderError> {
        Ok(Revoked::OnlyByHand)
    }
}
