//! Conflicts: the inbox, both sides of one, deciding, and taking a decision back.

mod actions;
mod answers;
mod api;
pub mod openapi;
mod own;
mod pages;
mod view;

use domain::permission::Permission as P;
use shared::web::{Gate, Routes, may};
use ui::routes;

const SEES: Gate = may(P::ConnectionsOwn);
const DECIDES: Gate = may(P::ScheduleWrite);

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::CONFLICTS, SEES, pages::list)
        .get(routes::CONFLICT, SEES, pages::show)
        .post(routes::CONFLICT, DECIDES, pages::resolve)
        .post(routes::CONFLICT_UNDO, DECIDES, pages::undo)
        .as_pages();
    Routes::new()
        .get("/api/v1/conflicts", SEES, api::list)
        .get("/api/v1/conflicts/{id}", SEES, api::show)
        .post("/api/v1/conflicts/{id}/resolve", DECIDES, api::resolve)
        .post("/api/v1/conflicts/{id}/undo", DECIDES, api::undo)
        .merge(pages)
}
