//! What a choice of calendars would do, before anything is written.

use axum::{Json as Answer, extract::State, response::Response};
use domain::{
    calendar::{Calendar, check_choice},
    id::ConnectionId,
    preview::Preview,
};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    problem::Problem,
    sync::preview::preview,
    web::{Form, Json, Path, page::Visitor},
};
use ui::pages::connection::PreviewShown;

use crate::{
    actions,
    api::{self, Choice},
    form::{self, Fields},
    own::Own,
    pages::{self, Typed},
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Previews")]
pub(crate) struct PreviewsAnswer {
    calendars: Vec<Preview>,
}

pub(crate) async fn show(
    State(app): State<App>,
    own: Own,
    Json(choice): Json<Choice>,
) -> Result<Answer<PreviewsAnswer>, Problem> {
    let known = own.store.calendars(own.connection().id).await?;
    let chosen = api::checked(&known, &choice)?;
    let calendars = preview(&app, &own.store, own.connection(), &chosen)
        .await
        .map_err(actions::problem)?;
    Ok(Answer(PreviewsAnswer { calendars }))
}

/// The same from the page: the settings stay as typed, with what they would do above them.
pub(crate) async fn press(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<ConnectionId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let own = Own::find(&app, visitor.session.clone(), id)
        .await?
        .standing()?;
    let version = form::version(&fields)?;
    let known = own.store.calendars(id).await?;
    let (lines, mut errors) = form::read(&fields, &known);
    let chosen = check_choice(&known, &lines);
    if let Err(flaws) = &chosen {
        errors.extend(form::errors(flaws, &lines));
    }
    let shown = form::applied(&known, lines);
    let previews = match chosen {
        Ok(chosen) if errors.is_empty() => preview(&app, &own.store, own.connection(), &chosen)
            .await
            .map_err(actions::problem)?,
        Ok(_) | Err(_) => Vec::new(),
    };
    let typed = Typed {
        version,
        errors,
        preview: words(&previews, &known),
    };
    pages::render(&app, visitor, &own, &shown, Some(typed)).await
}

fn words(previews: &[Preview], known: &[Calendar]) -> Vec<PreviewShown> {
    let one = |preview: &Preview| {
        let calendar = known
            .iter()
            .find(|calendar| calendar.id == preview.calendar);
        PreviewShown {
            calendar: calendar.map_or_else(String::new, |calendar| calendar.name.clone()),
            entries_created: preview.entries_created,
            events_created: preview.events_created,
            changed: preview.changed,
            deleted: preview.deleted,
            conflicts: preview.conflicts,
            refused: preview.refused,
            sample: preview
                .sample
                .iter()
                .map(|step| (step.title.clone(), step.what.clone()))
                .collect(),
            whole: preview.whole,
        }
    };
    previews.iter().map(one).collect()
}
