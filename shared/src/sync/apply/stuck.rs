//! Items that cannot be synced stand beside the calendar with their reason, until they sync. The row is written before
//! anything moves past the item, so that nothing is known of it only in memory.

use domain::{
    calendar::Calendar,
    event::{Change, ExternalEventId},
    failure::{FailureClass, Refusal},
    id::{EntryId, IntegrationEventId},
    integration::IntegrationEvent,
    item::{FAILURES_IN_A_ROW_MAX, ItemState, StuckItem},
    link::{EventLink, Origin},
    sync::{decide::decide, plan::Step},
};

use super::{
    super::{Context, SyncError},
    Halt, Named, Subject, linked,
};
use crate::{
    ids,
    providers::SeriesShown,
    store::{DirtyEntry, item_id},
};

/// Failed items of one calendar that are tried again in one run.
const RETRIES_PER_RUN_MAX: usize = 25;

impl SyncError {
    /// It may say nothing of the next item. A provider that asks to wait, or that no longer knows us, means all of them.
    fn concerns_one_item(&self) -> bool {
        match self {
            Self::Provider(error) => {
                error.class == FailureClass::Transient && error.retry_after_s.is_none()
            }
            Self::Unsettled { .. } => true,
            Self::Access(_)
            | Self::Store(_)
            | Self::Vault(_)
            | Self::LeaseLost
            | Self::OutOfTime
            | Self::Paced { .. } => false,
        }
    }
}

/// Whether a step that came to its end shows that the provider answers.
pub(super) fn calls_provider(step: &Step) -> bool {
    match step {
        Step::FinishCreate { .. } | Step::DeleteEvent { .. } => true,
        Step::Write(write) => !write.push.is_empty(),
        Step::CreateEntry { .. }
        | Step::JoinEntry { .. }
        | Step::RestoreEntry { .. }
        | Step::Sever { .. }
        | Step::CreateEvent { .. }
        | Step::Rebase { .. }
        | Step::DeleteEntry { .. }
        | Step::Unassign { .. }
        | Step::Unlink { .. }
        | Step::Conflict { .. }
        | Step::Refuse { .. } => false,
    }
}

