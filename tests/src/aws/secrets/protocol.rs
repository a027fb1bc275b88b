//! The requests that we answer, as they come on the wire. A field that we do not know is an error that names it.

use serde::{Deserialize, Serialize};

use crate::aws::ApiError;

const MAX_BYTES: usize = 65_536;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CreateSecret {
    pub(super) name: String,
    pub(super) client_request_token: Option<String>,
    pub(super) description: Option<String>,
    pub(super) secret_string: Option<String>,
    pub(super) secret_binary: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetSecretValue {
    pub(super) secret_id: String,
    pub(super) version_id: Option<String>,
    pub(super) version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutSecretValue {
    pub(super) secret_id: String,
    pub(super) client_request_token: Option<String>,
    pub(super) secret_string: Option<String>,
    pub(super) secret_binary: Option<String>,
    pub(super) version_stages: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DeleteSecret {
    pub(super) secret_id: String,
    pub(super) recovery_window_in_days: Option<i64>,
    #[serde(default)]
    pub(super) force_delete_without_recovery: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DescribeSecret {
    pub(super) secret_id: String,
}

/// What a version holds: a text, or bytes in base64.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Content {
    SecretString(String),
    SecretBinary(String),
}

impl Content {
    pub(super) fn of(
        text: Option<String>,
        binary: Option<String>,
    ) -> Result<Option<Self>, ApiError> {
        let content = match (text, binary) {
            (Some(_), Some(_)) => {
                return Err(ApiError::new(
                    "InvalidParameterException",
                    "You can't specify both a binary secret value and a string secret value in the same secret.",
                ));
            }
            (Some(text), None) => Some((text.len(), Self::SecretString(text))),
            // Base64 is four characters for three bytes.
            (None, Some(binary)) => Some((binary.len() / 4 * 3, Self::SecretBinary(binary))),
            (None, None) => None,
        };
        match content {
            Some((bytes, _)) if bytes > MAX_BYTES => Err(ApiError::new(
                "ValidationException",
                "1 validation error detected: Value failed to satisfy constraint: Member must have length less than \
                 or equal to 65536",
            )),
            content => Ok(content.map(|(_, content)| content)),
        }
    }
}

/// A version's id when the client chose it; UUID length and up.
pub(super) fn check_request_token(id: &str) -> Result<(), ApiError> {
    if (32..=64).contains(&id.len()) {
        Ok(())
    } else {
        Err(ApiError::new(
            "InvalidParameterException",
            "ClientRequestToken must be 32-64 characters long.",
        ))
    }
}

pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if (1..=512).contains(&name.len()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(ApiError::new(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ))
    }
}
