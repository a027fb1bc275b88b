//! The common crate: AWS, HTTP, providers, the shell around the sync engine.
