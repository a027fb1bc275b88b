//! From what is stored to what the pages show. Pure: the time comes with what is shown.

use domain::{
    calendar::{Calendar, Direction, History},
    connection::{Auth, Connection, Idle, Provider, ReauthReason},
    hold::Hold,
    item::{ItemState, StuckItem},
    run::{RunOutcome, RunState, SyncRun},
    subscription::{Subscription, Upkeep},
    sync::{demand::Standing, watch::POLL_EVERY},
    time::Zone,
};
use jiff::Timestamp;
use shared::{
    providers::scope_words,
    store::{Asked, ConnectionRow},
};
use ui::{
    components::{Moment, sentence},
    layout::Frame,
    pages::{
        connection::{
            CalendarChoice, ConnectionPage, Facts, ItemError, NextTry, Outcome, Run, Settings,
            SubscriptionState,
        },
        connections::{AuthState, Card, Progress, SyncState, product},
    },
};

use crate::{
    form::EVERYTHING,
    holds,
    notices::{self, Proof},
};

/// How the syncing of a connection goes, as it stands `now`.
pub(crate) struct Syncing<'a> {
    pub(crate) asked: Option<&'a Asked>,
    /// The latest, newest first.
    pub(crate) runs: &'a [SyncRun],
    pub(crate) stuck: &'a [StuckItem],
    pub(crate) holds: &'a [Hold],
    pub(crate) now: Timestamp,
}

/// Everything that a connection's page shows.
pub(crate) struct Whole<'a> {
    /// How many wait for a decision.
    pub(crate) conflicts: usize,
    pub(crate) row: &'a ConnectionRow,
    pub(crate) calendars: &'a [Calendar],
    pub(crate) subscriptions: &'a [Subscription],
    pub(crate) upkeep: &'a Upkeep,
    pub(crate) syncing: Syncing<'a>,
}

pub(crate) fn card(connection: &Connection, syncing: &Syncing) -> Card {
    Card {
        id: connection.id.to_string(),
        provider: connection.provider,
        account: connection.account.clone(),
        auth: auth(connection),
        sync: sync(connection, syncing),
        last_sync: connection.last_sync_at.map(|at| moment(at, &Zone::utc())),
        last_error: last_error(connection, syncing),
    }
}

pub(crate) fn page(frame: Frame, whole: &Whole) -> ConnectionPage {
    let connection = &whole.row.connection;
    let syncing = &whole.syncing;
    let zone = zone(whole.calendars);
    ConnectionPage {
        frame,
        id: connection.id.to_string(),
        provider: connection.provider,
        account: connection.account.clone(),
        auth: auth(connection),
        subscription: subscription(whole),
        sync: sync(connection, syncing),
        facts: facts(whole, &zone),
        last_error: last_error(connection, syncing),
        conflicts: whole.conflicts,
        settings: settings(whole.calendars),
        runs: syncing.runs.iter().map(|one| run(one, &zone)).collect(),
        attention: attention(syncing.stuck)
            .map(|stuck| item(stuck, &zone))
            .collect(),
        held: holds::shown(syncing.holds, whole.calendars),
        preview: Vec::new(),
    }
}

fn auth(connection: &Connection) -> AuthState {
    match connection.idle() {
        Some(Idle::NeedsReauth) => AuthState::ActionRequired,
        Some(Idle::Paused) => AuthState::Paused,
        Some(Idle::Ending) => AuthState::Ending,
        None => AuthState::Complete,
    }
}

fn sync(connection: &Connection, syncing: &Syncing) -> SyncState {
    match standing(syncing) {
        Standing::Running => SyncState::Running(Progress {
            done: running(syncing).map_or(0, |run| run.counts.seen),
            total: None,
        }),
        Standing::Queued => SyncState::Queued,
        Standing::Idle | Standing::Waits { .. } | Standing::Unsent => settled(connection, syncing),
    }
}

fn standing(syncing: &Syncing) -> Standing {
    syncing
        .asked
        .map_or(Standing::Idle, |asked| asked.demand.standing(syncing.now))
}

fn running<'a>(syncing: &Syncing<'a>) -> Option<&'a SyncRun> {
    let id = syncing.asked?.demand.run?;
    syncing.runs.iter().find(|run| run.id == id)
}

