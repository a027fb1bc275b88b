//! Every address of the pages. Routers mount the constants; forms and links call the functions, which fill the same patterns.

use domain::{integration::Integration, member::Role};

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_UP: &str = "/sign-up";
/// `GET` asks for the password again; `POST` confirms and leads on to `next`.
pub const CONFIRM: &str = "/sign-in/confirm";
pub const SIGN_OUT: &str = "/sign-out";
pub const ASSET: &str = "/assets/{file}";
/// The API for people, and for programs.
pub const API: &str = "/docs/api";
pub const OPENAPI: &str = "/api/v1/openapi.json";

pub const CONNECTIONS: &str = "/connections";
/// `POST provider=google|microsoft` begins an authorization; it answers with a page that leads on, as `reconnect` does.
pub const CONNECTIONS_CONNECT: &str = "/connections/connect";
pub const CONNECTION: &str = "/connections/{id}";
/// `GET ?q=` says of what is called so where it stands.
pub const CONNECTION_WHY: &str = "/connections/{id}/trace";
pub const CONNECTION_SETTINGS: &str = "/connections/{id}/settings";
/// `POST` of the settings' fields shows what they would do.
pub const CONNECTION_PREVIEW: &str = "/connections/{id}/preview";
/// `POST decision=confirm|restore`.
pub const CONNECTION_HOLD: &str = "/connections/{id}/holds/{hold}";
/// `GET` asks; `POST remove_copies=on` begins the end of the connection. How far it has come is shown where the connection
/// was.
pub const CONNECTION_DISCONNECT: &str = "/connections/{id}/disconnect";
/// `POST`.
pub const CONNECTION_ACTION: &str = "/connections/{id}/{action}";
/// `POST` tries everything that needs attention again.
pub const CONNECTION_RETRY_ALL: &str = "/connections/{id}/items/retry";
/// `POST` tries one item again.
pub const CONNECTION_RETRY: &str = "/connections/{id}/items/{item}/retry";

/// Subcontractors and their calendars.
pub const SUPPLIER_PORTAL: &str = "/portals/supplier";

/// What waits for the member.
pub const NOTIFICATIONS: &str = "/notifications";
/// How many there are, for the menu.
pub const NOTIFICATIONS_COUNT: &str = "/notifications/count";

/// `GET ?state=settled` shows those that are decided or over.
pub const CONFLICTS: &str = "/conflicts";
/// `GET` shows both sides; `POST` decides.
pub const CONFLICT: &str = "/conflicts/{id}";
pub const CONFLICT_UNDO: &str = "/conflicts/{id}/undo";

pub const PROFILE: &str = "/profile";
/// `GET` is the form; `POST` changes it.
pub const PASSWORD: &str = "/profile/password";
/// `POST` ends all of one's sessions but this one.
pub const SESSIONS_END: &str = "/profile/sessions/end";
/// `POST`.
pub const SESSION_END: &str = "/profile/sessions/{id}/end";
/// What each role may do.
pub const ROLES: &str = "/roles";

/// `GET ?token=` shows what one joins; `POST` joins.
pub const JOIN: &str = "/join";
/// `GET ?role=` is the form; `POST` makes an invite, and answers with its link.
pub const INVITE: &str = "/members/invite";
/// `POST`.
pub const INVITE_REVOKE: &str = "/members/invites/{id}/revoke";
pub const MEMBERS: &str = "/members";
pub const MEMBER: &str = "/members/{id}";
/// `POST role=`.
pub const MEMBER_ROLE: &str = "/members/{id}/role";
/// `POST` of a box for each permission that the role leaves open.
pub const MEMBER_GRANTS: &str = "/members/{id}/grants";
/// `GET` asks; `POST` deactivates.
pub const MEMBER_DEACTIVATE: &str = "/members/{id}/deactivate";
/// `POST`.
pub const MEMBER_REACTIVATE: &str = "/members/{id}/reactivate";

pub const ORGANIZATION: &str = "/organization";
/// `GET` asks; `POST name=` begins, if that is its name. How far it has come is shown on the organisation's page.
pub const ORGANIZATION_DELETE: &str = "/organization/delete";
/// `POST origins=&version=`: the sites whose pages may use the organisation's keys, one in a line.
pub const ORGANIZATION_ORIGINS: &str = "/organization/origins";

