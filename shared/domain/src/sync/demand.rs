//! One run at a time and no change forgotten: how many syncs a connection was asked for, and how many are covered.
//!
//! Correctness lives in one row per connection, not in queue order. Whoever wants a sync raises `asked`; a message in
//! the queue carries no meaning but "look at the row". The worker holds a lease while it runs and, at the end, marks
//! covered what was asked *before it began to look*.
//!
//! **Rule R**: a message is deleted only after an atomic read shows that everything asked is covered, or after its
//! replacement was sent. A message whose lease is refused is put back: the holder may die, and then this message is
//! all that is left of the change.
//!
//! The functions here are the row's transitions. The store carries out each as one conditional update; the model in the
//! tests carries them out on a value, under random crashes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::RunId;

/// The row. Absent fields are zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Grows by one with every wish for a sync.
    pub asked: u64,
    /// The highest `asked` that a finished run covers.
    pub covered: u64,
    /// The highest `asked` for which a message is known to have been sent, and when.
    #[serde(default)]
    pub sent_for: u64,
    #[serde(default)]
    pub sent_at: Option<Timestamp>,
    #[serde(default)]
    pub lease: Option<Lease>,
    /// Grows by one with every lease: what a worker writes at the end holds only if nobody took the lease since.
    #[serde(default)]
    pub fence: u64,
    /// The provider asked to be left alone until then.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// When the last run ended.
    #[serde(default)]
    pub released_at: Option<Timestamp>,
    /// Runs in a row that failed for a reason that may pass.
    #[serde(default)]
    pub failures: u32,
    /// The run under way, or the one that a person waits for; a second wish is answered with it.
    #[serde(default)]
    pub run: Option<RunId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub until: Timestamp,
    /// `asked` when the lease was taken: all that this run can vouch for.
    pub covers: u64,
}

/// A message in the queue that old, with nothing covered since, must be presumed lost to the dead-letter queue.
pub const MESSAGE_PRESUMED_LOST_AFTER: SignedDuration = SignedDuration::from_secs(120);

/// What to do after `asked` was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAsk {
    /// A message that will see the raised number exists.
    AlreadySent,
    /// The due sweep sends one when the provider may be called again.
    Waits {
        until: Timestamp,
    },
    Send {
        delay: SignedDuration,
    },
}

/// Where a connection's syncing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything asked is covered.
    Idle,
    Running,
    /// A message is on its way to a worker.
    Queued,
    /// The provider asked to be left alone until then.
    Waits {
        until: Timestamp,
    },
    /// Asked for, and no message is known to be on its way; the next wish or the due sweep sends one.
    Unsent,
}

/// What to do with a message whose lease was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRefusal {
    /// Everything asked is covered.
    Delete,
    /// Another worker is at it, and may die: look again when its lease ends.
    PutBack { after: SignedDuration },
}

/// A lease that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    pub fence: u64,
    pub covers: u64,
}

impl Demand {
    /// Raises `asked`. The caller sends first and then records the send with [`Demand::record_send`].
    pub fn ask(&mut self, run: Option<RunId>) {
        self.asked += 1;
        self.run = self.run.or(run);
    }

