//! Conflicts: the inbox, both sides of one, deciding, and taking a decision back.

mod actions;
mod answers;
mod api;
pub mod openapi;
mod own;
mod pages;
mod view;

use shared::web::Routes;
use ui::routes;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::CONFLICTS, pages::list)
        .get(routes::CONFLICT, pages::show)
        .post(routes::CONFLICT, pages::resolve)
        .post(routes::CONFLICT_UNDO, pages::undo)
        .as_pages();
    Routes::new()
        .get("/api/v1/conflicts", api::list)
        .get("/api/v1/conflicts/{id}", api::show)
        .post("/api/v1/conflicts/{id}/resolve", api::resolve)
        .post("/api/v1/conflicts/{id}/undo", api::undo)
        .merge(pages)
}