fn settled(connection: &Connection, syncing: &Syncing) -> SyncState {
    let items = u32::try_from(attention(syncing.stuck).count()).unwrap_or(u32::MAX);
    if connection.idle().is_some() {
        SyncState::Stopped
    } else if connection.last_failure.is_some() {
        SyncState::Failing
    } else if connection.last_sync_at.is_none() {
        SyncState::NeverRan
    } else if syncing.holds.iter().any(|hold| hold.decided.is_none()) {
        SyncState::Held
    } else if items > 0 {
        SyncState::NeedsAttention { items }
    } else {
        SyncState::UpToDate
    }
}

fn attention(stuck: &[StuckItem]) -> impl Iterator<Item = &StuckItem> {
    stuck.iter().filter(|item| item.needs_attention())
}

/// What happened, and what to do.
pub(crate) fn reauth_words(provider: Provider, reason: ReauthReason) -> String {
    match reason {
        ReauthReason::Revoked => {
            let name = product(provider);
            format!("{name} no longer accepts our access. Reconnect to give it again.")
        }
        ReauthReason::MissingScopes => {
            "Not everything that syncing needs was allowed. Reconnect and leave every box ticked."
                .to_owned()
        }
    }
}

fn last_error(connection: &Connection, syncing: &Syncing) -> Option<String> {
    if let Auth::NeedsReauth { reason, .. } = connection.auth {
        return Some(reauth_words(connection.provider, reason));
    }
    let failure = connection.last_failure.as_ref()?;
    let next = match standing(syncing) {
        Standing::Waits { until } => {
            let minutes = until.duration_since(syncing.now).as_mins() + 1;
            format!(" The next try is in about {minutes} min.")
        }
        Standing::Idle | Standing::Running | Standing::Queued | Standing::Unsent => String::new(),
    };
    let what = failure.what.trim_end_matches('.');
    Some(format!("The last sync failed: {what}.{next}"))
}

fn proof<'a>(whole: &Whole<'a>) -> Proof<'a> {
    Proof {
        connection: &whole.row.connection,
        calendars: whole.calendars,
        subscriptions: whole.subscriptions,
        asked: whole.syncing.asked,
        upkeep: whole.upkeep,
        now: whole.syncing.now,
    }
}

fn subscription(whole: &Whole) -> SubscriptionState {
    match proof(whole).standing() {
        notices::Standing::Off => SubscriptionState::Off,
        notices::Standing::Proven => SubscriptionState::Active,
        notices::Standing::Unproven => SubscriptionState::Polling {
            minutes: u32::try_from(POLL_EVERY.as_mins()).unwrap_or(0),
        },
        notices::Standing::Failing => SubscriptionState::Failing,
    }
}

/// Nothing is lost meanwhile, which has to be said with it.
fn notices_failing(whole: &Whole) -> Option<String> {
    let why = whole.upkeep.why.as_deref()?;
    let provider = product(whole.row.connection.provider);
    let minutes = POLL_EVERY.as_mins();
    Some(format!(
        "{provider} could not be asked to tell us of changes: {}. We look every {minutes} minutes instead and try again.",
        why.trim_end_matches('.')
    ))
}

fn facts(whole: &Whole, zone: &Zone) -> Facts {
    let connection = &whole.row.connection;
    let asked = whole.syncing.asked;
    let is_idle = connection.idle().is_some();
    let shown = |at: Option<Timestamp>| at.map(|at| moment(at, zone));
    Facts {
        scopes: connection
            .scopes
            .iter()
            .map(|scope| scope_words(connection.provider, scope).to_owned())
            .collect(),
        last_sync: shown(connection.last_sync_at),
        next_look: shown(
            asked
                .and_then(|asked| asked.next_look_at)
                .filter(|_| !is_idle),
        ),
        next_renewal: shown(proof(whole).renew_at().filter(|_| !is_idle)),
        notices_until: shown(proof(whole).ends_at().filter(|_| !is_idle)),
        notices_failing: notices_failing(whole).filter(|_| !is_idle),
        last_notice: shown(asked.and_then(|asked| asked.last_notice_at)),
        last_miss: shown(asked.and_then(|asked| asked.last_miss_at)),
        token_since: Some(moment(whole.row.secret.written_at, zone)),
    }
}

fn settings(calendars: &[Calendar]) -> Settings {
    Settings {
        calendars: calendars.iter().map(choice).collect(),
        history_days: history(calendars),
        receives_new: calendars
            .iter()
            .find(|calendar| calendar.settings.receives_new)
            .map(|calendar| calendar.id.to_string())
            .unwrap_or_default(),
        version: Calendar::version_of_all(calendars),
        errors: Vec::new(),
    }
}

