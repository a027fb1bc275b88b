//! One calendar's part of a run: read its changes, then write what changed here.

use domain::{
    calendar::Calendar,
    event::{Change, ExternalEventId, OccurrenceSeen},
    failure::FailureClass,
    id::{CalendarId, EntryId},
    sync::{
        brake::{Braked, Way},
        decide::decide,
        observe::{EventSeen, Observation, Pair},
        plan::Step,
    },
};

use jiff::Timestamp;

use super::{Context, SyncError, compare, holds::RoundSeen};
use crate::{
    providers::{Next, Page, ReadFrom, SeriesShown},
    store::{Comparing, Shown, SyncPosition},
};

/// Changed entries that are looked at together, in whole calls of what is created.
const ENTRIES_AT_ONCE: usize = 50;
/// Pages of one calendar in one run; what is left becomes another run.
pub(super) const PAGES_PER_RUN_MAX: u32 = 8;
/// A page is void, then the cursor before it. A provider that refuses its own pages again and again would be read for ever.
const RESTARTS_PER_RUN_MAX: u32 = 2;

/// Reads the calendar's changes to their end and carries out what follows. Answers why more is left, if it is.
pub(super) async fn pull(
    context: &mut Context<'_>,
    calendar: &Calendar,
) -> Result<Option<String>, SyncError> {
    let mut position = begin(context, calendar).await?;
    if context.begin_decided(calendar, Way::Changes).await? {
        position.read_again();
    }
    let whole = position.page.is_none();
    // Only where links are to be compared with it afterwards.
    let mut shown = Shown::default();
    let (mut pages, mut restarts) = (0, 0);
    loop {
        let mut page =
            read_page(context, calendar, &mut position, &mut shown, &mut restarts).await?;
        // In a complete read too: what an earlier page of it showed counts as shown.
        context.with_out_of_view(calendar, &mut page).await?;
        pages += 1;
        if position.cursor.is_none() && position.known {
            for change in &page.changes {
                shown.add(change.external_id());
            }
        }
        let Page { changes, next, .. } = page;
        carry_out_page(context, calendar, changes, page.series, position.since).await?;
        match next {
            Next::Page(next) => position.page = Some(next),
            Next::Cursor(cursor) => {
                let seen = if whole {
                    RoundSeen::Whole
                } else {
                    RoundSeen::ItsEnd
                };
                let waits = !whole && context.holds.waits(calendar.id, Way::Changes);
                if waits || context.holds.holds_now(calendar.id, Way::Changes) {
                    return hold(context, calendar, position, &shown, seen).await;
                }
                context.settle_holds(calendar, Way::Changes, seen).await?;
                let position = complete(context, calendar, position, cursor, &shown).await?;
                return compare::go_on(context, calendar, position).await;
            }
        }
        if pages >= PAGES_PER_RUN_MAX || context.out_of_time() {
            if context.holds.holds_now(calendar.id, Way::Changes) {
                // The run that comes to the end of this read must know of it.
                let seen = RoundSeen::NotItsEnd;
                context.settle_holds(calendar, Way::Changes, seen).await?;
            }
            context.commit(calendar, &position, &shown).await?;
            return Ok(Some(format!(
                "{} is large: the next run goes on with it",
                calendar.name
            )));
        }
    }
}

/// The cursor does not pass what is held: the same changes are read, and held, again until someone decides.
async fn hold(
    context: &mut Context<'_>,
    calendar: &Calendar,
    mut position: SyncPosition,
    shown: &Shown,
    seen: RoundSeen,
) -> Result<Option<String>, SyncError> {
    let seen = match seen {
        RoundSeen::Whole => RoundSeen::Whole,
        // What was decided is done only once the cursor passes it.
        RoundSeen::ItsEnd | RoundSeen::NotItsEnd => RoundSeen::NotItsEnd,
    };
    context.settle_holds(calendar, Way::Changes, seen).await?;
    if position.page.is_some() {
        position.read_again();
        context.commit(calendar, &position, shown).await?;
    }
    Ok(None)
}

