//! The firm goes on being busy: every few seconds somebody does something likely, here or at a calendar. What, is drawn
//! from a seed, so that a run of it can be had again.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::connection::Provider;
use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, time},
    tz::TimeZone,
};
use proptest::{
    prelude::Rng as _,
    test_runner::{RngAlgorithm, TestRng},
};
use serde_json::{Value, json};

use super::{
    DANA, FINN, GUS,
    firm::{self, Side, here, there, with},
    reports,
};
use crate::{
    connected::Connected,
    world::{World, ZONE},
};

const KEY: &str = "Simulated activity";
/// Who is busy, Dana last: only she makes keys.
pub(super) const SIDES: [(Provider, &str); 3] = [
    (Provider::Google, FINN),
    (Provider::Microsoft, GUS),
    (Provider::Google, DANA),
];
/// Beyond that the oldest is left as it is.
const JOBS_MAX: usize = 30;
/// What is younger may not have arrived on the other side.
const SETTLES_IN: SignedDuration = SignedDuration::from_secs(25);

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    PlannedHere,
    PlannedThere,
    MovedHere,
    MovedThere,
    CancelledHere,
    CancelledThere,
    /// Both sides say something else of the same visit.
    FellApart,
    /// Google wants to be asked later.
    AskedToWait,
    Reported,
    ReportedRefusal,
}

impl Happening {
    pub const ALL: [Self; 10] = [
        Self::PlannedHere,
        Self::PlannedThere,
        Self::MovedHere,
        Self::MovedThere,
        Self::CancelledHere,
        Self::CancelledThere,
        Self::FellApart,
        Self::AskedToWait,
        Self::Reported,
        Self::ReportedRefusal,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::PlannedHere => "planned_here",
            Self::PlannedThere => "planned_there",
            Self::MovedHere => "moved_here",
            Self::MovedThere => "moved_there",
            Self::CancelledHere => "cancelled_here",
            Self::CancelledThere => "cancelled_there",
            Self::FellApart => "fell_apart",
            Self::AskedToWait => "asked_to_wait",
            Self::Reported => "reported",
            Self::ReportedRefusal => "reported_refusal",
        }
    }

    /// Of a hundred happenings, how many are this.
    const fn share(self) -> u64 {
        match self {
            Self::PlannedHere | Self::PlannedThere => 15,
            Self::MovedHere | Self::MovedThere => 14,
            Self::CancelledHere | Self::CancelledThere => 8,
            Self::FellApart | Self::AskedToWait => 6,
            Self::Reported => 9,
            Self::ReportedRefusal => 5,
        }
    }
}

impl Happening {
    pub fn draw(drawn: &mut TestRng) -> Self {
        let whole = Self::ALL.into_iter().map(Self::share).sum::<u64>();
        let mut left = drawn.next_u64() % whole;
        for happening in Self::ALL {
            match left.checked_sub(happening.share()) {
                None => return happening,
                Some(rest) => left = rest,
            }
        }
        Self::PlannedHere
    }
}

