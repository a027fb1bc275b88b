//! Customers' webhooks: what is told to whom, how it is signed, and the way out.

mod address;
mod deliver;
mod fan_out;
mod sending;
mod signing;

pub use address::client;
pub use address::{BadAddress, check as check_address};
pub use deliver::{DeliverError, handle, inactive, not_dead, redrive, start};
pub use fan_out::fan_out;
pub use signing::{looked_after, mint, seal, sign};
