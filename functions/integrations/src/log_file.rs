//! The integration log as a table, for spreadsheets and scripts.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use domain::{exchange::csv, id::IntegrationEventId};
use serde_json::Value;
use shared::{
    app::App,
    problem::Problem,
    web::{Query, Session, TABLE},
};

use crate::{
    answers::EventAnswer,
    log::{self, Asked},
    sight::Sight,
};

pub(crate) const PATH: &str = "/api/integrations/logs.csv";
/// Within the seconds and the bytes that one answer has.
pub(crate) const EVENTS_MAX: u32 = 2_000;

/// Named as the fields of [`EventAnswer`].
const COLUMNS: [&str; 16] = [
    "timestamp",
    "integration_type",
    "event_type",
    "status",
    "message",
    "error_message",
    "account",
    "retry_count",
    "correlation_id",
    "id",
    "connection_id",
    "run_id",
    "item_id",
    "api_key_id",
    "webhook_id",
    "delivery_id",
];

pub(crate) async fn show(
    State(app): State<App>,
    session: Session,
    OriginalUri(uri): OriginalUri,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    of(&app, &session, &asked, &uri).await
}

/// The file, to be kept under its name, and where older events go on.
pub(crate) async fn of(
    app: &App,
    session: &Session,
    asked: &Asked,
    uri: &Uri,
) -> Result<Response, Problem> {
    let most = EVENTS_MAX as usize;
    let limit = asked.limit(most, most)?;
    let found = log::find(app, session, asked, limit).await?;
    let sight = Sight::of(session);
    let mut file = String::new();
    csv::row(&mut file, &COLUMNS);
    for event in found.events {
        csv::row(&mut file, &cells(&EventAnswer::new(event, sight)));
    }
    let day = app.clock.now().strftime("%Y-%m-%d");
    let mut headers = HeaderMap::new();
    let mut say = |name: HeaderName, value: String| {
        headers.extend(HeaderValue::from_str(&value).map(|value| (name, value)));
    };
    say(header::CONTENT_TYPE, format!("{TABLE}; charset=utf-8"));
    say(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"integration-log-{day}.csv\""),
    );
    if let Some(next) = found.next {
        say(header::LINK, leads_on(uri, next));
    }
    Ok((headers, file).into_response())
}

/// RFC 8288.
fn leads_on(uri: &Uri, next: IntegrationEventId) -> String {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let cursor = format!("cursor={next}");
    let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

fn cells(event: &EventAnswer) -> [String; COLUMNS.len()] {
    let fields = serde_json::to_value(event).unwrap_or_default();
    COLUMNS.map(|column| match &fields[column] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        field @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            field.to_string()
        }
    })
}
