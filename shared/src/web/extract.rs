//! Reading requests strictly: what cannot be read is answered with what is wrong with it.

use std::{convert::Infallible, error::Error, fmt::Display, iter};

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{FormRejection, JsonRejection},
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use domain::exchange::FILE_BYTES_MAX;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::BODY_BYTES_MAX;
use crate::{app::App, problem::Problem};

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        match axum::Json::from_request(request, app).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::invalid(
                pointer(&error),
                reason(&error.body_text()),
            )),
            Err(JsonRejection::JsonSyntaxError(error)) => {
                Err(Problem::bad_request("not_json", reason(&error.body_text())))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "Send the body as application/json.",
            )),
            Err(other) => Err(unreadable(other.status())),
        }
    }
}

/// A JSON body that may be left out.
pub struct JsonIfAny<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for JsonIfAny<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if request.headers().contains_key(header::CONTENT_TYPE) || !request.body().is_end_stream() {
            return Ok(Self(Json::from_request(request, app).await?.0));
        }
        Ok(Self(T::default()))
    }
}

/// Where in the document reading stopped, as a JSON pointer.
fn pointer(error: &(dyn Error + 'static)) -> String {
    let stopped = iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>());
    let places = stopped
        .into_iter()
        .flat_map(serde_path_to_error::Error::path);
    places
        .filter_map(|place| match place {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// A form's fields.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        match axum::Form::from_request(request, app).await {
            Ok(axum::Form(value)) => Ok(Self(value)),
            Err(FormRejection::FailedToDeserializeFormBody(error)) => {
                Err(Problem::invalid("", reason(&error.body_text())))
            }
            Err(other) => Err(unreadable(other.status())),
        }
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::invalid("", reason(&error.body_text()))),
        }
    }
}

/// Path parameters. An id that is not one names nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found("thing")),
        }
    }
}

/// The version that a writer has read, from `If-Match`.
pub struct IfMatch(pub Option<u64>);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let version = match (given.next(), given.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(tag), None) => tag.to_str().ok().and_then(version_of),
            (Some(_), Some(_)) => None,
        };
        version.map(|version| Self(Some(version))).ok_or_else(|| {
            Problem::bad_request(
                "if_match",
                "If-Match takes the ETag that the entry was read with, such as \"3\".",
            )
        })
    }
}

/// An `ETag`, as [`IfMatch`] takes it back.
pub fn etag(version: impl Display) -> String {
    format!("\"{version}\"")
}

/// Read as it is written, and in no other spelling.
fn version_of(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let version: u64 = digits.parse().ok()?;
    (version.to_string() == digits).then_some(version)
}

/// The kinds of files that are read.
pub const CALENDAR: &str = "text/calendar";
pub const TABLE: &str = "text/csv";
const UPLOAD: &str = "multipart/form-data";
/// A form with a file: beside the file itself, which may be in base64, there is little in it.
const UPLOAD_BYTES_MAX: usize = FILE_BYTES_MAX / 3 * 4 + BODY_BYTES_MAX;

/// A file as the body: its kind, and what is in it.
pub struct File {
    pub kind: String,
    pub bytes: Bytes,
}

impl FromRequest<App> for File {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let kind = kind_of(request.headers());
        if ![CALENDAR, TABLE].contains(&kind.as_str()) {
            return Err(not_a_file());
        }
        let (parts, body) = request.into_parts();
        let bytes = whole(&parts.headers, body).await?;
        Ok(Self { kind, bytes })
    }
}

pub fn not_a_file() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_a_file",
        format!("Send the file as the body, as {CALENDAR} or {TABLE}."),
    )
}

/// A form with files.
pub struct Upload(Vec<Part>);

struct Part {
    name: String,
    file: Option<String>,
    bytes: Bytes,
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = whole(&parts.headers, body).await?;
        Self::read(&parts.headers, body).await
    }
}

impl Upload {
    pub(super) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, Problem> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
        let boundary = boundary.ok_or_else(|| unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let stream = futures::stream::once(async { Ok::<_, Infallible>(body) });
        let mut form = multer::Multipart::new(stream, boundary);
        let mut parts = Vec::new();
        let broken = |_| unreadable(StatusCode::BAD_REQUEST);
        while let Some(field) = form.next_field().await.map_err(broken)? {
            parts.push(Part {
                name: field.name().unwrap_or_default().to_owned(),
                file: field.file_name().map(str::to_owned),
                bytes: field.bytes().await.map_err(broken)?,
            });
        }
        Ok(Self(parts))
    }

    /// A field of the form.
    pub fn text(&self, name: &str) -> Option<&str> {
        let part = self
            .0
            .iter()
            .find(|part| part.name == name && part.file.is_none());
        part.and_then(|part| std::str::from_utf8(&part.bytes).ok())
    }

    /// A file that was chosen, with its name.
    pub fn file(&self, name: &str) -> Option<(&str, &Bytes)> {
        let named = |part: &&Part| part.name == name && !part.bytes.is_empty();
        let part = self.0.iter().find(named)?;
        Some((part.file.as_deref()?, &part.bytes))
    }
}

pub(super) fn is_upload(headers: &HeaderMap) -> bool {
    kind_of(headers) == UPLOAD
}

/// Without its parameters.
fn kind_of(headers: &HeaderMap) -> String {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next();
    kind.unwrap_or_default().trim().to_lowercase()
}

/// The largest body of its kind.
fn bytes_max(headers: &HeaderMap) -> usize {
    match kind_of(headers).as_str() {
        CALENDAR | TABLE => FILE_BYTES_MAX,
        UPLOAD => UPLOAD_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

/// The body as a whole, for layers that look into it before the handler does.
pub(super) async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let bytes_max = bytes_max(headers);
    let read = to_bytes(body, bytes_max).await;
    read.map_err(|_| too_large(bytes_max))
}

pub fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body may have at most {bytes_max} bytes."),
    )
}

fn unreadable(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(BODY_BYTES_MAX),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            "not_a_form",
            "Send the body as application/x-www-form-urlencoded.",
        ),
        _ => Problem::bad_request("unreadable", "The body could not be read."),
    }
}

/// The library's sentence without its preface.
fn reason(text: &str) -> String {
    text.split_once(": ")
        .map_or(text, |(_, reason)| reason)
        .to_owned()
}