/// The next page; from the beginning again where the provider no longer knows the place.
async fn read_page(
    context: &Context<'_>,
    calendar: &Calendar,
    position: &mut SyncPosition,
    shown: &mut Shown,
    restarts: &mut u32,
) -> Result<Page, SyncError> {
    loop {
        let from = match &position.cursor {
            Some(cursor) => ReadFrom::Cursor(cursor),
            None => ReadFrom::Start {
                since: position.since,
            },
        };
        let page = context
            .provider
            .changes(&context.access, calendar, from, position.page.as_deref())
            .await;
        match page {
            Ok(page) => return Ok(page),
            Err(error) if !position.began() || *restarts == RESTARTS_PER_RUN_MAX => {
                return Err(error.into());
            }
            // Everything is read again in this very run; links stay.
            Err(error) if error.class == FailureClass::CursorExpired => {
                tracing::info!(
                    tenant = %context.store.id(), connection = %context.connection.id, calendar = %calendar.id,
                    "cursor expired"
                );
                position.start_over();
                shown.clear();
            }
            // A page does not outlive its read for long, and a cursor may be no longer understood: the read begins
            // again, and answers for itself if it is refused for another reason.
            Err(error) if error.class == FailureClass::Rejected => {
                if position.cursor.is_none() || position.page.take().is_none() {
                    position.start_over();
                    shown.clear();
                }
            }
            Err(error) => return Err(error.into()),
        }
        *restarts += 1;
    }
}

pub(super) async fn carry_out_page(
    context: &mut Context<'_>,
    calendar: &Calendar,
    changes: Vec<Change>,
    series: SeriesShown,
    since: Option<Timestamp>,
) -> Result<(), SyncError> {
    for event in removed(&changes) {
        // An event that could not be held no longer needs to be explained. First: a copy that is put back may fail.
        context.clear_stuck(calendar, &event.0, None).await?;
    }
    let mut observation = context
        .observe_changes(calendar, changes, series, since)
        .await?;
    observation.policy.restoring = context.holds.restoring(calendar.id, Way::Changes);
    carry_out(context, calendar, Way::Changes, observation).await?;
    Ok(())
}

/// Where the read begins: at the cursor, unless there is none or it does not reach back far enough.
async fn begin(context: &mut Context<'_>, calendar: &Calendar) -> Result<SyncPosition, SyncError> {
    let mut position = context.store.sync_position(calendar.id).await?;
    context.note_cursor(calendar, &position);
    let wanted = calendar.settings.history.starts_at(context.app.clock.now());
    let imports = calendar.settings.direction.pulls();
    let knows_too_little =
        reaches_further_back(wanted, position.since) || (imports && !position.imports);
    let reads_otherwise = position.began() && position.privacy != calendar.settings.privacy;
    if (position.cursor.is_some() && knows_too_little) || reads_otherwise {
        position.start_over();
    }
    if !position.began() {
        // A run that died before it could write down how far it had come has taken over something all the same.
        position.known = position.known
            || !context
                .store
                .some_links_of_calendar(calendar.id, 1)
                .await?
                .is_empty();
        position.since = wanted;
        position.imports = imports;
        position.privacy = calendar.settings.privacy;
    }
    Ok(position)
}

/// A longer history was chosen since the calendar was read: what lies before has to be read too.
fn reaches_further_back(wanted: Option<Timestamp>, since: Option<Timestamp>) -> bool {
    match (wanted, since) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wanted), Some(since)) => wanted < since,
    }
}

fn removed(changes: &[Change]) -> Vec<ExternalEventId> {
    let gone = |change: &Change| match change {
        Change::Removed(external_id) => Some(external_id.clone()),
        Change::Occurrence(occurrence) => match occurrence.seen {
            OccurrenceSeen::Cancelled | OccurrenceSeen::Changed(_) => {
                Some(occurrence.external_id.clone())
            }
            OccurrenceSeen::Refused { .. } => None,
        },
        Change::Upserted(_) | Change::Refused { .. } => None,
    };
    changes.iter().filter_map(gone).collect()
}

/// The read came to its end: only now may the cursor move, and only now does absence mean anything. What was not shown
/// is looked at under the new cursor, so that no change is missed however long that takes.
async fn complete(
    context: &mut Context<'_>,
    calendar: &Calendar,
    position: SyncPosition,
    cursor: String,
    shown: &Shown,
) -> Result<SyncPosition, SyncError> {
    let was_complete_read = position.cursor.is_none();
    let begins = (was_complete_read && position.known).then_some(Comparing {
        since: position.since,
        after: None,
    });
    let next = SyncPosition {
        cursor: Some(cursor),
        page: None,
        // What is skipped now has to be read once imports are wanted.
        imports: position.imports && calendar.settings.direction.pulls(),
        known: true,
        // The first complete read has nothing to be compared with.
        reconciled_at: if was_complete_read && begins.is_none() {
            Some(context.app.clock.now())
        } else {
            position.reconciled_at
        },
        comparing: begins.or_else(|| position.comparing.clone()),
        ..position.clone()
    };
    if next == position {
        return Ok(position);
    }
    context.commit(calendar, &next, shown).await
}

