//! Everything that needs the whole product: one binary, so that AWS is linked once.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without ends it"
)]

mod api_keys;
mod attacks;
mod audit;
mod both_providers;
mod brakes;
mod choice;
mod conflicts;
mod connections;
mod contract;
mod cors;
mod crash;
mod deliveries;
mod demo;
mod endings;
mod environments;
mod erasures;
mod exchange;
mod google_sim;
mod histories;
mod history;
mod integrations;
mod invites;
mod isolation;
mod items;
mod leaks;
mod measures;
mod microsoft_client;
mod microsoft_sim;
mod named_calls;
mod notifications;
mod oauth;
mod occurrences;
mod openapi;
mod outages;
mod pacing;
mod permissions;
mod preview;
mod privacy;
mod queue;
mod renewals;
mod requests;
mod resync;
mod retry_after;
mod rotation;
mod runs;
mod scenarios;
mod series;
mod sessions;
mod support;
mod sync;
mod sync_faults;
mod team;
mod tidy;
mod together;
mod tokens;
mod two_calendars;
mod vault;
mod watch;
mod webhooks;
mod webhooks_microsoft;
mod webhooks_pubsub;