fn choice(calendar: &Calendar) -> CalendarChoice {
    let direction = if calendar.writable {
        calendar.settings.direction
    } else {
        Direction::FromExternal
    };
    let remarks = [
        calendar.primary.then_some("Primary"),
        (!calendar.writable).then_some("Read only at the provider"),
    ];
    CalendarChoice {
        id: calendar.id.to_string(),
        name: calendar.name.clone(),
        remark: remarks.into_iter().flatten().collect::<Vec<_>>().join(". "),
        selected: calendar.settings.selected,
        direction: direction.name().into(),
        privacy: calendar.settings.privacy.name().into(),
        conflicts: calendar.settings.conflicts.name().into(),
        read_only: !calendar.writable,
    }
}

/// The history that all synced calendars share, if it is one that the form offers.
fn history(calendars: &[Calendar]) -> String {
    let mut histories = calendars
        .iter()
        .filter(|calendar| calendar.settings.selected)
        .map(|calendar| calendar.settings.history);
    let first = histories.next().unwrap_or(History::Days(30));
    if histories.any(|history| history != first) {
        return String::new();
    }
    match first {
        History::Everything => EVERYTHING.into(),
        History::Days(days @ (0 | 30 | 90 | 365)) => days.to_string(),
        History::Days(_) => String::new(),
    }
}

fn run(run: &SyncRun, zone: &Zone) -> Run {
    let counts = &run.counts;
    let (started, duration, outcome) = match &run.state {
        RunState::Queued { at } => (*at, String::new(), Outcome::Queued),
        RunState::Running { started_at } => (*started_at, String::new(), Outcome::Running),
        RunState::Finished {
            started_at,
            finished_at,
            outcome,
        } => {
            let took_ms = finished_at.duration_since(*started_at).as_millis();
            let duration = format!("{}.{} s", took_ms / 1_000, took_ms % 1_000 / 100);
            (
                *started_at,
                duration,
                finished(outcome, counts.refused + counts.failed + counts.held),
            )
        }
    };
    Run {
        trigger: sentence(&run.trigger.to_string()),
        started: Moment::new(
            &started.to_string(),
            &words(started, zone, "%-d %b, %H:%M:%S"),
        ),
        duration,
        pulled: pulled(run),
        pushed: counts.events_created + counts.events_updated,
        deleted: counts.entries_deleted + counts.events_deleted,
        conflicts: counts.conflicts,
        outcome,
    }
}

fn pulled(run: &SyncRun) -> u32 {
    run.counts.pulled() - run.counts.entries_deleted
}

fn finished(outcome: &RunOutcome, left_over: u32) -> Outcome {
    match outcome {
        RunOutcome::Succeeded if left_over > 0 => Outcome::Partly { failed: left_over },
        RunOutcome::Succeeded => Outcome::Done,
        RunOutcome::Continues { why } => Outcome::Continues(sentence(why)),
        RunOutcome::Failed { why, .. } => Outcome::Failed(sentence(why)),
        RunOutcome::Skipped { why } => Outcome::Skipped(sentence(why)),
    }
}

fn item(stuck: &StuckItem, zone: &Zone) -> ItemError {
    ItemError {
        id: stuck.id.to_string(),
        title: stuck.title.clone(),
        external_id: stuck.item.clone(),
        entry: stuck.entry.map(|entry| entry.to_string()),
        reason: sentence(&stuck.words()),
        attempts: stuck.attempts,
        last_seen: moment(stuck.last_seen_at, zone),
        next: match &stuck.state {
            ItemState::Refused { .. } => NextTry::WhenItChanges,
            ItemState::Failing { next_try_at, .. } => NextTry::At(moment(*next_try_at, zone)),
            ItemState::Dead { .. } => NextTry::GivenUp,
        },
    }
}

/// The zone of the account, as its primary calendar has it.
fn zone(calendars: &[Calendar]) -> Zone {
    calendars
        .iter()
        .find(|calendar| calendar.primary)
        .map_or_else(Zone::utc, |calendar| calendar.zone.clone())
}

fn moment(at: Timestamp, zone: &Zone) -> Moment {
    let words = words(at, zone, "%-d %B %Y, %H:%M");
    Moment::new(&at.to_string(), &format!("{words} {zone}"))
}

fn words(at: Timestamp, zone: &Zone, format: &str) -> String {
    at.to_zoned(zone.time_zone()).strftime(format).to_string()
}
