//! `/data/export` and `/data/import`, for people.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    exchange::FILE_BYTES_MAX,
    time::{LocalTime, Zone},
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};
use serde::Deserialize;
use shared::{
    app::App,
    problem::Problem,
    web::{
        Query, Upload,
        page::{self, Visitor},
        too_large,
    },
};
use ui::{
    components::FieldError,
    layout::Frame,
    pages::exchange::{
        ExportForm, ExportPage, ImportAhead, ImportPage, ImportReportPage, RefusedRow,
    },
};

use crate::exchange::{
    Format, api,
    export::{self, Asked},
    import::{self, Outcome, Report, Said, Wishes},
};

/// What of the parts that are refused a page shows.
const REFUSED_SHOWN_MAX: usize = 200;

#[derive(Deserialize)]
pub(crate) struct ExportQuery {
    download: Option<String>,
    format: Option<String>,
    from: Option<String>,
    to: Option<String>,
    expand: Option<String>,
    bom: Option<String>,
}

pub(crate) async fn export(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let zone = page::zone(&headers);
    let year = LocalTime::at(app.clock.now(), zone.clone()).local.year();
    let day = |typed: Option<String>, day: Date| typed.unwrap_or_else(|| day.to_string());
    let typed = ExportForm {
        format: query
            .format
            .unwrap_or_else(|| Format::Ics.name().to_owned()),
        from: day(query.from, date(year, 1, 1)),
        to: day(query.to, date(year, 12, 31)),
        expand: query.expand.is_some(),
        bom: query.bom.is_some(),
    };
    let page = |frame, typed, errors| ExportPage {
        frame,
        typed,
        errors,
    };
    if query.download.is_none() {
        let page = page(frame, typed, Vec::new());
        return Ok(page::show(&app.config, &page.frame, page.render()));
    }
    let asked = match asked(&typed, zone, session.member) {
        Ok(asked) => asked,
        Err(errors) => {
            let page = page(frame, typed, errors);
            return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()));
        }
    };
    match export::export(&app, &session, &asked).await {
        Ok(file) => Ok(api::answer(file)),
        Err(problem) if problem.status == StatusCode::PAYLOAD_TOO_LARGE => {
            let errors = vec![FieldError::new("to", &problem.detail)];
            let page = page(frame, typed, errors);
            Ok(page::html(problem.status, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

fn asked(
    typed: &ExportForm,
    zone: Zone,
    assignee: domain::id::MemberId,
) -> Result<Asked, Vec<FieldError>> {
    let format = Format::parse(&typed.format);
    let from = instant(&typed.from, 0, &zone);
    let to = instant(&typed.to, 1, &zone);
    let expand = typed.expand && format == Some(Format::Csv);
    let mut errors = Vec::new();
    if format.is_none() {
        errors.push(FieldError::new("", "Choose a format."));
    }
    for (name, day) in [("from", from), ("to", to)] {
        if day.is_none() {
            errors.push(FieldError::new(
                name,
                "A date is required, such as 2027-03-02.",
            ));
        }
    }
    if let (Some(from), Some(to)) = (from, to) {
        if to <= from {
            errors.push(FieldError::new("to", "The last day is before the first."));
        } else if expand && to.duration_since(from) > crate::list::RANGE_MAX {
            let words = "Occurrences are of at most 400 days.";
            errors.push(FieldError::new("to", words));
        }
    }
    match (format, from, to) {
        (Some(format), Some(from), Some(to)) if errors.is_empty() => Ok(Asked {
            format,
            from,
            to,
            assignee,
            zone,
            expand,
            bom: typed.bom,
        }),
        _ => Err(errors),
    }
}

/// The begin of the day that so many days after the typed one is.
fn instant(typed: &str, later: i64, zone: &Zone) -> Option<Timestamp> {
    let day = Date::strptime("%Y-%m-%d", typed.trim()).ok()?;
    let day = Some(day).filter(|day| (1900..=2200).contains(&day.year()))?;
    let day = day.checked_add(later.days()).ok()?;
    Some(LocalTime::new(day.at(0, 0, 0, 0), zone.clone()).instant())
}

pub(crate) async fn import_form(State(app): State<App>, visitor: Visitor) -> Response {
    let page = blank(visitor.frame, Vec::new());
    page::show(&app.config, &page.frame, page.render())
}

fn blank(frame: Frame, errors: Vec<FieldError>) -> ImportPage {
    ImportPage {
        frame,
        update_existing: false,
        all_or_nothing: false,
        errors,
    }
}

pub(crate) async fn import(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
    form: Upload,
) -> Result<Response, Problem> {
    let is_ticked = |name| form.text(name).is_some();
    let wishes = Wishes {
        dry_run: !is_ticked("confirmed"),
        update_existing: is_ticked("update_existing"),
        all_or_nothing: is_ticked("all_or_nothing"),
        zone: page::zone(&headers),
    };
    let refused = |frame, words: &str| {
        let page = ImportPage {
            update_existing: wishes.update_existing,
            all_or_nothing: wishes.all_or_nothing,
            ..blank(frame, vec![FieldError::new("file", words)])
        };
        page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render())
    };
    let Some(bytes) = content(&form) else {
        return Ok(refused(frame, "Choose a file."));
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Ok(refused(frame, &too_large(FILE_BYTES_MAX).detail));
    }
    let file = (Format::of(&bytes), bytes.as_slice());
    let report = match import::import(&app, &session, file, &wishes).await {
        Ok(report) => report,
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            return Ok(refused(frame, &problem.detail));
        }
        Err(problem) => return Err(problem),
    };
    let ahead = (!report.written).then(|| ImportAhead {
        content: STANDARD.encode(&bytes),
        update_existing: wishes.update_existing,
        all_or_nothing: wishes.all_or_nothing,
    });
    let page = report_page(frame, &report, ahead);
    Ok(page::ok(page.render()))
}

/// The file that was chosen, or the same once more from its preview.
fn content(form: &Upload) -> Option<Vec<u8>> {
    let chosen = form.file("file").map(|(_, bytes)| bytes.to_vec());
    chosen.or_else(|| STANDARD.decode(form.text("content")?).ok())
}

fn report_page(frame: Frame, report: &Report, ahead: Option<ImportAhead>) -> ImportReportPage {
    let is_refused = |line: &&import::Part| line.outcome == Outcome::Refused;
    let refused = report.items.iter().filter(is_refused);
    let refused = refused.take(REFUSED_SHOWN_MAX).map(|line| RefusedRow {
        line: line.line,
        title: line.title.clone(),
        reason: line.reason.clone().unwrap_or_default(),
    });
    let refused: Vec<RefusedRow> = refused.collect();
    let words = |said: &Said| match said.line {
        Some(line) => format!("Line {line}: {}", said.words),
        None => said.words.clone(),
    };
    let mut remarks: Vec<String> = report.remarks.iter().map(words).collect();
    if report.more_remarks > 0 {
        remarks.push(format!("And {} more remarks.", report.more_remarks));
    }
    ImportReportPage {
        frame,
        created: report.created,
        updated: report.updated,
        unchanged: report.unchanged,
        more_refused: report.refused - refused.len(),
        refused,
        remarks,
        ahead,
    }
}
