//! Pure types and rules of calendar sync: no I/O, no async, no clock, no randomness.
