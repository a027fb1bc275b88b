//! A member's connections: calendars, settings, pause, sync now, runs, and what waits for them.

mod actions;
mod answers;
mod api;
mod endings;
mod form;
mod holds;
mod notices;
mod notifications;
pub mod openapi;
mod own;
mod pages;
mod previews;
mod view;
mod why;

use domain::permission::Permission as P;
use shared::web::{Gate, Routes, may};
use ui::routes;

const OWN: Gate = may(P::ConnectionsOwn);

pub fn routes() -> Routes {
    for_programs().merge(for_people())
}

fn for_people() -> Routes {
    Routes::new()
        .get(routes::NOTIFICATIONS, OWN, notifications::page)
        .get(routes::NOTIFICATIONS_COUNT, OWN, notifications::count)
        .get(routes::CONNECTIONS, OWN, pages::list)
        .get(routes::CONNECTION, OWN, pages::show)
        .get(routes::CONNECTION_WHY, OWN, why::page)
        .post(routes::CONNECTION_SETTINGS, OWN, pages::save_settings)
        .post(routes::CONNECTION_PREVIEW, OWN, previews::press)
        .get(routes::CONNECTION_HOLD, OWN, holds::ask)
        .post(routes::CONNECTION_HOLD, OWN, holds::press)
        .get(routes::CONNECTION_DISCONNECT, OWN.confirmed(), endings::ask)
        .post(
            routes::CONNECTION_DISCONNECT,
            OWN.confirmed(),
            endings::press,
        )
        .post(routes::CONNECTION_ACTION, OWN, pages::act)
        .post(routes::CONNECTION_RETRY, OWN, pages::retry)
        .post(routes::CONNECTION_RETRY_ALL, OWN, pages::retry_all)
        .as_pages()
}

fn for_programs() -> Routes {
    Routes::new()
        .get("/api/v1/notifications", OWN, notifications::list)
        .get("/api/v1/connections", OWN, api::list)
        .get("/api/v1/connections/{id}", OWN, api::show)
        .delete("/api/v1/connections/{id}", OWN.confirmed(), endings::begin)
        .get("/api/v1/connections/{id}/disconnection", OWN, endings::show)
        .get("/api/v1/connections/{id}/calendars", OWN, api::calendars)
        .put(
            "/api/v1/connections/{id}/calendars",
            OWN,
            api::choose_calendars,
        )
        .post("/api/v1/connections/{id}/sync", OWN, api::sync)
        .post("/api/v1/connections/{id}/pause", OWN, api::pause)
        .post("/api/v1/connections/{id}/resume", OWN, api::resume)
        .get("/api/v1/connections/{id}/runs", OWN, api::runs)
        .get("/api/v1/connections/{id}/runs/{run}", OWN, api::run)
        .get("/api/v1/connections/{id}/items", OWN, api::items)
        .get("/api/v1/connections/{id}/notices", OWN, notices::show)
        .post("/api/v1/connections/{id}/preview", OWN, previews::show)
        .get("/api/v1/connections/{id}/holds", OWN, holds::list)
        .post("/api/v1/connections/{id}/holds/{hold}", OWN, holds::decide)
        .post(
            "/api/v1/connections/{id}/items/retry",
            OWN,
            api::retry_items,
        )
        .post(
            "/api/v1/connections/{id}/items/{item}/retry",
            OWN,
            api::retry_item,
        )
        .get("/api/v1/connections/{id}/trace", OWN, why::list)
}
