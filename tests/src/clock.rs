//! The world's clock: the system's, or one that only moves when told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::clock::whole_milliseconds;

/// One clock for simulators, stand-ins and product alike. Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub struct WorldClock(Arc<Mutex<Time>>);

#[derive(Clone, Copy, Debug)]
enum Time {
    Systems,
    Virtual(Timestamp),
}

impl WorldClock {
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Time::Systems)))
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn virtual_at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Time::Virtual(start))))
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_virtual(&self) -> bool {
        matches!(*self.time(), Time::Virtual(_))
    }

    pub fn now(&self) -> Timestamp {
        match *self.time() {
            Time::Systems => system_now(),
            Time::Virtual(now) => now,
        }
    }

    /// Moves a virtual clock forward; the system clock cannot be moved.
    pub fn advance(&self, by: SignedDuration) -> Result<Timestamp, CannotAdvance> {
        match &mut *self.time() {
            Time::Systems => Err(CannotAdvance),
            Time::Virtual(now) => {
                *now += by;
                Ok(*now)
            }
        }
    }

    /// A virtual clock that was behind goes on with the system's. No clock goes back: one that is ahead is refused.
    pub fn join_system(&self) -> Result<(), Ahead> {
        let (mut time, system) = (self.time(), system_now());
        match *time {
            Time::Virtual(now) if now > system => Err(Ahead { now, system }),
            Time::Virtual(_) | Time::Systems => {
                *time = Time::Systems;
                Ok(())
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else asks"
)]
fn system_now() -> Timestamp {
    whole_milliseconds(Timestamp::now())
}

#[derive(Debug, thiserror::Error)]
#[error("the system clock cannot be advanced: start with --virtual-clock")]
pub struct CannotAdvance;

#[derive(Debug, thiserror::Error)]
#[error(
    "the world's clock stands at {now}, which the system's reaches only later: it says {system}"
)]
pub struct Ahead {
    now: Timestamp,
    system: Timestamp,
}
