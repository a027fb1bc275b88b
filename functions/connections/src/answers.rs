//! The shapes of the API's answers. None has a place for a token or for the name of a secret.

use domain::{
    calendar::{Calendar, ConflictPolicy, Direction, Privacy},
    connection::{Auth, LastFailure, Provider, ReauthReason},
    failure::Refusal,
    id::{CalendarId, ConnectionId, EntryId, ItemId, RunId, SubscriptionId},
    item::{ItemState, StuckItem},
    run::{Counts, CursorMove, RunOutcome, RunState, SyncRun, Trigger},
    subscription::{Subscription, SubscriptionState},
    sync::demand::Standing,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::store::{Asked, ConnectionRow};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// Always null: these lists are short and come in one piece.
    pub(crate) next_cursor: Option<String>,
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub(crate) struct ConnectionAnswer {
    id: ConnectionId,
    provider: Provider,
    account: String,
    auth: AuthAnswer,
    scopes: Vec<String>,
    has_refresh_token: bool,
    needs_reauth: bool,
    paused_at: Option<Timestamp>,
    last_sync_at: Option<Timestamp>,
    last_failure: Option<LastFailure>,
    last_notice_at: Option<Timestamp>,
    /// When a look last found what no notice had told.
    last_miss_at: Option<Timestamp>,
    /// When everything was last compared.
    last_reconcile_at: Option<Timestamp>,
    subscriptions: Vec<SubscriptionAnswer>,
    sync: SyncAnswer,
    created_at: Timestamp,
    version: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectionAuth")]
struct AuthAnswer {
    state: AuthState,
    since: Timestamp,
    reason: Option<ReauthReason>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AuthState {
    Granted,
    NeedsReauth,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Subscription")]
struct SubscriptionAnswer {
    id: SubscriptionId,
    /// Null where it is for all of them.
    calendar: Option<CalendarId>,
    state: SubscriptionStanding,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectionSync")]
struct SyncAnswer {
    state: SyncState,
    /// The run under way, or the one that waits.
    run: Option<RunId>,
    /// The provider asked to be left alone until then.
    not_before: Option<Timestamp>,
    /// When the provider is asked again, whether it calls or not.
    next_look_at: Option<Timestamp>,
}

/// Whether the provider has granted it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SubscriptionStanding {
    Intended,
    Active,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SyncState {
    Idle,
    Queued,
    Running,
}

impl ConnectionAnswer {
    pub(crate) fn new(
        row: ConnectionRow,
        asked: Option<&Asked>,
        subscriptions: &[Subscription],
        now: Timestamp,
    ) -> Self {
        let has_refresh_token = !row.secret.version.is_empty();
        let connection = row.connection;
        let auth = match connection.auth {
            Auth::Granted { at } => AuthAnswer {
                state: AuthState::Granted,
                since: at,
                reason: None,
            },
            Auth::NeedsReauth { since, reason } => AuthAnswer {
                state: AuthState::NeedsReauth,
                since,
                reason: Some(reason),
            },
        };
        Self {
            id: connection.id,
            provider: connection.provider,
            account: connection.account,
            needs_reauth: auth.reason.is_some(),
            auth,
            scopes: connection.scopes,
            has_refresh_token,
            paused_at: connection.paused_at,
            last_sync_at: connection.last_sync_at,
            last_failure: connection.last_failure,
            last_notice_at: asked.and_then(|asked| asked.last_notice_at),
            last_miss_at: asked.and_then(|asked| asked.last_miss_at),
            last_reconcile_at: asked.and_then(|asked| asked.reconciled_at),
            subscriptions: subscriptions.iter().map(SubscriptionAnswer::from).collect(),
            sync: SyncAnswer::new(asked, now),
            created_at: connection.created_at,
            version: connection.version,
        }
    }
}

impl From<&Subscription> for SubscriptionAnswer {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id,
            calendar: subscription.calendar,
            state: match subscription.state {
                SubscriptionState::Intended { .. } => SubscriptionStanding::Intended,
                SubscriptionState::Active { .. } => SubscriptionStanding::Active,
            },
            expires_at: subscription.expires_at(),
        }
    }
}

impl SyncAnswer {
    fn new(asked: Option<&Asked>, now: Timestamp) -> Self {
        let standing = asked.map_or(Standing::Idle, |asked| asked.demand.standing(now));
        let (state, not_before) = match standing {
            Standing::Idle => (SyncState::Idle, None),
            Standing::Running => (SyncState::Running, None),
            Standing::Queued | Standing::Unsent => (SyncState::Queued, None),
            Standing::Waits { until } => (SyncState::Queued, Some(until)),
        };
        Self {
            state,
            run: asked.and_then(|asked| asked.demand.run),
            not_before,
            next_look_at: asked.and_then(|asked| asked.next_look_at),
        }
    }
}

/// The same shape as a choice, so that one can be made from it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Calendars")]
pub(crate) struct CalendarsAnswer {
    pub(crate) calendars: Vec<CalendarAnswer>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Calendar")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in the answer"
)]
pub(crate) struct CalendarAnswer {
    id: CalendarId,
    external_id: String,
    name: String,
    zone: String,
    primary: bool,
    writable: bool,
    selected: bool,
    direction: Direction,
    /// Null is everything.
    history_days: Option<u16>,
    receives_new: bool,
    privacy: Privacy,
    conflicts: ConflictPolicy,
}

impl From<Calendar> for CalendarAnswer {
    fn from(calendar: Calendar) -> Self {
        let settings = calendar.settings;
        Self {
            id: calendar.id,
            external_id: calendar.external_id,
            name: calendar.name,
            zone: calendar.zone.into(),
            primary: calendar.primary,
            writable: calendar.writable,
            selected: settings.selected,
            direction: settings.direction,
            history_days: settings.history.days(),
            receives_new: settings.receives_new,
            privacy: settings.privacy,
            conflicts: settings.conflicts,
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RunAsked {
    /// Null where the connection stands still.
    pub(crate) run: Option<RunId>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(crate) struct RunAnswer {
    id: RunId,
    connection: ConnectionId,
    /// Why it ran.
    trigger: Trigger,
    state: RunStanding,
    queued_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    outcome: Option<OutcomeName>,
    why: Option<String>,
    /// While it runs, how far it has come.
    counts: Counts,
    cursors: Vec<CursorMove>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RunState")]
enum RunStanding {
    Queued,
    Running,
    Finished,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RunOutcome")]
enum OutcomeName {
    Succeeded,
    /// Work was left for another run, which is already asked for.
    Continues,
    Failed,
    /// The connection is paused or waits to be authorised again.
    Skipped,
}

impl From<SyncRun> for RunAnswer {
    fn from(run: SyncRun) -> Self {
        let waiting = Self {
            id: run.id,
            connection: run.connection,
            trigger: run.trigger,
            state: RunStanding::Queued,
            queued_at: None,
            started_at: None,
            finished_at: None,
            outcome: None,
            why: None,
            counts: run.counts,
            cursors: run.cursors,
        };
        match run.state {
            RunState::Queued { at } => Self {
                queued_at: Some(at),
                ..waiting
            },
            RunState::Running { started_at } => Self {
                state: RunStanding::Running,
                started_at: Some(started_at),
                ..waiting
            },
            RunState::Finished {
                started_at,
                finished_at,
                outcome,
            } => {
                let (outcome, why) = match outcome {
                    RunOutcome::Succeeded => (OutcomeName::Succeeded, None),
                    RunOutcome::Continues { why } => (OutcomeName::Continues, Some(why)),
                    RunOutcome::Failed { why, .. } => (OutcomeName::Failed, Some(why)),
                    RunOutcome::Skipped { why } => (OutcomeName::Skipped, Some(why)),
                };
                Self {
                    state: RunStanding::Finished,
                    started_at: Some(started_at),
                    finished_at: Some(finished_at),
                    outcome: Some(outcome),
                    why,
                    ..waiting
                }
            }
        }
    }
}

/// An event or entry that is not synced.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Item")]
pub(crate) struct ItemAnswer {
    id: ItemId,
    calendar: CalendarId,
    /// The provider's id of the event, or null where our entry could not be written there.
    external_id: Option<String>,
    entry: Option<EntryId>,
    title: String,
    /// `refused` until it changes, `failing` until it succeeds or is given up, then `dead`.
    #[schemars(extend("enum" = ItemState::NAMES))]
    state: &'static str,
    /// `reason` is its code; what else it knows stands beside it.
    #[serde(flatten)]
    cause: Cause,
    words: String,
    needs_attention: bool,
    attempts: u32,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    next_try_at: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Cause {
    Refusal(Refusal),
    Failure {
        #[schemars(extend("const" = StuckItem::FAILURE))]
        reason: &'static str,
    },
}

impl From<StuckItem> for ItemAnswer {
    fn from(stuck: StuckItem) -> Self {
        let is_entry = stuck.item.parse::<EntryId>().is_ok();
        Self {
            id: stuck.id,
            calendar: stuck.calendar,
            state: stuck.state.name(),
            words: stuck.words(),
            needs_attention: stuck.needs_attention(),
            next_try_at: stuck.next_try_at(),
            cause: match stuck.state {
                ItemState::Refused { ref refusal } => Cause::Refusal(refusal.clone()),
                ItemState::Failing { .. } | ItemState::Dead { .. } => Cause::Failure {
                    reason: stuck.reason(),
                },
            },
            external_id: (!is_entry).then_some(stuck.item),
            entry: stuck.entry,
            title: stuck.title,
            attempts: stuck.attempts,
            first_seen_at: stuck.first_seen_at,
            last_seen_at: stuck.last_seen_at,
        }
    }
}

/// What came of a retry: how many items are tried again, and how many that the filter names are left for another call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Retry")]
pub(crate) struct RetryAnswer {
    pub(crate) retried: usize,
    pub(crate) left: usize,
    pub(crate) run: Option<RunId>,
}