/// Leads to the dashboard.
pub const INTEGRATIONS: &str = "/integrations";
/// `GET ?refresh=true` counts again first.
pub const INTEGRATIONS_DASHBOARD: &str = "/integrations/dashboard";
pub const INTEGRATIONS_REFRESH: &str = "/integrations/dashboard?refresh=true";
/// `POST pinned=calendars|business`.
pub const INTEGRATIONS_PINNED: &str = "/integrations/dashboard/pinned";
/// One of them, by its name.
pub const INTEGRATION: &str = "/integrations/{integration}";
/// Of a connector that reports: `GET` asks; `POST` forgets it.
pub const INTEGRATION_FORGET: &str = "/integrations/{integration}/forget";
/// `GET ?status=&integration_type=&date_range=&correlation_id=&cursor=`.
pub const INTEGRATION_LOGS: &str = "/integrations/logs";
pub const INTEGRATION_LOGS_FILE: &str = "/integrations/logs.csv";
pub const INTEGRATION_ERRORS_24H: &str = "/integrations/logs?status=error&date_range=24h";
/// `POST`.
pub const INTEGRATION_EVENT_RETRY: &str = "/integrations/logs/{id}/retry";
/// `GET ?state=&integration_type=&cursor=`.
pub const ERROR_QUEUE: &str = "/integrations/error-queue";
pub const ERROR_QUEUE_RETRYING: &str = "/integrations/error-queue?state=retrying";
pub const ERROR_QUEUE_DEAD: &str = "/integrations/error-queue?state=dead_letter";
/// `GET` asks, with how many there are; `POST` retries what the filter names.
pub const ERROR_QUEUE_RETRY: &str = "/integrations/error-queue/retry";
/// `POST`.
pub const ERROR_QUEUE_ITEM_RETRY: &str = "/integrations/error-queue/{connection}/{item}/retry";

pub const API_KEYS: &str = "/integrations/api-keys";
/// `GET` is the form; `POST` makes a key and shows it once.
pub const API_KEY_NEW: &str = "/integrations/api-keys/new";
/// `GET` asks; `POST` revokes.
pub const API_KEY_REVOKE: &str = "/integrations/api-keys/{id}/revoke";

pub const WEBHOOKS: &str = "/integrations/webhooks";
/// `GET` is the form; `POST` adds a webhook and shows its secret once.
pub const WEBHOOK_NEW: &str = "/integrations/webhooks/new";
/// `GET ?cursor=` shows it with what it was told; `POST` changes it.
pub const WEBHOOK: &str = "/integrations/webhooks/{id}";
/// `POST`.
pub const WEBHOOK_TEST: &str = "/integrations/webhooks/{id}/test";
/// `POST`.
pub const WEBHOOK_ENABLE: &str = "/integrations/webhooks/{id}/enable";
/// `POST`.
pub const WEBHOOK_DISABLE: &str = "/integrations/webhooks/{id}/disable";
/// `GET` asks; `POST` gives it another secret and shows that once.
pub const WEBHOOK_ROTATE: &str = "/integrations/webhooks/{id}/rotate";
/// `GET` asks; `POST` deletes.
pub const WEBHOOK_DELETE: &str = "/integrations/webhooks/{id}/delete";
/// `POST`.
pub const DELIVERY_RETRY: &str = "/integrations/webhooks/{id}/deliveries/{delivery}/retry";

/// `GET ?action=&outcome=&cursor=`.
pub const AUDIT: &str = "/ops/audit";

/// `GET ?week=2027-03-01` shows the week that holds the day.
pub const SCHEDULE: &str = "/schedule";
/// `GET` is the empty form, `?date=` sets its day; `POST` creates.
pub const ENTRY_NEW: &str = "/schedule/new";
/// `GET` is the form, `?occurrence=` that of one occurrence of a series; `POST` saves.
pub const ENTRY: &str = "/schedule/{id}";
/// `POST` makes one occurrence as its series has it.
pub const ENTRY_RESTORE: &str = "/schedule/{id}/restore";
/// `GET` asks; `POST` deletes.
pub const ENTRY_DELETE: &str = "/schedule/{id}/delete";

/// `POST` asks for a copy that was removed from its calendar.
pub const ENTRY_PUT_BACK: &str = "/schedule/{id}/copies/{connection}/restore";
pub const DELETED: &str = "/schedule/deleted";
/// `GET ?download=1&format=&from=&to=` answers the file; without `download` the form for it.
pub const EXPORT: &str = "/data/export";
/// `GET` is the form; `POST` of a file shows what it would do, and with `confirmed=on` does it.
pub const IMPORT: &str = "/data/import";

/// `POST` brings a deleted entry back.
pub const DELETED_RESTORE: &str = "/schedule/deleted/{id}/restore";

/// What a member can ask of a connection with one press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Sync,
    Pause,
    Resume,
    Reconnect,
}

impl Action {
    pub const ALL: [Self; 4] = [Self::Sync, Self::Pause, Self::Resume, Self::Reconnect];

    pub const fn segment(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Reconnect => "reconnect",
        }
    }

    /// The action that a path segment names.
    pub fn parse(segment: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|action| action.segment() == segment)
    }
}

pub fn connection(id: &str) -> String {
    fill(CONNECTION, id)
}

pub fn api_key_revoke(id: &str) -> String {
    fill(API_KEY_REVOKE, id)
}

pub fn connection_why(id: &str) -> String {
    fill(CONNECTION_WHY, id)
}

pub fn connection_settings(id: &str) -> String {
    fill(CONNECTION_SETTINGS, id)
}

pub fn connection_action(id: &str, action: Action) -> String {
    fill(CONNECTION_ACTION, id).replace("{action}", action.segment())
}

pub fn connection_disconnect(id: &str) -> String {
    fill(CONNECTION_DISCONNECT, id)
}

