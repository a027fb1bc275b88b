//! The product's Microsoft client: zones, patterns and events by themselves, its calls against scripted answers.

mod any_event;
mod calls;
mod events;
mod notes;
mod notification;
mod pattern;
mod pattern_table;
mod reading;
mod scripted;
mod series;
mod sign_in;
mod zones;
