//! The shapes of the API's answers.

use std::collections::BTreeMap;

use domain::{
    id::{ApiKeyId, ConnectionId, DeliveryId, IntegrationEventId, ItemId, RunId, WebhookId},
    integration::{
        About, Badge, EventStatus, EventType, Facts, Health, Integration, IntegrationEvent,
        Overall, Pinned, Setup, Standings, Status,
    },
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::store::KnownIntegrations;

use crate::sight::Sight;

/// How it goes with one integration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IntegrationHealth")]
pub(crate) struct HealthAnswer {
    pub(crate) status: Status,
    /// What to show at a glance: `warning` where it works, but not for everybody or not always.
    pub(crate) badge: Badge,
    pub(crate) last_sync_at: Option<Timestamp>,
    pub(crate) last_error_at: Option<Timestamp>,
    /// Null where it is older than a day, but for the last that a connector has reported.
    pub(crate) last_error_message: Option<String>,
    /// The same, only while it is in error, or something of it is.
    pub(crate) error_message: Option<String>,
    /// What to do where it is not set up, or what is wrong.
    pub(crate) message: Option<String>,
    pub(crate) success_count_24h: u32,
    pub(crate) error_count_24h: u32,
    /// In whole per cent. Null where nothing was tried.
    pub(crate) success_rate_24h: Option<u8>,
    pub(crate) metadata: Metadata,
}

/// What is special to an integration; the rest is left out.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "IntegrationMetadata")]
pub(crate) struct Metadata {
    /// Of calendars: how many connections stand how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connections: Option<Standings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_keys: Option<u32>,
    /// The highest share of its limit that any key asked in a minute of the last day, in per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_limit_usage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_webhooks: Option<u32>,
    /// By us, because nothing arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) switched_off_webhooks: Option<u32>,
    /// Those that wait for their next try, and count for nothing yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retrying_deliveries: Option<u32>,
}

impl HealthAnswer {
    pub(crate) fn new(
        known: &KnownIntegrations,
        integration: Integration,
        sight: Sight,
        now: Timestamp,
    ) -> (Health, Self) {
        let facts = known.facts(integration);
        let health = Health::of(&facts, now);
        let is_well = health.badge == Badge::Ok || !health.is_configured();
        let last_error = known.last_error(integration);
        let last_error = last_error.map(|words| sight.text(words.to_owned()));
        let error = last_error.clone().filter(|_| !is_well);
        let message = match health.status {
            Status::NotConfigured => Some(integration.promise().to_owned()),
            Status::Connected | Status::Disconnected | Status::Error => {
                let lost = health.lost.map(str::to_owned);
                let trouble = || facts.trouble().map(str::to_owned);
                lost.or_else(|| error.clone()).or_else(trouble)
            }
        };
        let answer = Self {
            status: health.status,
            badge: health.badge,
            last_sync_at: facts.last_success_at,
            last_error_at: facts.last_error_at,
            last_error_message: last_error,
            error_message: error,
            message,
            success_count_24h: facts.tally.succeeded(),
            error_count_24h: facts.tally.failed,
            success_rate_24h: facts.tally.success_rate(),
            metadata: Metadata::of(&facts, known),
        };
        (health, answer)
    }
}

impl Metadata {
    fn of(facts: &Facts, known: &KnownIntegrations) -> Self {
        match facts.setup {
            Setup::Calendars(standings) => Self {
                connections: Some(standings),
                ..Self::default()
            },
            Setup::Reported { .. } => Self::default(),
            Setup::ApiKeys { active } => Self {
                active_keys: Some(active),
                rate_limit_usage: Some(known.limit_use_percent()),
                ..Self::default()
            },
            Setup::Endpoints {
                active,
                switched_off,
                retrying,
                ..
            } => Self {
                retrying_deliveries: Some(retrying),
                active_webhooks: Some(active),
                switched_off_webhooks: Some(switched_off),
                ..Self::default()
            },
        }
    }
}

/// Each integration by its name.
pub(crate) type ByName<T> = BTreeMap<&'static str, T>;

#[derive(Serialize, JsonSchema)]
pub(crate) struct IntegrationsHealth {
    pub(crate) overall_status: Overall,
    pub(crate) integrations: ByName<HealthAnswer>,
    pub(crate) timestamp: Timestamp,
}

/// Parts that could not be read in time are null, and named in `unavailable`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IntegrationsDashboard {
    pub(crate) overall_status: Option<Overall>,
    pub(crate) health_status: Option<ByName<HealthAnswer>>,
    /// The last 20, newest first.
    pub(crate) recent_activity: Option<Vec<EventAnswer>>,
    pub(crate) error_summary: Option<ErrorSummary>,
    /// In whole per cent; null where nothing was tried.
    pub(crate) success_rate_24h: Option<ByName<Option<u8>>>,
    /// Which cards stand first.
    pub(crate) pinned: Option<Pinned>,
    pub(crate) unavailable: Vec<&'static str>,
    pub(crate) timestamp: Timestamp,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct ErrorSummary {
    pub(crate) failed_count_24h: u32,
    pub(crate) pending_retries: u32,
    pub(crate) dead_letter_queue_count: u32,
    /// The same as `failed_count_24h`.
    failed_count: u32,
    /// The same as `pending_retries`.
    retry_count: u32,
    /// The same as `dead_letter_queue_count`.
    dlq_count: u32,
}

impl ErrorSummary {
    pub(crate) fn of(known: &KnownIntegrations) -> Self {
        let (failed, retrying, dead) = (known.failed_24h(), known.retrying(), known.dead());
        Self {
            failed_count_24h: failed,
            pending_retries: retrying,
            dead_letter_queue_count: dead,
            failed_count: failed,
            retry_count: retrying,
            dlq_count: dead,
        }
    }
}

/// Something that happened with an integration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IntegrationEvent")]
pub(crate) struct EventAnswer {
    id: IntegrationEventId,
    timestamp: Timestamp,
    integration_type: Integration,
    event_type: EventType,
    status: EventStatus,
    message: String,
    error_message: Option<String>,
    /// What else of the same cause is found by.
    correlation_id: String,
    connection_id: Option<ConnectionId>,
    run_id: Option<RunId>,
    item_id: Option<ItemId>,
    api_key_id: Option<ApiKeyId>,
    webhook_id: Option<WebhookId>,
    delivery_id: Option<DeliveryId>,
    /// Whose account; masked for whoever may not see personal details.
    account: Option<String>,
    retry_count: u32,
    /// Whether there is something to try again.
    can_retry: bool,
}

impl EventAnswer {
    pub(crate) fn new(event: IntegrationEvent, sight: Sight) -> Self {
        let can_retry = can_retry(&event);
        let (webhook_id, delivery_id) = event.about.delivery().unzip();
        let (connection_id, run_id, item_id, api_key_id) = match event.about {
            About::Run { connection, run } => (Some(connection), Some(run), None, None),
            About::Connection { connection } => (Some(connection), None, None, None),
            About::Item { connection, item } => (Some(connection), None, Some(item), None),
            About::Report { key } => (None, None, None, key),
            About::ApiCall { key } => (None, None, None, Some(key)),
            About::Delivery { .. } | About::File { .. } => (None, None, None, None),
        };
        Self {
            id: event.id,
            timestamp: event.at,
            integration_type: event.integration,
            event_type: event.event_type,
            status: event.status,
            message: sight.text(event.message),
            error_message: event.error_message.map(|words| sight.text(words)),
            correlation_id: sight.text(event.correlation_id),
            connection_id,
            run_id,
            item_id,
            api_key_id,
            webhook_id,
            delivery_id,
            account: event.account.map(|account| sight.address(account)),
            retry_count: event.retry_count,
            can_retry,
        }
    }
}

/// A sync that failed can be asked for again, and an item or a delivery that was given up tried again. What others reported is theirs.
pub(crate) fn can_retry(event: &IntegrationEvent) -> bool {
    match event.about {
        About::Run { .. } | About::Item { .. } => event.status == EventStatus::Error,
        About::Delivery { .. } => event.event_type.as_str() == IntegrationEvent::DEAD_LETTERED,
        About::Connection { .. }
        | About::Report { .. }
        | About::ApiCall { .. }
        | About::File { .. } => false,
    }
}

/// One event with what was sent and answered, as far as that was kept: without secrets, and at most 8 KB of each.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IntegrationEventDetails {
    #[serde(flatten)]
    event: EventAnswer,
    request_body: Option<String>,
    response_body: Option<String>,
}

impl IntegrationEventDetails {
    pub(crate) fn new(mut event: IntegrationEvent, sight: Sight) -> Self {
        let seen = |body: Option<String>| body.map(|body| sight.text(body));
        Self {
            request_body: seen(event.request_body.take()),
            response_body: seen(event.response_body.take()),
            event: EventAnswer::new(event, sight),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct IntegrationEventList {
    pub(crate) items: Vec<EventAnswer>,
    pub(crate) next_cursor: Option<String>,
}