pub fn connection_preview(id: &str) -> String {
    fill(CONNECTION_PREVIEW, id)
}

pub fn connection_hold(id: &str, hold: &str) -> String {
    fill(CONNECTION_HOLD, id).replace("{hold}", hold)
}

pub fn connection_retry_all(id: &str) -> String {
    fill(CONNECTION_RETRY_ALL, id)
}

pub fn connection_retry(id: &str, item: &str) -> String {
    fill(CONNECTION_RETRY, id).replace("{item}", item)
}

/// Where one looks after an integration, if there is anything to look after.
pub fn integration(integration: Integration) -> String {
    match integration {
        Integration::ApiKeys => API_KEYS.to_owned(),
        Integration::Calendars(_) | Integration::Reported(_) => integration_page(integration),
        Integration::Webhooks => WEBHOOKS.to_owned(),
        Integration::Files => EXPORT.to_owned(),
    }
}

/// The page of one that has a page of its own.
pub fn integration_page(integration: Integration) -> String {
    INTEGRATION.replace("{integration}", integration.name())
}

pub fn integration_forget(integration: Integration) -> String {
    INTEGRATION_FORGET.replace("{integration}", integration.name())
}

pub fn webhook(id: &str) -> String {
    fill(WEBHOOK, id)
}

pub fn webhook_older(id: &str, cursor: &str) -> String {
    format!("{}?cursor={cursor}", webhook(id))
}

pub fn webhook_test(id: &str) -> String {
    fill(WEBHOOK_TEST, id)
}

pub fn webhook_enable(id: &str) -> String {
    fill(WEBHOOK_ENABLE, id)
}

pub fn webhook_disable(id: &str) -> String {
    fill(WEBHOOK_DISABLE, id)
}

pub fn webhook_rotate(id: &str) -> String {
    fill(WEBHOOK_ROTATE, id)
}

pub fn webhook_delete(id: &str) -> String {
    fill(WEBHOOK_DELETE, id)
}

pub fn delivery_retry(webhook: &str, delivery: &str) -> String {
    fill(DELIVERY_RETRY, webhook).replace("{delivery}", delivery)
}

/// Everything of the same cause.
pub fn integration_cause(correlation_id: &str) -> String {
    let id = url_encoded(correlation_id);
    format!("{INTEGRATION_LOGS}?correlation_id={id}")
}

pub fn integration_event_retry(id: &str) -> String {
    fill(INTEGRATION_EVENT_RETRY, id)
}

pub fn error_queue_item_retry(connection: &str, item: &str) -> String {
    let path = ERROR_QUEUE_ITEM_RETRY.replace("{connection}", connection);
    path.replace("{item}", item)
}

pub fn session_end(id: &str) -> String {
    fill(SESSION_END, id)
}

pub fn invite_revoke(id: &str) -> String {
    fill(INVITE_REVOKE, id)
}

pub fn member(id: &str) -> String {
    fill(MEMBER, id)
}

pub fn member_role(id: &str) -> String {
    fill(MEMBER_ROLE, id)
}

pub fn member_grants(id: &str) -> String {
    fill(MEMBER_GRANTS, id)
}

pub fn member_deactivate(id: &str) -> String {
    fill(MEMBER_DEACTIVATE, id)
}

pub fn member_reactivate(id: &str) -> String {
    fill(MEMBER_REACTIVATE, id)
}

pub fn invite_supplier() -> String {
    format!("{INVITE}?role={}", Role::User)
}

pub fn conflicts_settled() -> String {
    format!("{CONFLICTS}?state=settled")
}

pub fn conflict(id: &str) -> String {
    fill(CONFLICT, id)
}

pub fn conflict_undo(id: &str) -> String {
    fill(CONFLICT_UNDO, id)
}

pub fn schedule_week(date: &str) -> String {
    format!("{SCHEDULE}?week={date}")
}

pub fn entry_new(date: &str) -> String {
    format!("{ENTRY_NEW}?date={date}")
}

pub fn entry(id: &str) -> String {
    fill(ENTRY, id)
}

/// One occurrence of an entry, or the entry itself.
pub fn occurrence(id: &str, original: Option<&str>) -> String {
    at_occurrence(entry(id), original)
}

pub fn entry_restore(id: &str) -> String {
    fill(ENTRY_RESTORE, id)
}

pub fn entry_delete(id: &str, original: Option<&str>) -> String {
    at_occurrence(fill(ENTRY_DELETE, id), original)
}

fn at_occurrence(path: String, original: Option<&str>) -> String {
    match original {
        None => path,
        Some(original) => format!("{path}?occurrence={original}"),
    }
}

pub fn entry_put_back(id: &str, connection: &str) -> String {
    fill(ENTRY_PUT_BACK, id).replace("{connection}", connection)
}

pub fn deleted_restore(id: &str) -> String {
    fill(DELETED_RESTORE, id)
}

fn fill(pattern: &str, id: &str) -> String {
    pattern.replace("{id}", id)
}

/// A value as it stands in an address.
pub fn url_encoded(text: &str) -> String {
    let each = text.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    each.collect()
}
