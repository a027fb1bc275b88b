//! Google's answers: JSON resources, and errors in the one shape that every Google API shares.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::sim::strict::BadParameter;

/// An answer before it goes over a connection or into a part of a batch.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Option<Value>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        let etag = body.get("etag").and_then(Value::as_str).map(str::to_owned);
        Self {
            status: StatusCode::OK,
            headers: etag.map(|etag| (header::ETAG, etag)).into_iter().collect(),
            body: Some(body),
        }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    pub(super) fn body_text(&self) -> String {
        self.body
            .as_ref()
            .map_or_else(String::new, |body| format!("{body:#}"))
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body_text()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=UTF-8"),
            );
        }
        for (name, value) in self.headers {
            let value = HeaderValue::from_str(&value).expect("our own header values are visible");
            headers.insert(name, value);
        }
        response
    }
}

#[derive(Clone, Debug)]
pub(super) struct ApiError {
    status: u16,
    domain: &'static str,
    reason: Box<str>,
    message: Box<str>,
    /// Where in the request: `parameter` or `header`, and its name.
    location: Option<(&'static str, String)>,
    headers: Vec<(HeaderName, String)>,
    /// Something that this simulator does not know by name. Google ignores some of it.
    pub(super) refused: bool,
}

impl ApiError {
    pub(super) fn new(status: u16, reason: &str, message: impl Into<Box<str>>) -> Self {
        Self {
            status,
            domain: "global",
            reason: reason.into(),
            message: message.into(),
            location: None,
            headers: Vec::new(),
            refused: false,
        }
    }

    pub(super) fn invalid(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "invalid", message)
    }

    pub(super) fn required(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "required", message)
    }

    /// A name that is not in the service's description.
    pub(super) fn refused(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "badRequest", message).into_refusal()
    }

    pub(super) fn into_refusal(self) -> Self {
        Self {
            refused: true,
            ..self
        }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "notFound", "Not Found")
    }

    pub(super) fn condition_not_met() -> Self {
        Self::new(412, "conditionNotMet", "Precondition Failed").at_header("If-Match")
    }

    pub(super) fn full_sync_required() -> Self {
        Self::new(
            410,
            "fullSyncRequired",
            "Sync token is no longer valid, a full sync is required.",
        )
        .of_calendar()
        .at_parameter("syncToken")
    }

    pub(super) fn invalid_credentials() -> Self {
        Self::new(401, "authError", "Invalid Credentials")
            .at_header("Authorization")
            .with(
                header::WWW_AUTHENTICATE,
                "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
            )
    }

    pub(super) fn login_required() -> Self {
        Self::new(401, "required", "Login Required.")
            .at_header("Authorization")
            .with(
                header::WWW_AUTHENTICATE,
                "Bearer realm=\"https://accounts.google.com/\"",
            )
    }

    pub(super) fn insufficient_scope() -> Self {
        Self::new(
            403,
            "insufficientPermissions",
            "Request had insufficient authentication scopes.",
        )
        .with(
            header::WWW_AUTHENTICATE,
            "Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\"",
        )
    }

    /// One of the usage limits: `rateLimitExceeded`, `userRateLimitExceeded` or `quotaExceeded`.
    pub(super) fn usage_limit(status: u16, reason: &str) -> Self {
        let message = match reason {
            "userRateLimitExceeded" => "User Rate Limit Exceeded",
            "quotaExceeded" => "Calendar usage limits exceeded.",
            _ => "Rate Limit Exceeded",
        };
        Self {
            domain: "usageLimits",
            ..Self::new(status, reason, message)
        }
    }

    pub(super) fn of_calendar(self) -> Self {
        Self {
            domain: "calendar",
            ..self
        }
    }

    pub(super) fn at_parameter(self, name: &str) -> Self {
        Self {
            location: Some(("parameter", name.to_owned())),
            ..self
        }
    }

    pub(super) fn at_header(self, name: &str) -> Self {
        Self {
            location: Some(("header", name.to_owned())),
            ..self
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn into_reply(self) -> Reply {
        let mut first = json!({
            "domain": self.domain,
            "reason": self.reason,
            "message": self.message,
        });
        if let Some((kind, name)) = &self.location {
            first["locationType"] = json!(kind);
            first["location"] = json!(name);
        }
        let mut error = json!({ "errors": [first], "code": self.status, "message": self.message });
        if &*self.reason == "insufficientPermissions" {
            error["status"] = json!("PERMISSION_DENIED");
        }
        Reply {
            status: StatusCode::from_u16(self.status).expect("errors carry real statuses"),
            headers: self.headers,
            body: Some(json!({ "error": error })),
        }
    }
}

impl From<BadParameter> for ApiError {
    fn from(bad: BadParameter) -> Self {
        let error = if bad.unknown {
            Self::refused(bad.why)
        } else {
            Self::new(400, "invalidParameter", bad.why)
        };
        error.at_parameter(&bad.name)
    }
}
