//! One target at a time, its inputs too, so that what is allocated is its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseResult, TestRunner},
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads four times as many inputs as is usual, or as `PROPTEST_CASES` says.
pub(crate) fn check<S: Strategy>(inputs: S, read: impl Fn(S::Value) -> TestCaseResult) {
    let usual = Config::default();
    let config = Config {
        cases: usual.cases.saturating_mul(4),
        // What is found becomes a test with a name.
        failure_persistence: None,
        ..usual
    };
    let _alone = alone();
    if let Err(found) = TestRunner::new(config).run(&inputs, read) {
        panic!("{found}");
    }
}

/// The most that was held at any moment on the way, beside what was held before.
pub(crate) fn peak_of<T>(run: impl FnOnce() -> T) -> usize {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    drop(run());
    ALLOCATED.peak_usage().saturating_sub(before)
}