/// What is drawn from the same seed is the same.
pub fn drawn_from(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// A visit that was planned since the activity began; what was there before is left as it is.
struct Job {
    side: usize,
    title: String,
    /// Where it was planned here, and there.
    entry: Option<String>,
    event: Option<String>,
    since: Timestamp,
}

/// Some hours, as the schedule and as calendars say it.
struct Span {
    here: Value,
    there: Value,
}

/// Somebody of the firm is always about to do something. It holds no world, so that a world may hold it.
pub struct Activity {
    pub seed: u64,
    /// How often each happened.
    pub happened: BTreeMap<&'static str, u64>,
    /// What a provider or the product refused.
    pub failed: u64,
    drawn: TestRng,
    next_at: Timestamp,
    sides: Vec<Side>,
    jobs: Vec<Job>,
    key: (String, String),
}

impl Activity {
    pub async fn begin(world: &World, seed: u64) -> anyhow::Result<Self> {
        let mut sides = Vec::new();
        for (provider, email) in SIDES {
            let connected = Connected::again(world.clone(), provider, email).await?;
            sides.push(Side::of(connected, provider));
        }
        let dana = &sides[2].person;
        let key = firm::key(dana, KEY).await?;
        Ok(Self {
            seed,
            happened: BTreeMap::new(),
            failed: 0,
            drawn: drawn_from(seed),
            next_at: world.clock.now(),
            sides,
            jobs: Vec::new(),
            key,
        })
    }

    /// Its key ends with it.
    pub async fn end(self) -> anyhow::Result<()> {
        let dana = &self.sides[2].person;
        dana.is_back().await?;
        let path = format!("/api/v1/api-keys/{}", self.key.0);
        let revoked = dana.delete(&path).await?;
        anyhow::ensure!(revoked.status.is_success(), "{}", revoked.text);
        Ok(())
    }

    /// Lets happen what is due; answers how much that was. What fails is counted, and the next thing happens all the same.
    pub(crate) async fn step(&mut self, world: &World) -> usize {
        let now = world.clock.now();
        if now < self.next_at {
            return 0;
        }
        self.next_at = now + SignedDuration::from_millis(2_000) + self.up_to_millis(4_000);
        let happening = Happening::draw(&mut self.drawn);
        match Box::pin(self.happen(world, happening)).await {
            Ok(happened) => *self.happened.entry(happened.name()).or_default() += 1,
            Err(error) => {
                self.failed += 1;
                tracing::warn!(happening = happening.name(), "it did not happen: {error:#}");
            }
        }
        1
    }

    fn up_to(&mut self, end: u64) -> u64 {
        self.drawn.next_u64() % end
    }

    fn up_to_millis(&mut self, end: u64) -> SignedDuration {
        let millis = i64::try_from(self.up_to(end)).unwrap_or_default();
        SignedDuration::from_millis(millis)
    }

    /// Answers what happened instead where there was nothing to do it to.
    async fn happen(&mut self, world: &World, wish: Happening) -> anyhow::Result<Happening> {
        let now = world.clock.now();
        match wish {
            Happening::PlannedHere | Happening::PlannedThere => self.plan(now, wish).await,
            Happening::Reported | Happening::ReportedRefusal => {
                let is_refused = wish == Happening::ReportedRefusal;
                self.report(world, is_refused).await?;
                Ok(wish)
            }
            Happening::MovedHere
            | Happening::MovedThere
            | Happening::CancelledHere
            | Happening::CancelledThere
            | Happening::FellApart
            | Happening::AskedToWait => Box::pin(self.happen_to_a_job(now, wish)).await,
        }
    }

    async fn happen_to_a_job(
        &mut self,
        now: Timestamp,
        wish: Happening,
    ) -> anyhow::Result<Happening> {
        let Some(at) = self.pick(wish, now) else {
            return self.plan(now, Happening::PlannedHere).await;
        };
        let Some(event) = self.event_of(at).await else {
            // It has not arrived there yet.
            return self.plan(now, Happening::PlannedThere).await;
        };
        let (span, number) = (self.span(now)?, self.up_to(90) + 10);
        let (job, entry) = (&self.jobs[at], self.jobs[at].entry.clone());
        let side = &self.sides[job.side];
        let entry = entry.unwrap_or_default();
        match wish {
            Happening::MovedHere => side.change(&entry, &span.here).await?,
            Happening::MovedThere => {
                side.calendar.patch(&event, span.there).await?;
            }
            Happening::CancelledHere => {
                side.call_off(&entry).await?;
                self.jobs.swap_remove(at);
            }
            Happening::CancelledThere => {
                side.calendar.delete(&event).await?;
                self.jobs.swap_remove(at);
            }
            Happening::FellApart => {
                let theirs = json!({ "location": format!("Gate {number}") });
                side.calendar.patch(&event, theirs).await?;
                let ours = json!({ "location": format!("House {number}") });
                side.change(&entry, &ours).await?;
                self.jobs.swap_remove(at);
            }
            Happening::AskedToWait => {
                side.calendar.patch(&event, span.there).await?;
                let path = side.calendar.path_of("").await?;
                let wait = json!({ "name": "rate_limited", "scope": path.trim_end_matches('/'), "count": 1, "retry_after_s": 20 });
                side.fault(&wait).await?;
            }
            Happening::PlannedHere
            | Happening::PlannedThere
            | Happening::Reported
            | Happening::ReportedRefusal => {}
        }
        Ok(wish)
    }

    /// A job that this can happen to.
    fn pick(&mut self, wish: Happening, now: Timestamp) -> Option<usize> {
        let from_here = matches!(
            wish,
            Happening::MovedHere | Happening::CancelledHere | Happening::FellApart
        );
        let at_google = wish == Happening::AskedToWait;
        let fits = |job: &Job| {
            let is_googles = self.sides[job.side].provider == Provider::Google;
            job.since + SETTLES_IN <= now
                && (!from_here || job.entry.is_some())
                && (!at_google || is_googles)
        };
        let fitting = self.jobs.iter().enumerate().filter(|(_, job)| fits(job));
        let fitting: Vec<usize> = fitting.map(|(at, _)| at).collect();
        let count = u64::try_from(fitting.len())
            .ok()
            .filter(|count| *count > 0)?;
        let chosen = usize::try_from(self.up_to(count)).ok()?;
        fitting.get(chosen).copied()
    }

    async fn event_of(&self, at: usize) -> Option<String> {
        let job = &self.jobs[at];
        match &job.event {
            Some(event) => Some(event.clone()),
            None => self.sides[job.side].event(&job.title).await.ok(),
        }
    }

    /// Some hours of the next days.
    fn span(&mut self, now: Timestamp) -> anyhow::Result<Span> {
        let today = now.to_zoned(TimeZone::get(ZONE)?).date();
        let day: Date = today + i64::try_from(self.up_to(6))?.days();
        let begin = i8::try_from(self.up_to(9))?;
        let hours = [time(8 + begin, 0, 0, 0), time(9 + begin, 30, 0, 0)];
        Ok(Span {
            here: here(day, hours),
            there: there(day, hours)?,
        })
    }

    async fn plan(&mut self, now: Timestamp, how: Happening) -> anyhow::Result<Happening> {
        if self.jobs.len() >= JOBS_MAX {
            self.jobs.remove(0);
        }
        let side = usize::try_from(self.up_to(3))?;
        let title = self.title();
        let span = self.span(now)?;
        let by = &self.sides[side];
        let (entry, event) = if how == Happening::PlannedThere {
            let visit = with(json!({ "summary": title }), &span.there);
            let made = by.calendar.insert(visit).await?;
            let event = made["id"].as_str().context("an event's id")?;
            (None, Some(event.to_owned()))
        } else {
            by.person.is_back().await?;
            let visit = json!({ "title": title, "work_item_type": "ticket" });
            (Some(by.plan(&with(visit, &span.here)).await?), None)
        };
        self.jobs.push(Job {
            side,
            title,
            entry,
            event,
            since: now,
        });
        Ok(how)
    }

    fn title(&mut self) -> String {
        const WHAT: [&str; 8] = [
            "Dripping tap",
            "Boiler service",
            "Cold radiator",
            "Blocked drain",
            "Pressure too low",
            "Quote: heat pump",
            "Shower mixer",
            "Meter change",
        ];
        const WHOSE: [&str; 8] = [
            "Almeida", "Becker", "Costa", "Dubois", "Eriksen", "Fabbri", "Grant", "Haas",
        ];
        let mut one_of = |names: [&'static str; 8]| names[(self.drawn.next_u32() % 8) as usize];
        let (what, whose) = (one_of(WHAT), one_of(WHOSE));
        let number = self.up_to(900) + 100;
        format!("{what}, {whose} ({number})")
    }

    async fn report(&mut self, world: &World, refused: bool) -> anyhow::Result<()> {
        let number = 2_071 + self.up_to(900);
        let mut what = json!({
            "status": "success", "event_type": "invoice.sent", "message": format!("Invoice {number} was sent"),
        });
        if refused {
            what["status"] = json!("error");
            what["message"] = json!(format!("Invoice {number} was refused"));
            reports::refused(&mut what);
        }
        firm::report(world, &self.key.1, "comarch", &what).await
    }
}
