//! Calendar providers. What differs between vendors lives behind [`CalendarProvider`]; nothing outside a vendor's own
//! module knows its JSON.

pub mod google;
pub mod microsoft;
mod naming;
pub mod retry_after;
mod text;

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    calendar::Calendar,
    connection::{Provider, RefreshTokens},
    content::{Content, Fields, Parts},
    event::{CalendarEvent, Change, ExternalEventId, Revision},
    failure::FailureClass,
    id::SubscriptionId,
    time::Zone,
};
use jiff::{SignedDuration, Timestamp};
pub(crate) use naming::{is_name, named};
use url::Url;

use crate::crypto::Secret;

/// A failure at a provider, classified where it was answered.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation}: {class} ({detail})")]
pub struct ProviderError {
    pub class: FailureClass,
    pub operation: &'static str,
    /// What the provider said, or what broke on the way; safe to show.
    pub detail: String,
    pub retry_after_s: Option<u64>,
    #[source]
    pub source: Option<reqwest::Error>,
}

/// A calendar of the account, as the provider lists it.
#[derive(Clone, Debug)]
pub struct ListedCalendar {
    pub external_id: String,
    pub name: String,
    pub zone: Zone,
    pub primary: bool,
    pub writable: bool,
}

/// Where to read from.
#[derive(Clone, Debug)]
pub enum ReadFrom<'a> {
    /// Everything that ends after `since`.
    Start {
        since: Option<Timestamp>,
    },
    Cursor(&'a str),
}

/// One page of changes. A page may be empty and still have a successor.
#[derive(Clone, Debug)]
pub struct Page {
    pub changes: Vec<Change>,
    pub series: SeriesShown,
    /// What the read no longer shows, be it deleted or only out of its view: asking for it by its id tells.
    pub out_of_view: Vec<ExternalEventId>,
    pub next: Next,
}

/// How changes show a series that differs in single occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesShown {
    /// Each of these occurrences is a change of its own.
    Apart,
    /// With all of them.
    Whole,
}

#[derive(Clone, Debug)]
pub enum Next {
    Page(String),
    /// The read is complete; changes from here on are under this cursor.
    Cursor(String),
}

/// What a new subscription needs to know.
#[derive(Clone, Debug)]
pub struct SubscriptionRequest {
    pub id: SubscriptionId,
    pub address: Url,
    /// Comes back with every notice, and proves it.
    pub channel_token: String,
}

#[derive(Clone, Debug)]
pub struct GrantedSubscription {
    /// The provider's id, needed to stop it.
    pub external_id: String,
    pub expires_at: Timestamp,
}

/// The account behind a grant.
#[derive(Clone, Debug)]
pub struct Account {
    pub subject: String,
    pub address: String,
}

/// Where and how an account is authorised.
pub struct OAuthEndpoints<'a> {
    pub authorize: &'a Url,
    pub token: &'a Url,
    pub scopes: &'static [&'static str],
    /// Without these nothing can be synced.
    pub required_scopes: &'static [&'static str],
    /// What makes this provider hand out a refresh token.
    pub parameters: &'static [(&'static str, &'static str)],
}

#[async_trait]
pub trait CalendarProvider: Send + Sync {
    fn oauth(&self) -> OAuthEndpoints<'_>;

    /// What an error of the token endpoint asks for, and the same in words for people. `Authentication`: nothing helps
    /// but a new authorization.
    fn grant_error(&self, error: &str, description: &str) -> (FailureClass, String);

    /// Fields that the provider cannot hold.
    fn masked(&self) -> Fields;

    /// The id under which an entry's copy is created, the same however often it is tried, and created again after it was
    /// deleted. `None` where the provider gives ids itself: a name of ours stands for the event until `create` answers
    /// with its id, and `get` and `delete` find the event by this name too.
    fn event_id(&self, key: &str) -> Option<ExternalEventId>;

    async fn account(&self, access: &Secret) -> Result<Account, ProviderError>;

    async fn calendars(&self, access: &Secret) -> Result<Vec<ListedCalendar>, ProviderError>;

    /// One page of a read. `page` continues the read that began at `from`.
    async fn changes(
        &self,
        access: &Secret,
        calendar: &Calendar,
        from: ReadFrom<'_>,
        page: Option<&str>,
    ) -> Result<Page, ProviderError>;

    /// The event as it is now, a series with all its exceptions; `Removed` where it was deleted, `None` where it never
    /// was.
    async fn get(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
    ) -> Result<Option<Change>, ProviderError>;

    /// How many events can be created in one call.
    fn creates_at_once(&self) -> usize;

