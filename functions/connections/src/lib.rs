//! A member's connections: calendars, settings, pause, sync now, runs, and what needs attention.

mod actions;
mod answers;
mod api;
mod endings;
mod form;
mod holds;
mod notices;
pub mod openapi;
mod own;
mod pages;
mod previews;
mod view;
mod why;

use shared::web::Routes;
use ui::routes;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::CONNECTIONS, pages::list)
        .get(routes::CONNECTION, pages::show)
        .get(routes::CONNECTION_WHY, why::page)
        .post(routes::CONNECTION_SETTINGS, pages::save_settings)
        .post(routes::CONNECTION_PREVIEW, previews::press)
        .post(routes::CONNECTION_HOLD, holds::press)
        .get(routes::CONNECTION_DISCONNECT, endings::ask)
        .post(routes::CONNECTION_DISCONNECT, endings::press)
        .post(routes::CONNECTION_ACTION, pages::act)
        .post(routes::CONNECTION_RETRY, pages::retry)
        .post(routes::CONNECTION_RETRY_ALL, pages::retry_all)
        .as_pages();
    Routes::new()
        .get("/api/v1/connections", api::list)
        .get("/api/v1/connections/{id}", api::show)
        .delete("/api/v1/connections/{id}", endings::begin)
        .get("/api/v1/connections/{id}/disconnection", endings::show)
        .get("/api/v1/connections/{id}/calendars", api::calendars)
        .put("/api/v1/connections/{id}/calendars", api::choose_calendars)
        .post("/api/v1/connections/{id}/sync", api::sync)
        .post("/api/v1/connections/{id}/pause", api::pause)
        .post("/api/v1/connections/{id}/resume", api::resume)
        .get("/api/v1/connections/{id}/runs", api::runs)
        .get("/api/v1/connections/{id}/runs/{run}", api::run)
        .get("/api/v1/connections/{id}/items", api::items)
        .get("/api/v1/connections/{id}/notices", notices::show)
        .post("/api/v1/connections/{id}/preview", previews::show)
        .get("/api/v1/connections/{id}/holds", holds::list)
        .post("/api/v1/connections/{id}/holds/{hold}", holds::decide)
        .post("/api/v1/connections/{id}/items/retry", api::retry_items)
        .post(
            "/api/v1/connections/{id}/items/{item}/retry",
            api::retry_item,
        )
        .get("/api/v1/connections/{id}/trace", why::list)
        .merge(pages)
}
