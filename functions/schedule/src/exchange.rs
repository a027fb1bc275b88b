//! The schedule as files: what a member sees goes out, and what a file says comes in.

pub(crate) mod api;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod openapi;
mod plan;

use domain::{
    audit::{Action, Resource},
    id::MemberId,
};
use serde_json::Value;
use shared::{app::App, problem::Problem, web::Session};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Ics,
    Csv,
}

impl Format {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ics => "ics",
            Self::Csv => "csv",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Ics, Self::Csv]
            .into_iter()
            .find(|one| one.name() == name)
    }

    /// What a file is that does not say: a calendar says so in its first line.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        let head = text.trim_ascii_start().get(..6).unwrap_or_default();
        if head.eq_ignore_ascii_case(b"BEGIN:") {
            Self::Ics
        } else {
            Self::Csv
        }
    }
}

/// An export or import is done: here it is told of.
async fn finished(
    app: &App,
    session: &Session,
    action: Action,
    whose: MemberId,
    what: Value,
) -> Result<(), Problem> {
    let line = session
        .audit(app, action)
        .about(Resource::new("member", whose))
        .changing(Value::Null, what);
    Ok(app.store.tenant(session).append_audit(&line).await?)
}
