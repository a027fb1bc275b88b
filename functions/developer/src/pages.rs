//! For people.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{api_key::ApiKey, id::ApiKeyId};
use shared::{
    app::App,
    problem::Problem,
    web::{
        Form, Path,
        page::{self, Visitor},
    },
};
use ui::{
    components::FieldError,
    layout::Section,
    pages::{
        api_keys::{ApiKeyForm, ApiKeyMade, ApiKeyRow, ApiKeysPage, KeyCall, NewApiKeyPage},
        confirmation::Confirmation,
    },
    routes,
};

use crate::{
    first_call::{Call, first_call},
    keys::{self, Listed, Wanted},
};

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let zone = page::zone(&headers);
    let listed = keys::list(&app, &visitor.session).await?;
    let moment = |at| page::moment(at, &zone);
    let row = |Listed { key, state, usage }| ApiKeyRow {
        id: key.id.to_string(),
        name: key.name,
        hint: key.hint,
        state,
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        created: moment(key.created_at),
        expires: key.expires_at.map(moment),
        last_used: usage.last_used_at.map(moment),
        requests_24h: usage.requests_24h,
        peak_percent_24h: usage.peak_percent_24h,
    };
    let page = ApiKeysPage {
        rows: listed.into_iter().map(row).collect(),
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn blank(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let usual = ApiKeyForm {
        requests_per_minute: ApiKey::REQUESTS_PER_MINUTE.to_string(),
        ..ApiKeyForm::default()
    };
    let page = form(visitor, usual, Vec::new());
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// Offers what the member may do themselves.
fn form(visitor: Visitor, typed: ApiKeyForm, errors: Vec<FieldError>) -> NewApiKeyPage {
    let offered = ApiKey::SCOPES
        .into_iter()
        .filter(|scope| visitor.session.may(*scope));
    NewApiKeyPage {
        offered: offered.collect(),
        frame: visitor.frame,
        typed,
        errors,
    }
}

pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = read(&fields);
    let wanted = Wanted {
        name: typed.name.clone(),
        scopes: typed.scopes.iter().copied().collect(),
        expires_in_days: typed.expires_in_days.parse().ok(),
        requests_per_minute: often(&typed.requests_per_minute),
    };
    match keys::create(&app, &visitor.session, wanted).await {
        Ok((key, secret)) => {
            let call = first_call(&key.scopes, app.clock.now());
            let page = ApiKeyMade {
                frame: visitor.frame,
                name: key.name,
                secret,
                call: call.and_then(|call| shown(&app, call)),
            };
            Ok(page::show(&app.config, &page.frame, page.render()))
        }
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let flaws = problem.fields.iter();
            let errors = flaws
                .map(|field| FieldError::new(&field.pointer, &field.detail))
                .collect();
            let page = form(visitor, typed, errors);
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
        Err(problem) => Err(problem),
    }
}

fn shown(app: &App, call: Call) -> Option<KeyCall> {
    let address = app.config.public_base.join(&call.path).ok()?;
    Some(KeyCall {
        address: address.into(),
        body: call.body.map(|body| body.to_string()),
    })
}

/// What is no number is out of range like zero.
fn often(typed: &str) -> u32 {
    match typed.trim() {
        "" => ApiKey::REQUESTS_PER_MINUTE,
        number => number.parse().unwrap_or_default(),
    }
}

fn read(fields: &[(String, String)]) -> ApiKeyForm {
    let of = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let ticked = fields
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("scope-")?.parse().ok());
    ApiKeyForm {
        name: of("name"),
        scopes: ticked.collect(),
        expires_in_days: of("expires_in_days"),
        requests_per_minute: of("requests_per_minute"),
    }
}

/// The question, where there is no script to ask it in a dialog.
pub(crate) async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<ApiKeyId>,
) -> Result<Response, Problem> {
    let key = keys::find(&app, &visitor.session, id).await?;
    let page = Confirmation {
        confirm: ApiKeysPage::revoke(&id.to_string(), &key.name),
        frame: visitor.frame,
        section: Section::API_KEYS,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

pub(crate) async fn revoke(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<ApiKeyId>,
) -> Result<Response, Problem> {
    keys::revoke(&app, &visitor.session, id).await?;
    Ok(page::done(
        &app.config,
        routes::API_KEYS,
        "The key opens nothing any more.",
    ))
}