impl Context<'_> {
    /// Whether one more write may go to the provider in this run.
    pub(super) fn may_write(&mut self) -> Result<(), SyncError> {
        if self.out_of_time() {
            return Err(SyncError::OutOfTime);
        }
        let now = self.app.clock.now();
        self.pace
            .take(now)
            .map_err(|pause| SyncError::Paced { pause })
    }

    pub(super) async fn refuse(
        &mut self,
        calendar: &Calendar,
        named: Named,
        refusal: Refusal,
    ) -> Result<(), SyncError> {
        let mut stuck = self.stuck_as(calendar, &named);
        if let (Refusal::SameMeeting { .. }, Subject::Event(_, synced)) = (&refusal, named.subject)
        {
            stuck.entry = synced;
        }
        stuck.attempts += 1;
        stuck.last_seen_at = self.app.clock.now();
        stuck.state = ItemState::Refused { refusal };
        self.counts.refused += 1;
        self.keep(stuck).await
    }

    /// Puts the item aside, unless the failure is not its own.
    pub(super) async fn fail(
        &mut self,
        calendar: &Calendar,
        named: Named,
        error: SyncError,
    ) -> Result<(), SyncError> {
        if !error.concerns_one_item() {
            return Err(error);
        }
        let now = self.app.clock.now();
        let jitter = u16::try_from(ids::below(1_000)).unwrap_or(0);
        let stuck = self.stuck_as(calendar, &named);
        let stuck = stuck.failed(error.to_string(), now, jitter);
        tracing::warn!(
            tenant = %self.store.id(), connection = %self.connection.id, calendar = %calendar.id, item = %stuck.id,
            attempts = stuck.attempts, "item failed: {error}"
        );
        if matches!(error, SyncError::Provider(_)) {
            self.failed_in_a_row.push(stuck.id);
            // It may have been created all the same, and be tried again in this very run.
            self.unanswered.take();
        }
        self.counts.failed += 1;
        self.keep(stuck).await?;
        if self.failed_in_a_row.len() < FAILURES_IN_A_ROW_MAX {
            return Ok(());
        }
        for id in std::mem::take(&mut self.failed_in_a_row) {
            let spared = self.stuck.iter().find(|stuck| stuck.id == id).cloned();
            if let Some(spared) = spared {
                self.keep(spared.spared(now)).await?;
            }
        }
        Err(error)
    }

    /// Looking at a link failed, before anything was decided of it.
    pub(in crate::sync) async fn fail_link(
        &mut self,
        calendar: &Calendar,
        link: &EventLink,
        error: SyncError,
    ) -> Result<(), SyncError> {
        self.fail(calendar, linked(link, link.title()), error).await
    }

    pub(in crate::sync) fn is_dead(&self, calendar: &Calendar, event: &ExternalEventId) -> bool {
        let is_it = |stuck: &StuckItem| stuck.calendar == calendar.id && stuck.item == event.0;
        self.stuck
            .iter()
            .any(|stuck| is_it(stuck) && stuck.is_dead())
    }

    /// The event through which an entry was synced is gone: whatever stood aside for it in another calendar of the
    /// account is looked at anew. Said before anything is concluded from the loss, so that it is not forgotten.
    pub(super) async fn let_others_in(&mut self, lost: &EventLink) -> Result<(), Halt> {
        let now = self.app.clock.now();
        let aside = |stuck: &&StuckItem| stuck.stands_aside_for(lost.entry);
        let aside: Vec<StuckItem> = self.stuck.iter().filter(aside).cloned().collect();
        for stuck in aside {
            let kept = self.keep(stuck.replayed(now)).await;
            kept.map_err(Halt::Stop)?;
        }
        Ok(())
    }

    /// A copy of ours is no longer wanted: an event of the owner's own that stood aside for it may be a meeting yet. What
    /// stood aside for another event of theirs was removed together with it.
    pub(super) async fn gives_up(&mut self, link: &EventLink) -> Result<(), Halt> {
        match link.origin {
            Origin::Entry => self.let_others_in(link).await,
            Origin::Event => Ok(()),
        }
    }

    /// The item as it is known, or as it is met for the first time.
    fn stuck_as(&self, calendar: &Calendar, named: &Named) -> StuckItem {
        let id = item_id(self.connection, calendar.id, &named.item);
        let known = self.stuck.iter().find(|stuck| stuck.id == id).cloned();
        let now = self.app.clock.now();
        let fresh = || StuckItem {
            id,
            calendar: calendar.id,
            item: named.item.clone(),
            entry: named.entry,
            title: named.title.clone(),
            attempts: 0,
            first_seen_at: now,
            last_seen_at: now,
            state: ItemState::Failing {
                error: String::new(),
                next_try_at: now,
            },
        };
        let stuck = known.unwrap_or_else(fresh);
        let entry = match named.subject {
            Subject::Event(..) => None,
            Subject::Nothing | Subject::Link(_) | Subject::Entry(_) => named.entry.or(stuck.entry),
        };
        StuckItem { entry, ..stuck }
    }

    async fn keep(&mut self, stuck: StuckItem) -> Result<(), SyncError> {
        let given_up = self.given_up(&stuck);
        self.store
            .put_stuck_item(self.connection.id, &stuck, given_up.as_ref())
            .await?;
        self.stuck.retain(|known| known.id != stuck.id);
        self.stuck.push(stuck);
        Ok(())
    }

    /// What operators are told of an item that has just become a dead letter.
    fn given_up(&self, stuck: &StuckItem) -> Option<IntegrationEvent> {
        let is_known = |known: &StuckItem| known.id == stuck.id && known.is_dead();
        if !stuck.is_dead() || self.stuck.iter().any(is_known) {
            return None;
        }
        let now = self.app.clock.now();
        let id = ids::mint(self.store.id(), now, IntegrationEventId::from_parts);
        Some(IntegrationEvent::dead_letter(
            id,
            now,
            self.connection,
            stuck,
        ))
    }

    /// The item syncs, by whichever of its names it was met. Of another event of the same meeting that says nothing.
    pub(in crate::sync) async fn clear_stuck(
        &mut self,
        calendar: &Calendar,
        item: &str,
        entry: Option<EntryId>,
    ) -> Result<(), SyncError> {
        let is_it =
            |known: &StuckItem| known.calendar == calendar.id && known.is_known_as(item, entry);
        let (over, left) = std::mem::take(&mut self.stuck).into_iter().partition(is_it);
        self.stuck = left;
        let over: Vec<StuckItem> = over;
        for stuck in over {
            self.store
                .clear_stuck_item(self.connection.id, &stuck)
                .await?;
        }
        Ok(())
    }

    /// Tries failed items again whose time has come. What is over them is looked at anew: both sides may have moved.
    pub(in crate::sync) async fn retry_due(
        &mut self,
        calendar: &Calendar,
    ) -> Result<(), SyncError> {
        let now = self.app.clock.now();
        let due: Vec<StuckItem> = self
            .stuck
            .iter()
            .filter(|stuck| stuck.calendar == calendar.id && stuck.is_due(now))
            .take(RETRIES_PER_RUN_MAX)
            .cloned()
            .collect();
        for stuck in due {
            if self.out_of_time() {
                break;
            }
            self.retry(calendar, &stuck).await?;
            if self.stuck.contains(&stuck) {
                // Nothing is left to do for it.
                self.clear_stuck(calendar, &stuck.item, None).await?;
            }
        }
        Ok(())
    }

    async fn retry(&mut self, calendar: &Calendar, stuck: &StuckItem) -> Result<(), SyncError> {
        let observation = if let Ok(entry) = stuck.item.parse() {
            let row = DirtyEntry { entry, version: 0 };
            self.observe_entries(calendar, &[row]).await?
        } else {
            let id = ExternalEventId(stuck.item.clone());
            let change = match self.provider.get(&self.access, calendar, &id).await {
                Ok(change) => change.unwrap_or(Change::Removed(id)),
                Err(error) => {
                    let named = Named {
                        item: stuck.item.clone(),
                        title: stuck.title.clone(),
                        entry: stuck.entry,
                        subject: Subject::Nothing,
                    };
                    return self.fail(calendar, named, error.into()).await;
                }
            };
            let since = calendar.settings.history.starts_at(self.app.clock.now());
            let whole = SeriesShown::Whole;
            self.observe_changes(calendar, vec![change], whole, since)
                .await?
        };
        // Few by their bound, and no cursor comes back to them: the brakes would lose them.
        for step in decide(observation).steps {
            self.apply(calendar, step).await?;
        }
        Ok(())
    }
}
