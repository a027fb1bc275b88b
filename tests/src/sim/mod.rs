//! Stateful, strict stand-ins of the calendar providers.
//!
//! A simulator answers what the service answers, refuses what it refuses, and refuses more: whatever it does not
//! know by name is an error, so that a misspelt field or parameter cannot ship. What the simulators share lives here:
//! the fault switches, the request log, strict parameters, opaque random strings and the state file.

pub mod faults;
pub mod google;
pub mod request_log;

mod opaque;
mod storage;
mod strict;
mod transport;
