//! What a history of the whole world is made of: the moves that the engine is tried with over models, and troubles that
//! only the real thing can meet.

use domain::{
    connection::Provider,
    sync::moves::{Account, Move, a_move, accounts},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::world::CrashPoint;

/// Everything that happens, drawn from one number.
#[derive(Clone, Debug)]
pub struct History {
    pub accounts: Vec<Account>,
    /// Of the accounts, and of the bystander.
    pub providers: [Provider; 4],
    /// Somebody of another tenant has a calendar too, and may be invited.
    pub bystander: bool,
    pub happenings: Vec<Happening>,
}

#[derive(Clone, Debug)]
pub enum Happening {
    Moves(Move),
    /// The provider misbehaves so many times.
    Strikes {
        trouble: Trouble,
        times: u32,
    },
    /// The next run that gets that far dies there.
    Dies {
        nth: u32,
        after: bool,
    },
    /// Enough for a lease to run out, or for a poll.
    Passes {
        minutes: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Too many requests, with a time to wait or without.
    Haste {
        waits: bool,
    },
    QuotaOfUser,
    QuotaOfDay,
    Down {
        on: Call,
    },
    LostAnswer {
        on: Call,
    },
    VoidCursor,
    /// Deletions are forgotten, and cursors from before are void.
    Forgets,
    EmptyPage,
    ShortPage,
    NoticeLost,
    NoticeTwice,
    NoticeLate,
    NoticesMixed,
}

/// What a trouble strikes; without a name, whatever comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Any,
    List,
    Get,
    Insert,
    Patch,
    Delete,
}

impl Call {
    fn scope(self, provider: Provider) -> Option<&'static str> {
        let (google, microsoft) = match self {
            Self::Any => return None,
            Self::List => ("events.list", "calendarView.delta"),
            Self::Get => ("events.get", "events.get"),
            Self::Insert => ("events.insert", "events.create"),
            Self::Patch => ("events.patch", "events.update"),
            Self::Delete => ("events.delete", "events.delete"),
        };
        Some(match provider {
            Provider::Google => google,
            Provider::Microsoft => microsoft,
        })
    }
}

impl Trouble {
    /// As a simulator is told of it; nothing for what is no switch.
    pub(super) fn fault(self, provider: Provider, times: u32) -> Option<Value> {
        let on = |name: &str, call: Call| match call.scope(provider) {
            None => json!({ "name": name, "count": times }),
            Some(scope) => json!({ "name": name, "count": times, "scope": scope }),
        };
        let haste = |status: u16, reason: &str| json!({ "name": "rate_limited", "count": times, "status": status, "reason": reason });
        let words = |google: (u16, &'static str), microsoft: (u16, &'static str)| match provider {
            Provider::Google => google,
            Provider::Microsoft => microsoft,
        };
        Some(match self {
            Self::Haste { waits: false } => {
                let (status, reason) = words((429, "rateLimitExceeded"), (429, "TooManyRequests"));
                haste(status, reason)
            }
            Self::Haste { waits: true } => {
                json!({ "name": "rate_limited", "count": times, "status": 429, "retry_after_s": 90 })
            }
            Self::QuotaOfUser => {
                let here = (429, "ApplicationThrottled");
                let (status, reason) = words((403, "userRateLimitExceeded"), here);
                haste(status, reason)
            }
            Self::QuotaOfDay => {
                let here = (509, "bandwidthLimitExceeded");
                let (status, reason) = words((403, "quotaExceeded"), here);
                haste(status, reason)
            }
            Self::Down { on: call } => {
                let mut fault = on("server_error", call);
                fault["status"] = json!(503);
                fault
            }
            Self::LostAnswer { on: call } => on("drop_response", call),
            Self::VoidCursor => on("cursor_expired", Call::Any),
            Self::Forgets => return None,
            Self::EmptyPage => on("empty_page", Call::Any),
            Self::ShortPage => on("short_page", Call::Any),
            Self::NoticeLost => on("notification_drop", Call::Any),
            Self::NoticeTwice => on("notification_duplicate", Call::Any),
            Self::NoticeLate => {
                json!({ "name": "notification_delay", "count": times, "delay_s": 400.0 })
            }
            Self::NoticesMixed => on("notification_reorder", Call::Any),
        })
    }
}

/// Before or after an outgoing request of a run.
pub(super) fn point(nth: u32, after: bool) -> CrashPoint {
    if after {
        CrashPoint::after(nth)
    } else {
        CrashPoint::before(nth)
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let any_call = || {
        proptest::sample::select(vec![
            Call::Any,
            Call::List,
            Call::Get,
            Call::Insert,
            Call::Patch,
            Call::Delete,
        ])
    };
    let write = proptest::sample::select(vec![Call::Insert, Call::Patch, Call::Delete]);
    prop_oneof![
        1 => any::<bool>().prop_map(|waits| Trouble::Haste { waits }),
        1 => Just(Trouble::QuotaOfUser),
        1 => Just(Trouble::QuotaOfDay),
        2 => any_call().prop_map(|on| Trouble::Down { on }),
        3 => write.prop_map(|on| Trouble::LostAnswer { on }),
        1 => any_call().prop_map(|on| Trouble::LostAnswer { on }),
        1 => Just(Trouble::VoidCursor),
        1 => Just(Trouble::Forgets),
        1 => Just(Trouble::EmptyPage),
        1 => Just(Trouble::ShortPage),
        1 => Just(Trouble::NoticeLost),
        1 => Just(Trouble::NoticeTwice),
        1 => Just(Trouble::NoticeLate),
        1 => Just(Trouble::NoticesMixed),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        12 => a_move().prop_map(Happening::Moves),
        3 => (trouble(), 1u32..=3).prop_map(|(trouble, times)| Happening::Strikes { trouble, times }),
        2 => (1u32..=60, any::<bool>()).prop_map(|(nth, after)| Happening::Dies { nth, after }),
        1 => proptest::sample::select(vec![1, 5, 16, 70]).prop_map(|minutes| Happening::Passes { minutes }),
    ]
}

/// Half of the histories know Google alone, as most installations do; the others Microsoft alone, or any mixture.
fn providers() -> impl Strategy<Value = [Provider; 4]> {
    let any = || proptest::sample::select(vec![Provider::Google, Provider::Microsoft]);
    prop_oneof![
        2 => Just([Provider::Google; 4]),
        1 => Just([Provider::Microsoft; 4]),
        1 => [any(), any(), any(), any()],
    ]
}

fn history() -> impl Strategy<Value = History> {
    let happenings = prop::collection::vec(happening(), 5..=25);
    let bystander = prop::bool::weighted(0.25);
    let parts = (accounts(), bystander, happenings, providers());
    parts.prop_map(|(accounts, bystander, happenings, providers)| History {
        accounts,
        providers,
        bystander,
        happenings,
    })
}

/// A history on its way to a smaller one.
pub type Tree = Box<dyn proptest::strategy::ValueTree<Value = History>>;

impl History {
    /// The same seed draws the same history.
    pub fn tree(seed: u64) -> anyhow::Result<Tree> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let tree = history().boxed().new_tree(&mut runner);
        tree.map_err(|reason| anyhow::anyhow!("{reason}"))
    }

    pub fn drawn(seed: u64) -> anyhow::Result<Self> {
        Ok(Self::tree(seed)?.current())
    }
}
