//! Answers in the shape that Google's newer APIs share.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::sim::google::wire::Reply;

/// A refusal: its name among Google's codes, and a sentence.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Something that is not in the service's description.
    pub(super) unknown: bool,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            unknown: false,
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
    }

    pub(super) fn not_found(resource: &str) -> Self {
        let id = resource.rsplit('/').next().unwrap_or_default();
        let message = format!("Resource not found (resource={id}).");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(super) fn no_project(project: &str) -> Self {
        let message = format!(
            "Requested project not found or user does not have access to it (project={project}). \
             Make sure to specify the unique project identifier and not the Google Cloud Console display name."
        );
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(super) fn exists(resource: &str) -> Self {
        let id = resource.rsplit('/').next().unwrap_or_default();
        let message = format!("Resource already exists in the project (resource={id}).");
        Self::new(StatusCode::CONFLICT, "ALREADY_EXISTS", message)
    }

    pub(super) fn aborted() -> Self {
        let message = "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.";
        Self::new(StatusCode::CONFLICT, "ABORTED", message)
    }

    pub(super) fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    }

    pub(super) fn scope() -> Self {
        let message = "Request had insufficient authentication scopes.";
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    pub(super) fn denied() -> Self {
        let message = "User not authorized to perform this action.";
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    pub(super) fn failing(status: Option<u16>) -> Self {
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let message = "The service was unable to fulfill your request. Please try again.";
        Self::new(status, "UNAVAILABLE", message)
    }

    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self {
            unknown: true,
            ..Self::invalid(message)
        }
    }

    pub(super) fn no_method(what: &str) -> Self {
        Self {
            unknown: true,
            ..Self::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                format!("Unknown method: {what}"),
            )
        }
    }

    pub(super) fn into_reply(self) -> Reply {
        let error = json!({
            "code": self.status.as_u16(),
            "message": self.message,
            "status": self.code,
        });
        Reply {
            body: Some(json!({ "error": error })),
            ..Reply::empty(self.status)
        }
    }
}

/// A body of exactly this form; an empty one is an empty object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let unknown = error.to_string().contains("unknown field");
        Refusal {
            unknown,
            ..Refusal::invalid(format!("Invalid JSON payload received. {error}"))
        }
    })
}