    /// Creates each event under its id, or adopts the one that an earlier try created, and answers for each in order.
    /// Of the exceptions of a series only the cancelled occurrences are created with it. An error of the whole says
    /// nothing of any event: each may have been created or not.
    async fn create(
        &self,
        access: &Secret,
        calendar: &Calendar,
        events: &[NewEvent<'_>],
    ) -> Result<Vec<Result<Created, ProviderError>>, ProviderError>;

    /// Writes `parts` of `content` and nothing else, if the event still has `revision` and each of the occurrences is
    /// still as it was seen. A series may take several calls; cut short, it has done a part and can be asked again.
    async fn update(
        &self,
        access: &Secret,
        calendar: &Calendar,
        write: EventWrite<'_>,
    ) -> Result<Written, ProviderError>;

    /// Deletes the event, if it still has `revision`. Deleting what is gone succeeds.
    async fn delete(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
        revision: Option<&Revision>,
    ) -> Result<(), ProviderError>;

    fn refresh_tokens(&self) -> RefreshTokens;

    fn subscribes_to(&self) -> SubscribesTo;

    /// A subscription is renewed after that long at the latest, however long it would last.
    fn renew_after(&self) -> SignedDuration;

    /// How far apart the notices of one burst come.
    fn burst(&self) -> SignedDuration;

    /// Where the account is subscribed as a whole, `calendar` is one of those that matter.
    async fn subscribe(
        &self,
        access: &Secret,
        calendar: &Calendar,
        request: &SubscriptionRequest,
    ) -> Result<GrantedSubscription, ProviderError>;

    /// Prolongs a subscription. `None`: it has ended, or cannot be prolonged at all, and a new one takes its place.
    async fn renew(
        &self,
        access: &Secret,
        external_id: &str,
    ) -> Result<Option<GrantedSubscription>, ProviderError>;

    /// Ending what has ended succeeds.
    async fn unsubscribe(
        &self,
        access: &Secret,
        id: SubscriptionId,
        external_id: &str,
    ) -> Result<(), ProviderError>;

    /// Ends what may have been granted without our having seen the answer. `twin` is the external id of another
    /// subscription to the same.
    async fn unsubscribe_unanswered(
        &self,
        access: &Secret,
        id: SubscriptionId,
        twin: &str,
    ) -> Result<(), ProviderError>;

    /// Gives back what the account's owner granted us, for every connection of the account. Giving back what is void
    /// succeeds.
    async fn revoke(&self, refresh: &Secret) -> Result<Revoked, ProviderError>;
}

/// What came of giving a grant back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    Ended,
    /// The provider has no such call for one application; the account's owner can withdraw it.
    OnlyByHand,
}

/// What one subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscribesTo {
    OneCalendar,
    /// All calendars of the account; the provider does not grant a second one.
    TheAccount,
}

/// Whether an earlier try, whose answer was lost, may have created the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Never,
    Perhaps,
}

/// An event to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub id: &'a ExternalEventId,
    pub content: &'a Content,
    /// Fields of which `content` does not say what the event said: where a deleted event can come back, it keeps them.
    pub hidden: Fields,
    pub tried: Tried,
}

/// What came of creating an event.
#[derive(Clone, Debug)]
pub enum Created {
    New(CalendarEvent),
    /// An earlier try had created it, and whoever uses the calendar may have changed it since.
    Existing(CalendarEvent),
}

/// A guarded change of one event.
#[derive(Clone, Copy, Debug)]
pub struct EventWrite<'a> {
    pub id: &'a ExternalEventId,
    pub revision: &'a Revision,
    pub content: &'a Content,
    /// The event as it was before.
    pub seen: &'a Content,
    pub parts: &'a Parts,
    /// Fields of which `seen` may not say what the event says.
    pub hidden: Fields,
}

/// The event after a change, as the provider answered it.
#[derive(Clone, Debug)]
pub struct Written {
    pub revision: Revision,
    pub content: Content,
}

/// What a scope allows, in words; a scope that we do not know is shown as it is.
pub fn scope_words(provider: Provider, scope: &str) -> &str {
    match provider {
        Provider::Google => google::scope_words(scope),
        Provider::Microsoft => microsoft::scope_words(scope),
    }
}

/// The one HTTP client for every provider: one pool, one crypto provider, the system's roots only when TLS is used.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    client_builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20))
        .build()
}

/// What every client of ours has in common: it follows nothing, and asks no proxy.
pub(crate) fn client_builder() -> reqwest::ClientBuilder {
    // A second call finds the provider installed, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("kalends/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}
