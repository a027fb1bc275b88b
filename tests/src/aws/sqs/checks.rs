//! What SQS refuses before it looks at a queue.

use std::collections::BTreeSet;

use super::{
    protocol::{BatchEntry, Entry},
    queue::{Draft, MAX_VISIBILITY_S},
};
use crate::aws::ApiError;

const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
const MAX_DELAY_S: i64 = 900;

pub(super) fn visibility(seconds: i64) -> Result<u32, ApiError> {
    bounded("VisibilityTimeout", seconds, i64::from(MAX_VISIBILITY_S))
}

pub(super) fn bounded(name: &str, value: i64, max: i64) -> Result<u32, ApiError> {
    u32::try_from(value)
        .ok()
        .filter(|_| value <= max)
        .ok_or_else(|| {
            invalid(&format!(
                "Value {value} for parameter {name} is invalid. Reason: Must be between 0 and {max}, if provided."
            ))
        })
}

/// Turns an entry into what the queue keeps.
pub(super) fn draft(entry: Entry) -> Result<Draft, ApiError> {
    let Some(body) = entry.message_body.filter(|body| !body.is_empty()) else {
        return Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ));
    };
    if !body.chars().all(is_allowed) {
        return Err(ApiError::new(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to \
             #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    for (name, attribute) in &entry.message_attributes {
        let has_value = match attribute.data_type.split('.').next() {
            Some("String" | "Number") => attribute.string_value.is_some(),
            Some("Binary") => attribute.binary_value.is_some(),
            _ => false,
        };
        if !has_value {
            return Err(invalid(&format!(
                "The message attribute '{name}' must contain a non-empty value of its type."
            )));
        }
    }
    let draft = Draft {
        body,
        attributes: entry.message_attributes,
        group: entry.message_group_id,
        delay_s: bounded(
            "DelaySeconds",
            entry.delay_seconds.unwrap_or(0),
            MAX_DELAY_S,
        )?,
    };
    if draft.bytes() > MAX_MESSAGE_BYTES {
        return Err(invalid(
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        ));
    }
    Ok(draft)
}

/// The rules of every batch call: one to ten entries, distinct well-formed ids.
pub(super) fn batch<E>(entries: &[BatchEntry<E>]) -> Result<(), ApiError> {
    if entries.is_empty() {
        return Err(ApiError::new(
            "EmptyBatchRequest",
            "There should be at least one entry in the request.",
        ));
    }
    if entries.len() > 10 {
        return Err(ApiError::new(
            "TooManyEntriesInBatchRequest",
            format!(
                "Maximum number of entries per request are 10. You have sent {}.",
                entries.len()
            ),
        ));
    }
    let mut ids = BTreeSet::new();
    for entry in entries {
        let id = &entry.id;
        let well_formed = (1..=80).contains(&id.len())
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !well_formed {
            return Err(ApiError::new(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at \
                 most 80 letters long.",
            ));
        }
        if !ids.insert(id) {
            return Err(ApiError::new(
                "BatchEntryIdsNotDistinct",
                format!("Id {id} repeated."),
            ));
        }
    }
    Ok(())
}

pub(super) fn batch_size(entries: &[BatchEntry<Entry>]) -> Result<(), ApiError> {
    let total: usize = entries.iter().map(|entry| entry.rest.bytes()).sum();
    if total > MAX_MESSAGE_BYTES {
        return Err(ApiError::new(
            "BatchRequestTooLong",
            format!(
                "Batch requests cannot be longer than 1048576 bytes. You have sent {total} bytes."
            ),
        ));
    }
    Ok(())
}

pub(super) fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
