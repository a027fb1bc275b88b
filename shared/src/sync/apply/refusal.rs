//! Items that cannot be synced stand beside the calendar with their reason, until they sync.

use domain::{calendar::Calendar, failure::Refusal};

use super::super::{Context, SyncError};
use crate::store::RefusedItem;

impl Context<'_> {
    pub(super) async fn refuse(
        &mut self,
        calendar: &Calendar,
        item: String,
        title: String,
        refusal: Refusal,
    ) -> Result<(), SyncError> {
        let now = self.app.clock.now();
        let known = self
            .refused
            .iter()
            .find(|known| known.calendar == calendar.id && known.item == item);
        let refused = RefusedItem {
            calendar: calendar.id,
            item,
            title,
            refusal,
            attempts: known.map_or(0, |known| known.attempts) + 1,
            first_seen_at: known.map_or(now, |known| known.first_seen_at),
            last_seen_at: now,
        };
        self.store
            .put_refused_item(self.connection.id, &refused)
            .await?;
        self.counts.refused += 1;
        Ok(())
    }

    pub(in crate::sync) async fn clear_refusal(
        &mut self,
        calendar: &Calendar,
        item: &str,
    ) -> Result<(), SyncError> {
        let before = self.refused.len();
        self.refused
            .retain(|known| known.calendar != calendar.id || known.item != item);
        if self.refused.len() < before {
            self.store
                .clear_refused_item(self.connection.id, calendar.id, item)
                .await?;
        }
        Ok(())
    }
}
