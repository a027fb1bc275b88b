//! How long it takes until an edit is on the other side, on the system's clock, with the whole product in one process.
//!
//! From the calendar: from the moment at which the provider took the edit (its notice follows) to the answer of the
//! table to the transaction that holds it. From the schedule: from the entry's own `updated_at` to the provider's
//! answer to the write. Both are a little longer than what they stand for, never shorter.

mod cast;

use std::collections::BTreeMap;

use domain::connection::Provider;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::{clock::WorldClock, world::Traffic};

use crate::{Measured, table::Table};
use cast::{Cast, Way};

const CONNECTIONS: usize = 20;
const ROUNDS: usize = 4;
/// After a run a burst is gathered for five seconds, and what we wrote comes back as a notice: a connection is quiet
/// when both are over.
const QUIET_AFTER: SignedDuration = SignedDuration::from_secs(13);
/// An edit that takes longer is missing, not slow.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// The calls that write an event.
const WRITES: [&str; 4] = [
    "google.events.insert",
    "google.events.patch",
    "microsoft.events.create",
    "microsoft.events.update",
];

/// How edits arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// One at a time, each on a connection that has been quiet.
    Quiet,
    /// On all connections at the same moment, each of which has been quiet.
    AllAtOnce,
    /// On all connections, two seconds after another edit: gathered with it or held up by it.
    Following,
}

impl Load {
    fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::AllAtOnce => "all at once",
            Self::Following => "following",
        }
    }
}

/// What is promised for the 95th percentile.
fn budget(delay_ms: u32, load: Load) -> Option<f64> {
    match (delay_ms, load) {
        // A burst is gathered on purpose.
        (_, Load::Following) => None,
        (0, _) => Some(1.0),
        _ => Some(4.0),
    }
}

pub(crate) async fn run(providers: &[Provider]) -> anyhow::Result<Measured> {
    let table = Table::begin(
        "Latency in seconds",
        &[
            ("way", 20),
            ("provider", 9),
            ("delay", 6),
            ("load", 11),
            ("edits", 5),
            ("p50", 6),
            ("p95", 6),
            ("p99", 6),
            ("own p95", 7),
            ("budget", 6),
        ],
    )?;
    let (mut rows, mut good) = (Vec::new(), true);
    let delays = [0, 100].into_iter();
    for (delay_ms, provider) in delays.flat_map(|ms| providers.iter().map(move |at| (ms, *at))) {
        let cast = Cast::connect(provider, CONNECTIONS).await?;
        cast.slow_down(delay_ms).await?;
        for load in [Load::Quiet, Load::AllAtOnce, Load::Following] {
            let edits = measure(&cast, load).await?;
            for way in [Way::FromCalendar, Way::FromSchedule] {
                let row = Figures::of(&edits, way, (provider, delay_ms), load);
                table.row(&row.cells())?;
                good &= row.is_within_budget();
                rows.push(row.json());
            }
        }
        cast.leave();
    }
    Table::note(
        "own: without the provider's delay in the calls on the way, one to read and one more to write",
    )?;
    Ok(Measured { rows, good })
}

/// An edit, by the unique words that it wrote.
struct Edit {
    way: Way,
    at: Timestamp,
    words: String,
    arrived: Option<Timestamp>,
}

async fn measure(cast: &Cast, load: Load) -> anyhow::Result<Vec<Edit>> {
    let mut edits = Vec::new();
    cast.rest(QUIET_AFTER).await;
    for round in 0..ROUNDS {
        match load {
            Load::Quiet => {
                let pause = QUIET_AFTER / i32::try_from(CONNECTIONS)?;
                for number in 0..CONNECTIONS {
                    edits.push(cast.edit(number, Way::of(round + number)).await?);
                    cast.rest(pause).await;
                }
            }
            Load::AllAtOnce => {
                edits.extend(cast.edit_all(round).await?);
                cast.rest(QUIET_AFTER).await;
            }
            Load::Following => {
                cast.edit_all(round).await?;
                cast.rest(SignedDuration::from_secs(2)).await;
                edits.extend(cast.edit_all(round).await?);
                cast.rest(QUIET_AFTER).await;
            }
        }
    }
    let until = WorldClock::system().now() + PATIENCE;
    let mut seen = Vec::new();
    while WorldClock::system().now() < until {
        seen.extend(cast.world.take_watched());
        find(&mut edits, &seen);
        if edits.iter().all(|edit| edit.arrived.is_some()) {
            break;
        }
        cast.rest(SignedDuration::from_millis(200)).await;
    }
    Ok(edits)
}

