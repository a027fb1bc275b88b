//! The schedule as files: what a member sees goes out, and what a file says comes in.

pub(crate) mod api;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod openapi;
mod plan;
mod write;

use domain::{
    audit::{Action, Resource},
    id::{IntegrationEventId, MemberId},
    integration::{File, IntegrationEvent},
};
use serde_json::Value;
use shared::{app::App, ids, problem::Problem, web::Session};

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

/// An export or import is done: here it is told of, for those who answer for the schedule and those who look after it.
async fn finished(
    app: &App,
    session: &Session,
    file: &File,
    whose: MemberId,
    what: Value,
) -> Result<(), Problem> {
    let action = match file {
        File::Exported { .. } => Action::ScheduleExported,
        File::Imported { .. } | File::BrokenOff { .. } => Action::ScheduleImported,
    };
    let line = session
        .audit(app, action)
        .about(Resource::new("member", whose))
        .changing(Value::Null, what);
    let (store, now) = (app.store.tenant(session), app.clock.now());
    store.append_audit(&line).await?;
    let id = ids::mint(session.tenant(), now, IntegrationEventId::from_parts);
    let event = IntegrationEvent::of_file(id, now, file, whose, &session.trail.request_id);
    Ok(store.append_event(&event).await?)
}
