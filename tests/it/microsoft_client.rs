//! The pure parts of the product's Microsoft client: zones, patterns, events.

mod pattern;
mod pattern_table;
mod zones;
