//! Graph's answers: JSON, and errors in the one shape that all of Graph shares.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ids::new_guid;
use crate::sim::strict::BadParameter;

/// An answer before it goes over a connection or into a batch.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Option<Value>,
}

impl Reply {
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        let etag = body.get("@odata.etag").and_then(Value::as_str);
        let etag = etag.map(|etag| (header::ETAG, etag.to_owned()));
        Self {
            status,
            headers: etag.into_iter().collect(),
            body: Some(body),
        }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let body = self.body.as_ref().map(Value::to_string);
        let mut response = Response::new(Body::from(body.clone().unwrap_or_default()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if body.is_some() {
            let kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            let value = HeaderValue::from_str(&value).expect("our own header values are visible");
            headers.append(name, value);
        }
        response
    }
}

/// What every answer says of the request it answers.
#[derive(Clone, Debug)]
pub(super) struct RequestIds {
    request: String,
    client: String,
    date: String,
}

impl RequestIds {
    /// A client may name its own request; otherwise both names are ours.
    pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Self {
        let request = new_guid();
        let client = headers
            .get("client-request-id")
            .and_then(|id| id.to_str().ok());
        Self {
            client: client.unwrap_or(&request).to_owned(),
            request,
            date: now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        }
    }

    pub(super) fn on(&self, reply: Reply) -> Reply {
        reply
            .with(HeaderName::from_static("request-id"), &self.request)
            .with(HeaderName::from_static("client-request-id"), &self.client)
            .with(
                HeaderName::from_static("x-ms-ags-diagnostic"),
                r#"{"ServerInfo":{"DataCenter":"Germany West Central","Slice":"E","Ring":"5","ScaleUnit":"002","RoleInstance":"SIM"}}"#,
            )
    }
}

#[derive(Clone, Debug)]
pub(super) struct GraphError {
    status: u16,
    code: Box<str>,
    message: Box<str>,
    headers: Vec<(HeaderName, String)>,
    /// Something that this simulator does not know by name. Graph ignores some of it.
    pub(super) refused: bool,
}

impl GraphError {
    pub(super) fn new(status: u16, code: &str, message: impl Into<Box<str>>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            headers: Vec::new(),
            refused: false,
        }
    }

    pub(super) fn invalid(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "ErrorInvalidRequest", message)
    }

    /// Of properties that make no sense together.
    pub(super) fn unfit(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "ErrorPropertyValidationFailure", message)
    }

    pub(super) fn bad_request(message: impl Into<Box<str>>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn into_refusal(self) -> Self {
        Self {
            refused: true,
            ..self
        }
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            404,
            "ErrorItemNotFound",
            "The specified object was not found in the store.",
        )
    }

    pub(super) fn stale() -> Self {
        Self::new(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
        )
    }

    pub(super) fn access_denied() -> Self {
        Self::new(
            403,
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
        )
    }

    pub(super) fn unauthenticated(message: &str) -> Self {
        let challenge = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"";
        Self::new(401, "InvalidAuthenticationToken", message)
            .with(header::WWW_AUTHENTICATE, challenge.to_owned())
    }

    pub(super) fn unknown_zone(given: &str) -> Self {
        Self::new(
            400,
            "TimeZoneNotSupportedException",
            format!(
                "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{given}'."
            ),
        )
    }

    pub(super) fn throttled() -> Self {
        Self::new(
            429,
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
        )
    }

    pub(super) fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn into_reply(self, ids: &RequestIds) -> Reply {
        let body = json!({
            "error": {
                "code": self.code,
                "message": self.message,
                "innerError": {
                    "date": ids.date,
                    "request-id": ids.request,
                    "client-request-id": ids.client,
                },
            },
        });
        Reply {
            status: StatusCode::from_u16(self.status).expect("errors carry real statuses"),
            headers: self.headers,
            body: Some(body),
        }
    }
}

impl From<BadParameter> for GraphError {
    fn from(bad: BadParameter) -> Self {
        let error = Self::new(400, "ErrorInvalidUrlQuery", bad.why);
        if bad.unknown {
            error.into_refusal()
        } else {
            error
        }
    }
}
