//! One look at every chosen calendar of a connection: read, write, try again what failed, and say when to look next.

use domain::{
    calendar::Calendar,
    failure::FailureClass,
    id::CalendarId,
    item::StuckItem,
    run::{RunOutcome, Trigger},
    subscription::{Subscription, SubscriptionState},
    sync::watch::{self, Outlook, Watch},
};
use jiff::Timestamp;

use super::{
    Context, SyncError, audit, calendar,
    record::Record,
    subscribe::{Care, Keeper},
};
use crate::{
    providers::ProviderError,
    store::{Asked, Findings},
};

/// What a look at all chosen calendars came to.
pub(super) struct Visit {
    /// Why another run is needed.
    left: Option<String>,
    /// Calendars that the provider does not let us read, each with why. They do not hold up the others.
    out_of_reach: Vec<(String, String)>,
    pub(super) findings: Findings,
}

impl Visit {
    pub(super) fn outcome(&self) -> RunOutcome {
        match &self.left {
            Some(why) => RunOutcome::Continues { why: why.clone() },
            None if self.out_of_reach.is_empty() => RunOutcome::Succeeded,
            None => RunOutcome::Failed {
                why: told(&self.out_of_reach, |name| format!("\"{name}\"")),
                unnamed: Some(told(&self.out_of_reach, |_| "A calendar".to_owned())),
            },
        }
    }
}

/// Each calendar by what it is called, with why it cannot be read.
fn told(out_of_reach: &[(String, String)], called: impl Fn(&str) -> String) -> String {
    let words = out_of_reach
        .iter()
        .map(|(name, why)| format!("{}: {why}", called(name)));
    words.collect::<Vec<_>>().join("; ")
}

pub(super) async fn visit(
    context: &mut Context<'_>,
    record: &mut Record,
) -> Result<Visit, SyncError> {
    let calendars = context.store.calendars(context.connection.id).await?;
    let keeper = Keeper::from(&*context);
    let kept = keeper.see_to(&calendars, Care::ForMissing).await?;
    // Reading stands in for being called, unless the provider wants to hear nothing at all.
    if let Some(error) = kept.failure.filter(concerns_everything) {
        return Err(error.into());
    }
    let subscriptions = kept.subscriptions;
    let (mut left, mut out_of_reach) = (None, Vec::new());
    let (mut looked_at, mut readable) = (Vec::new(), Vec::new());
    for calendar in calendars
        .iter()
        .filter(|calendar| calendar.settings.selected)
    {
        looked_at.push(calendar.id);
        match read(context, calendar, record.run.trigger).await {
            Ok(more) => {
                left = more.or(left);
                readable.push(calendar.id);
            }
            Err(SyncError::Provider(error)) if concerns_one_calendar(&error) => {
                out_of_reach.push((calendar.name.clone(), error.to_string()));
            }
            Err(error) => return Err(error),
        }
        let now = context.app.clock.now();
        record.show(context.store, context.counts, now).await?;
    }
    if record.run.trigger.is_routine() {
        note_missed(context, record).await?;
    }
    let more = calendar::push(context, &looked_at, &readable).await?;
    left = more.or(left);
    for calendar in calendars
        .iter()
        .filter(|calendar| readable.contains(&calendar.id))
    {
        context.retry_due(calendar).await?;
    }
    let compared = record.run.trigger == Trigger::Reconcile && left.is_none();
    Ok(Visit {
        findings: findings(context, &looked_at, &readable, &subscriptions, compared),
        left,
        out_of_reach,
    })
}

async fn read(
    context: &mut Context<'_>,
    calendar: &Calendar,
    trigger: Trigger,
) -> Result<Option<String>, SyncError> {
    let left = calendar::pull(context, calendar).await?;
    if left.is_some() || trigger != Trigger::Reconcile {
        return Ok(left);
    }
    audit::go_on(context, calendar).await
}

/// What a look finds that nobody asked for, no notice had told of; unless one came while it looked.
async fn note_missed(context: &mut Context<'_>, record: &Record) -> Result<(), SyncError> {
    let found = context.counts.pulled();
    if found == 0 {
        return Ok(());
    }
    let row = context.store.demand(context.connection.id).await?;
    let told_at = row.and_then(|row| row.last_notice_at);
    if told_at.is_none_or(|at| at < record.started_at) {
        context.counts.missed = found;
    }
    Ok(())
}

fn concerns_everything(error: &ProviderError) -> bool {
    matches!(
        error.class,
        FailureClass::Authentication | FailureClass::RateLimited
    )
}

fn concerns_one_calendar(error: &ProviderError) -> bool {
    matches!(error.class, FailureClass::NotFound | FailureClass::Rejected)
}

fn findings(
    context: &Context<'_>,
    looked_at: &[CalendarId],
    readable: &[CalendarId],
    subscriptions: &[Subscription],
    compared: bool,
) -> Findings {
    let now = context.app.clock.now();
    let (asked, missed) = (context.asked, context.counts.missed > 0);
    // A connection begins by reading everything.
    let reconciled_at = asked.reconciled_at.filter(|_| !compared);
    let retries = context.stuck.iter();
    let outlook = Outlook {
        watches: looked_at
            .iter()
            .map(|calendar| watch_of(*calendar, subscriptions, asked))
            .collect(),
        missed_at: if missed {
            Some(now)
        } else {
            asked.last_miss_at
        },
        reconcile_at: watch::reconcile_at(context.connection.id, reconciled_at.unwrap_or(now)),
        retry_at: retries
            .filter(|stuck| readable.contains(&stuck.calendar))
            .filter_map(StuckItem::next_try_at)
            .min(),
    };
    Findings {
        look_at: outlook.next_look(now),
        missed,
        reconciled: reconciled_at.is_none(),
    }
}

/// The subscription of a calendar that lasts longest, and what was heard of it.
pub fn watch_of(calendar: CalendarId, subscriptions: &[Subscription], asked: &Asked) -> Watch {
    let mut longest = Watch::default();
    for subscription in subscriptions
        .iter()
        .filter(|subscription| subscription.covers(calendar))
    {
        let SubscriptionState::Active {
            since, expires_at, ..
        } = &subscription.state
        else {
            continue;
        };
        let lasts = |until: &Timestamp| *until >= *expires_at;
        if longest.subscribed.is_none_or(|(_, until)| !lasts(&until)) {
            longest = Watch {
                subscribed: Some((*since, *expires_at)),
                heard_at: asked.heard.get(&subscription.id).copied(),
            };
        }
    }
    longest
}
