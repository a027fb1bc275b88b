//! Stateful, strict stand-ins of the calendar providers.
//!
//! A simulator answers what the service answers, refuses what it refuses, and refuses more: whatever it does not
//! know by name is an error, so that a misspelt field or parameter cannot ship. What the simulators share lives here:
//! the fault switches, the request log and how both are reached, strict parameters, opaque random strings, the state
//! file, recurrence expansion, what befalls notices, and the pages that people see.

pub mod alone;
pub mod faults;
pub mod google;
pub mod microsoft;
pub mod request_log;

mod credentials;
mod expansion;
mod notices;
mod opaque;
mod pages;
mod pkce;
mod steering;
mod storage;
mod strict;
mod transport;
mod zones;