/// Writes what changed here into the calendars that it concerns, a handful at a time: what is done is done, should the
/// run be cut short. `looked_at` are the calendars of this run, `readable` those that could be read.
pub(super) async fn push(
    context: &mut Context<'_>,
    looked_at: &[CalendarId],
    readable: &[CalendarId],
) -> Result<Option<String>, SyncError> {
    let decided = context.holds.any_decided(Way::Entries);
    if decided {
        begin_decided(context, readable).await?;
    }
    let dirty = context.store.dirty_entries(context.connection.id).await?;
    if dirty.is_empty() && !decided {
        return Ok(None);
    }
    // Settings are saved before the entries that they concern are put here: read in the other order, no entry is
    // looked at under settings that no longer hold.
    let calendars = context.store.calendars(context.connection.id).await?;
    let mut chosen = calendars
        .iter()
        .filter(|calendar| calendar.settings.selected);
    if chosen
        .clone()
        .any(|calendar| !looked_at.contains(&calendar.id))
    {
        return Ok(Some("the choice of calendars changed meanwhile".into()));
    }
    let chosen: Vec<&Calendar> = chosen
        .by_ref()
        .filter(|calendar| readable.contains(&calendar.id))
        .collect();
    let call = context.provider.creates_at_once();
    let handful = (ENTRIES_AT_ONCE / call).max(1) * call;
    for handful in dirty.chunks(handful) {
        if context.out_of_time() {
            break;
        }
        let mut held = Vec::new();
        for calendar in &chosen {
            let mut observation = context.observe_entries(calendar, handful).await?;
            observation.policy.restoring = context.holds.restoring(calendar.id, Way::Entries);
            held.extend(carry_out(context, calendar, Way::Entries, observation).await?);
        }
        for row in handful {
            let connection = context.connection.id;
            if held.contains(&row.entry) {
                context.store.park(connection, row).await?;
            } else {
                context.store.clear_dirty(connection, row).await?;
            }
        }
    }
    let left = context.store.dirty_entries(context.connection.id).await?;
    for calendar in &chosen {
        // What is held waits aside; what was decided is done when nothing is left.
        let seen = if left.is_empty() {
            RoundSeen::ItsEnd
        } else {
            RoundSeen::NotItsEnd
        };
        context.settle_holds(calendar, Way::Entries, seen).await?;
    }
    Ok((!left.is_empty()).then(|| format!("{} more entries wait to be written", left.len())))
}

/// What was set aside until someone decided is looked at again.
async fn begin_decided(
    context: &mut Context<'_>,
    readable: &[CalendarId],
) -> Result<(), SyncError> {
    for calendar in context.store.calendars(context.connection.id).await? {
        if readable.contains(&calendar.id) && context.begin_decided(&calendar, Way::Entries).await?
        {
            context.store.unpark(context.connection.id).await?;
        }
    }
    Ok(())
}

/// Answers the entries of what is held.
pub(super) async fn carry_out(
    context: &mut Context<'_>,
    calendar: &Calendar,
    way: Way,
    observation: Observation,
) -> Result<Vec<EntryId>, SyncError> {
    let reported = |pair: &&Pair| !matches!(pair.event, EventSeen::Unreported);
    let seen = observation.pairs.iter().filter(reported).count() + observation.new_events.len();
    context.counts.seen += u32::try_from(seen + observation.refused.len()).unwrap_or(u32::MAX);
    let Braked { plan, held } = context.holds.brake(calendar.id, way, decide(observation));
    context.counts.unchanged += plan.unchanged;
    context.counts.held += u32::try_from(held.len()).unwrap_or(u32::MAX);
    if !plan.steps.is_empty() {
        tracing::info!(
            tenant = %context.store.id(), connection = %context.connection.id, provider = %context.connection.provider,
            calendar = %calendar.id, plan = %plan, "decided"
        );
    }
    Box::pin(context.apply_all(calendar, plan.steps)).await?;
    Ok(held.iter().filter_map(Step::entry).collect())
}
