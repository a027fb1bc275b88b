//! The daily look at everything: a complete read that leaves the cursor alone and finds what notices and deltas missed.
//! What differs is decided and carried out like any other change.

use domain::{
    calendar::Calendar,
    failure::FailureClass,
    sync::{brake::Way, watch},
};

use super::{
    Context, SyncError,
    calendar::{PAGES_PER_RUN_MAX, carry_out_page},
    compare,
};
use crate::{
    providers::{Next, Page, ProviderError, ReadFrom},
    store::{Audit, Comparing, Shown, SyncPosition},
};

/// Begins or goes on, where the calendar's day is over. Answers why more is left, if it is.
pub(super) async fn go_on(
    context: &mut Context<'_>,
    calendar: &Calendar,
) -> Result<Option<String>, SyncError> {
    let mut position = context.store.sync_position(calendar.id).await?;
    let now = context.app.clock.now();
    let is_due = position
        .reconciled_at
        .is_none_or(|at| watch::reconcile_at(context.connection.id, at) <= now);
    // A complete read that the cursor needs, or its comparison, does the same.
    if position.cursor.is_none() || position.comparing.is_some() {
        return Ok(None);
    }
    if position.audit.is_none() {
        if !is_due {
            return Ok(None);
        }
        position.audit = Some(Audit {
            since: calendar.settings.history.starts_at(now),
            page: None,
        });
        position.read += 1;
    }
    read(context, calendar, position).await
}

async fn read(
    context: &mut Context<'_>,
    calendar: &Calendar,
    mut position: SyncPosition,
) -> Result<Option<String>, SyncError> {
    let mut shown = Shown::default();
    let (mut pages, mut began_again) = (0, false);
    while let Some(mut audit) = position.audit.take() {
        let since = audit.since;
        let page = match read_page(context, calendar, &audit).await {
            Ok(page) => page,
            // A page does not outlive its read for long: the read begins again, once in a run.
            Err(SyncError::Provider(error))
                if is_void(&error) && audit.page.is_some() && !began_again =>
            {
                began_again = true;
                audit.page = None;
                position.audit = Some(audit);
                position.read += 1;
                shown.clear();
                continue;
            }
            Err(error) => return Err(error),
        };
        pages += 1;
        for change in &page.changes {
            shown.add(change.external_id());
        }
        // A dead letter that changed comes with the changes; one that did not is left alone.
        let changes = page.changes.into_iter();
        let changes = changes.filter(|change| !context.is_dead(calendar, change.external_id()));
        let changes = changes.collect();
        carry_out_page(context, calendar, changes, page.series, since).await?;
        if context.holds.holds_now(calendar.id, Way::Changes) {
            // A complete read that the cursor waits for holds it too, and asks, until someone decides.
            position.start_over();
            context
                .commit(calendar, &position, &Shown::default())
                .await?;
            let words = format!("{} is read again for what is held", calendar.name);
            return Ok(Some(words));
        }
        match page.next {
            Next::Page(next) => audit.page = Some(next),
            // Its cursor is not ours: what changed since ours is still to be told under ours.
            Next::Cursor(_) => {
                position.comparing = Some(Comparing { since, after: None });
                break;
            }
        }
        position.audit = Some(audit);
        if pages >= PAGES_PER_RUN_MAX || context.out_of_time() {
            context.commit(calendar, &position, &shown).await?;
            return Ok(Some(format!(
                "{} is still read for what was missed",
                calendar.name
            )));
        }
    }
    let position = context.commit(calendar, &position, &shown).await?;
    compare::go_on(context, calendar, position).await
}

fn is_void(error: &ProviderError) -> bool {
    matches!(
        error.class,
        FailureClass::Rejected | FailureClass::CursorExpired
    )
}

async fn read_page(
    context: &Context<'_>,
    calendar: &Calendar,
    audit: &Audit,
) -> Result<Page, SyncError> {
    let from = ReadFrom::Start { since: audit.since };
    let page = audit.page.as_deref();
    let read = context
        .provider
        .changes(&context.access, calendar, from, page);
    Ok(read.await?)
}
