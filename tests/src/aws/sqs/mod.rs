//! SQS standard queues.

mod answers;
mod checks;
mod digest;
mod message;
mod protocol;
mod queue;
mod service;

pub use message::{MessageAttribute, Received};
pub use queue::{QueueDepth, QueueSpec};
pub(super) use service::Sqs;