fn find(edits: &mut [Edit], seen: &[Traffic]) {
    for edit in edits.iter_mut().filter(|edit| edit.arrived.is_none()) {
        let arrived = seen.iter().find(|traffic| edit.is_in(traffic));
        edit.arrived = arrived.map(|traffic| traffic.at);
    }
}

impl Edit {
    /// Whether a request made the edit last on the other side.
    fn is_in(&self, traffic: &Traffic) -> bool {
        let writes = match self.way {
            Way::FromCalendar => traffic.name == "dynamodb.TransactWriteItems",
            Way::FromSchedule => WRITES.contains(&traffic.name.as_str()),
        };
        let words = self.words.as_bytes();
        let mut windows = traffic.body.windows(words.len());
        writes && matches!(traffic.status, 200 | 201) && windows.any(|window| window == words)
    }
}

struct Figures {
    way: Way,
    provider: Provider,
    delay_ms: u32,
    load: Load,
    edits: usize,
    missing: usize,
    /// Percentile and seconds.
    seconds: BTreeMap<u32, f64>,
}

impl Figures {
    fn of(edits: &[Edit], way: Way, (provider, delay_ms): (Provider, u32), load: Load) -> Self {
        let of_way = || edits.iter().filter(|edit| edit.way == way);
        let taken = |edit: &Edit| Some(edit.arrived?.duration_since(edit.at).as_secs_f64());
        let mut taken: Vec<f64> = of_way().filter_map(taken).collect();
        taken.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (taken.len() * percent).div_ceil(100).saturating_sub(1);
            taken.get(rank).copied().unwrap_or(f64::NAN)
        };
        Self {
            way,
            provider,
            delay_ms,
            load,
            edits: of_way().count(),
            missing: of_way().filter(|edit| edit.arrived.is_none()).count(),
            seconds: BTreeMap::from([(50, at(50)), (95, at(95)), (99, at(99))]),
        }
    }

    fn own_p95(&self) -> f64 {
        let calls = match self.way {
            Way::FromCalendar => 1.0,
            Way::FromSchedule => 2.0,
        };
        self.seconds[&95] - calls * f64::from(self.delay_ms) / 1_000.0
    }

    fn is_within_budget(&self) -> bool {
        let in_time = budget(self.delay_ms, self.load).is_none_or(|most| self.seconds[&95] <= most);
        self.missing == 0 && in_time
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.way.name().to_owned(),
            self.provider.to_string(),
            format!("{} ms", self.delay_ms),
            self.load.name().to_owned(),
            match self.missing {
                0 => self.edits.to_string(),
                missing => format!("{}-{missing}", self.edits),
            },
        ];
        cells.extend(self.seconds.values().map(|seconds| format!("{seconds:.3}")));
        cells.push(format!("{:.3}", self.own_p95()));
        let budget = budget(self.delay_ms, self.load);
        cells.push(budget.map_or("-".into(), |most| format!("{most:.1}")));
        cells
    }

    fn json(&self) -> Value {
        json!({
            "way": self.way.name(),
            "provider": self.provider,
            "provider_delay_ms": self.delay_ms,
            "load": self.load.name(),
            "edits": self.edits,
            "missing": self.missing,
            "p50_s": self.seconds[&50],
            "p95_s": self.seconds[&95],
            "p99_s": self.seconds[&99],
            "own_p95_s": self.own_p95(),
            "budget_s": budget(self.delay_ms, self.load),
        })
    }
}