    fn is_message_on_its_way(&self, now: Timestamp) -> bool {
        self.sent_for > self.covered
            && self
                .sent_at
                .is_some_and(|sent| now < sent + MESSAGE_PRESUMED_LOST_AFTER)
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.asked == self.covered {
            return Standing::Idle;
        }
        if self.lease.as_ref().is_some_and(|lease| lease.until >= now) {
            return Standing::Running;
        }
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Standing::Waits { until };
        }
        if self.is_message_on_its_way(now) {
            return Standing::Queued;
        }
        Standing::Unsent
    }

    /// `debounce` gathers a burst into one run; the first wish after a quiet time is not held up.
    pub fn after_ask(&self, now: Timestamp, debounce: SignedDuration) -> AfterAsk {
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return AfterAsk::Waits { until };
        }
        if self.is_message_on_its_way(now) {
            return AfterAsk::AlreadySent;
        }
        let quiet_until = self.released_at.map_or(now, |released| released + debounce);
        AfterAsk::Send {
            delay: quiet_until
                .duration_since(now)
                .clamp(SignedDuration::ZERO, debounce),
        }
    }

    pub fn record_send(&mut self, sent_for: u64, now: Timestamp) {
        self.sent_for = self.sent_for.max(sent_for);
        self.sent_at = Some(now);
    }

    /// Takes the lease unless someone holds it, the provider asked to wait, or nothing is left to cover. `run` names the run where no wish has.
    pub fn take(
        &mut self,
        now: Timestamp,
        lease_for: SignedDuration,
        run: RunId,
    ) -> Result<Granted, AfterRefusal> {
        if let Some(refusal) = self.refusal(now) {
            return Err(refusal);
        }
        self.fence += 1;
        self.run = self.run.or(Some(run));
        self.lease = Some(Lease {
            until: now + lease_for,
            covers: self.asked,
        });
        Ok(Granted {
            fence: self.fence,
            covers: self.asked,
        })
    }

    /// Why the lease cannot be taken now, if it cannot.
    pub fn refusal(&self, now: Timestamp) -> Option<AfterRefusal> {
        if self.asked == self.covered {
            return Some(AfterRefusal::Delete);
        }
        let held_until = self.lease.as_ref().map(|lease| lease.until);
        let held_until = held_until.filter(|until| *until >= now);
        let waits_until = self.not_before.filter(|until| *until > now);
        let until = held_until.max(waits_until)?;
        // One second past the end, or the message would come back while the lease still holds.
        let after = until.duration_since(now) + SignedDuration::from_secs(1);
        Some(AfterRefusal::PutBack { after })
    }

    /// Ends a run that covered what it set out to. `false`: someone took the lease since; nothing may be deleted.
    pub fn finish(&mut self, granted: Granted, now: Timestamp) -> bool {
        self.end(granted, now, |demand| {
            demand.covered = demand.covered.max(granted.covers);
            demand.failures = 0;
            demand.not_before = None;
        })
    }

    /// Ends a run that must go on: not before `not_before` where it failed, at once where it only ran out of time.
    pub fn give_back(
        &mut self,
        granted: Granted,
        now: Timestamp,
        not_before: Option<Timestamp>,
    ) -> bool {
        self.end(granted, now, |demand| {
            demand.failures = not_before.map_or(0, |_| demand.failures + 1);
            demand.not_before = not_before;
        })
    }

    fn end(&mut self, granted: Granted, now: Timestamp, change: impl FnOnce(&mut Self)) -> bool {
        if self.fence != granted.fence {
            return false;
        }
        change(self);
        self.lease = None;
        self.released_at = Some(now);
        self.run = None;
        true
    }

    /// More was asked than is covered: a replacement must be sent before the message is deleted.
    pub fn wants_another_run(&self) -> bool {
        self.asked > self.covered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const LEASE: SignedDuration = SignedDuration::from_secs(70);

    fn run(number: u128) -> RunId {
        RunId::from_parts(0, number)
    }

    #[test]
    fn a_wish_during_a_run_that_nobody_asked_for_is_answered_with_that_run() {
        let mut demand = Demand::default();
        demand.ask(None);
        let granted = demand.take(NOW, LEASE, run(1)).expect("nobody holds it");
        demand.ask(Some(run(2)));

        assert_eq!(demand.run, Some(run(1)));
        assert!(demand.finish(granted, NOW));
        assert_eq!((demand.run, demand.wants_another_run()), (None, true));
    }

    #[test]
    fn a_sync_is_queued_then_running_then_over() {
        let mut demand = Demand::default();
        assert_eq!(demand.standing(NOW), Standing::Idle);

        demand.ask(None);
        assert_eq!(demand.standing(NOW), Standing::Unsent);
        demand.record_send(1, NOW);
        assert_eq!(demand.standing(NOW), Standing::Queued);
        let granted = demand.take(NOW, LEASE, run(1)).expect("nobody holds it");
        assert_eq!(demand.standing(NOW), Standing::Running);
        demand.finish(granted, NOW);
        assert_eq!(demand.standing(NOW), Standing::Idle);
    }

    #[test]
    fn a_message_that_never_arrives_does_not_count_as_queued_for_ever() {
        let mut demand = Demand::default();
        demand.ask(None);
        demand.record_send(1, NOW);

        let later = NOW + MESSAGE_PRESUMED_LOST_AFTER;
        assert_eq!(demand.standing(later), Standing::Unsent);
    }

    #[test]
    fn a_sync_that_the_provider_put_off_waits() {
        let mut demand = Demand::default();
        demand.ask(None);
        let granted = demand.take(NOW, LEASE, run(1)).expect("nobody holds it");
        let until = NOW + SignedDuration::from_mins(3);
        demand.give_back(granted, NOW, Some(until));

        assert_eq!(demand.standing(NOW), Standing::Waits { until });
        assert_eq!(demand.standing(until), Standing::Unsent);
    }
}
