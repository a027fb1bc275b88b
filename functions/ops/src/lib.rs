//! Operations: the audit log, for programs under `/api/v1/ops/audit`, for people under `/ops/audit`.

mod audit;
pub mod openapi;

use domain::permission::Permission;
use shared::web::{Gate, Routes, may};
use ui::routes;

const ADMINISTERS: Gate = may(Permission::OpsAdmin);

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::AUDIT, ADMINISTERS, audit::page)
        .as_pages();
    Routes::new()
        .get("/api/v1/ops/audit", ADMINISTERS, audit::list)
        .merge(pages)
}
