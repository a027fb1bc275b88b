//! API keys and webhooks: for programs under `/api/v1/api-keys` and `/api/v1/webhooks`, for people under
//! `/integrations/api-keys` and `/integrations/webhooks`.

mod api;
mod first_call;
mod keys;
pub mod openapi;
mod pages;
mod webhooks;

use domain::permission::Permission;
use shared::web::{Gate, Routes, may};
use ui::routes;

const SEES: Gate = may(Permission::IntegrationsRead);
/// A key is made and revoked by a person.
const MANAGES: Gate = may(Permission::IntegrationsManage).confirmed();

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::API_KEYS, SEES, pages::list)
        .get(routes::API_KEY_NEW, MANAGES, pages::blank)
        .post(routes::API_KEY_NEW, MANAGES, pages::create)
        .get(routes::API_KEY_REVOKE, MANAGES, pages::ask)
        .post(routes::API_KEY_REVOKE, MANAGES, pages::revoke)
        .as_pages();
    Routes::new()
        .get("/api/v1/api-keys", SEES, api::list)
        .post("/api/v1/api-keys", MANAGES, api::create)
        .delete("/api/v1/api-keys/{id}", MANAGES, api::revoke)
        .preflights()
        .merge(pages)
        .merge(webhooks::routes())
}
