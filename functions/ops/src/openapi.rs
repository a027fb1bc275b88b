//! What the API says of operations.

use axum::http::StatusCode;
use shared::openapi::{Api, get};

use crate::audit::{Asked, AuditList};

pub fn operations(api: &mut Api) {
    let words = "What happened in the organisation, for those who answer for it.";
    api.group(
        "Operations",
        words,
        [get("/api/v1/ops/audit", "listAudit", "The audit log")
            .words("Newest first. That it was read is written down too.")
            .query::<Asked>()
            .answers::<AuditList>(StatusCode::OK, "Some lines of it.")],
    );
}
