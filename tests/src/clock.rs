//! The world's clock: the system's, or one that only moves when told to.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::clock::whole_milliseconds;

/// One clock for simulators, stand-ins and product alike. Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub struct WorldClock(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    System,
    Virtual(Mutex<Timestamp>),
}

impl WorldClock {
    pub fn system() -> Self {
        Self(Arc::new(Inner::System))
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn virtual_at(start: Timestamp) -> Self {
        Self(Arc::new(Inner::Virtual(Mutex::new(start))))
    }

    pub fn is_virtual(&self) -> bool {
        matches!(*self.0, Inner::Virtual(_))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else asks"
    )]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Inner::System => whole_milliseconds(Timestamp::now()),
            Inner::Virtual(now) => *now.lock().expect("clock lock"),
        }
    }

    /// Moves a virtual clock forward; the system clock cannot be moved.
    pub fn advance(&self, by: SignedDuration) -> Result<Timestamp, CannotAdvance> {
        match &*self.0 {
            Inner::System => Err(CannotAdvance),
            Inner::Virtual(now) => {
                let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
                *now += by;
                Ok(*now)
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the system clock cannot be advanced: start with --virtual-clock")]
pub struct CannotAdvance;
