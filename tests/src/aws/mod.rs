//! Stand-ins for the AWS services that the product calls, behind one endpoint, on the world's clock.
//!
//! DynamoDB is `dynoxide`, embedded. SQS, Secrets Manager and EventBridge are our own: only the operations in use, an
//! unknown operation or field is an error that names it. They follow AWS's documentation; `tests/it/contract` runs the
//! same sentences against an independent emulator.

mod counters;
mod dynamo;
mod endpoint;
mod error;
mod event_pattern;
mod events;
mod faults;
mod kept;
mod names;
mod secrets;
mod sqs;
mod stand_ins;
mod template;
mod template_values;

pub use counters::AwsCounters;
pub use dynamo::StreamPosition;
pub use error::ApiError;
pub use events::PutEvent;
pub use faults::Trouble;
pub use sqs::{MessageAttribute, QueueDepth, QueueSpec, Received};
pub use stand_ins::AwsStandIns;
pub use template::{Function, QueueMapping, Route, SecretSpec, StreamMapping, Template};
