//! What is written down of a run, and when. A run that someone may be waiting to hear of is written when it starts, as it
//! goes on, and when it ends, each time in one write with what the world is told. A routine poll is written once, at
//! its end, and is no news unless it found something: most find nothing, and there is one for every connection all day.

use domain::sync::pace::Pace;
use domain::{
    connection::LastFailure,
    id::RunId,
    item::{StuckItem, Waiting},
    run::{Counts, CursorMove, RunNews, RunOutcome, RunState, SyncRun},
};
use jiff::Timestamp;

use crate::store::{Asked, ConnectionRow, StoreError, TenantStore};

/// Others write the connection too.
const TRIES_MAX: u32 = 5;

pub(super) struct Record {
    pub(super) run: SyncRun,
    pub(super) started_at: Timestamp,
    /// Somebody was told this run's id.
    promised: bool,
    /// The start was told, by this worker or by one that died.
    told: bool,
    written: Counts,
    /// `None`: nobody looked.
    waiting: Option<Waiting>,
    /// How fast the connection may write from now on.
    pub(super) pace: Pace,
}

impl Record {
    /// The run that was promised, or a `fresh` one. What a finished run left is never written over.
    pub(super) async fn of(
        store: &TenantStore,
        asked: &Asked,
        fresh: RunId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let promised = asked.demand.run.filter(|run| *run != fresh);
        let found = match promised {
            Some(run) => store.run(asked.connection, run).await?,
            None => None,
        };
        let (promised, told) = match found.as_ref().map(|run| &run.state) {
            None | Some(RunState::Queued { .. }) => (promised, false),
            Some(RunState::Running { .. }) => (promised, true),
            Some(RunState::Finished { .. }) => (None, false),
        };
        let state = RunState::Running { started_at: now };
        let id = promised.unwrap_or(fresh);
        Ok(Self {
            run: SyncRun::new(id, asked.connection, asked.trigger, state),
            started_at: now,
            promised: promised.is_some(),
            told,
            written: Counts::default(),
            waiting: None,
            pace: asked.pace,
        })
    }

    pub(super) async fn start(&mut self, store: &TenantStore) -> Result<(), StoreError> {
        if self.told || self.is_routine() {
            return Ok(());
        }
        let news = [RunNews::Started];
        store
            .record_run(&self.run, &news, None, self.started_at)
            .await?;
        self.told = true;
        Ok(())
    }

    fn is_routine(&self) -> bool {
        self.run.trigger.is_routine() && !self.promised
    }

    /// How far it has come, for whoever watches.
    pub(super) async fn show(
        &mut self,
        store: &TenantStore,
        counts: Counts,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run.counts = counts;
        if !self.told || self.written == counts {
            return Ok(());
        }
        self.written = counts;
        store.put_run(&self.run, now).await
    }

    pub(super) fn note(&mut self, counts: Counts, cursors: Vec<CursorMove>, stuck: &[StuckItem]) {
        self.run.counts = counts;
        self.run.cursors = cursors;
        self.waiting = Some(Waiting::of(stuck));
    }

    pub(super) async fn end(
        mut self,
        store: &TenantStore,
        outcome: &RunOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if matches!(outcome, RunOutcome::Skipped { .. }) && !self.promised {
            return Ok(());
        }
        self.run.state = RunState::Finished {
            started_at: self.started_at,
            finished_at: now,
            outcome: outcome.clone(),
        };
        let is_news = !self.is_routine()
            || !self.run.counts.is_quiet()
            || matches!(outcome, RunOutcome::Failed { .. });
        let started = (!self.told).then_some(RunNews::Started);
        let news: Vec<RunNews> = match outcome.news() {
            Some(ended) if is_news => started.into_iter().chain([ended]).collect(),
            Some(_) | None => Vec::new(),
        };
        for _ in 0..TRIES_MAX {
            let row = store.connection(self.run.connection).await?;
            let row = row.and_then(|row| shows(row, outcome, now));
            let row = row.map(|row| (row, self.waiting));
            match store.record_run(&self.run, &news, row, now).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }
}

/// What the connection shows of the run: `None` where nothing changes.
fn shows(mut row: ConnectionRow, outcome: &RunOutcome, now: Timestamp) -> Option<ConnectionRow> {
    match outcome {
        RunOutcome::Succeeded => {
            row.connection.last_sync_at = Some(now);
            row.connection.last_failure = None;
        }
        RunOutcome::Failed { why, unnamed } => {
            row.connection.last_failure = Some(LastFailure {
                at: now,
                what: why.clone(),
                unnamed: unnamed.clone(),
            });
        }
        RunOutcome::Continues { .. } | RunOutcome::Skipped { .. } => return None,
    }
    Some(row)
}
