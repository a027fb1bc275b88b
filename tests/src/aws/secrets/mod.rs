//! Secrets Manager: versions, stages, idempotent writes, deletion with a recovery window.

mod protocol;
mod secret;
mod service;

pub(super) use service::Secrets;
