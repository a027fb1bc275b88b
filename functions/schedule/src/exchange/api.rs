//! `/api/v1/schedule/export` and `/import`, for programs.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::time::Zone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    app::App,
    problem::{FieldProblem, Problem},
    web::{CALENDAR, File, Query, Session},
};

use super::{
    Format,
    export::{self, Asked, ExportedFile},
    import::{self, Report, Wishes},
};
use crate::list;

pub(crate) const EXPORT: &str = "/api/v1/schedule/export";
pub(crate) const IMPORT: &str = "/api/v1/schedule/import";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// `ics` is a calendar (RFC 5545), `csv` a table (RFC 4180).
    #[schemars(with = "String", extend("enum" = ["ics", "csv"]))]
    format: Option<String>,
    /// The span's begin. The + of an offset is written as %2B.
    #[schemars(with = "Timestamp")]
    from: Option<String>,
    /// The span's end, which is no part of it.
    #[schemars(with = "Timestamp")]
    to: Option<String>,
    /// A member's id; `me`, and nobody named, is the caller.
    assignee: Option<String>,
    /// A series as its occurrences, one a row: for tables only, and for at most 400 days.
    #[schemars(extend("const" = list::EXPAND))]
    expand: Option<String>,
    /// Whole days are days of this zone; of UTC unless given.
    #[schemars(with = "Option<Zone>")]
    zone: Option<String>,
    /// Begin with a byte order mark, by which old spreadsheets know the encoding.
    #[schemars(with = "Option<bool>")]
    bom: Option<String>,
}

pub(crate) async fn export(
    State(app): State<App>,
    session: Session,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let asked = query.read(&session)?;
    Ok(answer(export::export(&app, &session, &asked).await?))
}

/// The file, to be kept under its name.
pub(crate) fn answer(file: ExportedFile) -> Response {
    let mut headers = HeaderMap::new();
    let kind = format!("{}; charset=utf-8", file.kind);
    let kept = format!("attachment; filename=\"{}\"", file.name);
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, kept),
    ] {
        headers.extend(
            HeaderValue::from_str(&value)
                .ok()
                .map(|value| (name, value)),
        );
    }
    (headers, file.text).into_response()
}

impl ExportQuery {
    fn read(&self, session: &Session) -> Result<Asked, Problem> {
        let mut problems = Problems::default();
        let format = self.format.as_deref().and_then(Format::parse);
        if format.is_none() {
            problems.add("format", "format is ics or csv");
        }
        let from = list::bound("from", self.from.as_deref());
        let to = list::bound("to", self.to.as_deref());
        let expand = self.expand.is_some();
        if let (Ok(from), Ok(to)) = (&from, &to) {
            if to <= from {
                problems.add("to", "to must be after from");
            } else if expand && to.duration_since(*from) > list::RANGE_MAX {
                problems.add("to", "occurrences are of at most 400 days");
            }
        }
        if self
            .expand
            .as_ref()
            .is_some_and(|value| value != list::EXPAND)
        {
            problems.add("expand", format!("expand takes only: {}", list::EXPAND));
        } else if expand && format == Some(Format::Ics) {
            problems.add(
                "expand",
                "a calendar has series as series: leave expand out",
            );
        }
        let zone = problems.zone(self.zone.as_deref());
        let bom = problems.flag("bom", self.bom.as_deref());
        let from = from.map_err(|detail| problems.add("from", detail));
        let to = to.map_err(|detail| problems.add("to", detail));
        problems.end()?;
        let (Some(format), Ok(from), Ok(to)) = (format, from, to) else {
            return Err(Problem::invalid("", "something is missing"));
        };
        Ok(Asked {
            format,
            from,
            to,
            assignee: list::assignee(self.assignee.as_deref(), session)?,
            zone,
            expand,
            bom,
        })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportQuery {
    /// Only say what would be done.
    #[schemars(with = "Option<bool>")]
    dry_run: Option<String>,
    /// Change entries that are there already and differ. Otherwise they are refused.
    #[schemars(with = "Option<bool>")]
    update_existing: Option<String>,
    /// Write nothing where anything is refused.
    #[schemars(with = "Option<bool>")]
    all_or_nothing: Option<String>,
    /// Times that name no zone are of this one; of UTC unless given.
    #[schemars(with = "Option<Zone>")]
    zone: Option<String>,
}

pub(crate) async fn import(
    State(app): State<App>,
    session: Session,
    Query(query): Query<ImportQuery>,
    File { kind, bytes }: File,
) -> Result<axum::Json<Report>, Problem> {
    let mut problems = Problems::default();
    let wishes = Wishes {
        dry_run: problems.flag("dry_run", query.dry_run.as_deref()),
        update_existing: problems.flag("update_existing", query.update_existing.as_deref()),
        all_or_nothing: problems.flag("all_or_nothing", query.all_or_nothing.as_deref()),
        zone: problems.zone(query.zone.as_deref()),
    };
    problems.end()?;
    let format = if kind == CALENDAR {
        Format::Ics
    } else {
        Format::Csv
    };
    let report = import::import(&app, &session, (format, &bytes), &wishes).await?;
    Ok(axum::Json(report))
}

/// What is wrong with parameters, all of it.
#[derive(Default)]
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn add(&mut self, parameter: &str, detail: impl Into<String>) {
        self.0.push(FieldProblem {
            pointer: parameter.to_owned(),
            detail: detail.into(),
        });
    }

    fn zone(&mut self, name: Option<&str>) -> Zone {
        let zone = name.map_or(Ok(Zone::utc()), Zone::parse);
        zone.unwrap_or_else(|error| {
            self.add("zone", error.to_string());
            Zone::utc()
        })
    }

    fn flag(&mut self, parameter: &str, value: Option<&str>) -> bool {
        match value {
            Some("true") => true,
            None | Some("false") => false,
            Some(_) => {
                self.add(parameter, format!("{parameter} is true or false"));
                false
            }
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Problem::invalid_fields(std::mem::take(&mut self.0)))
    }
}
