//! What the API says of itself.

use axum::http::StatusCode;
use serde_json::{Map, Value};
use shared::openapi::{Api, get};
use ui::routes;

pub fn operations(api: &mut Api) {
    let words = "The document that this is made from.";
    api.group(
        "This document",
        words,
        [get(routes::OPENAPI, "getOpenApi", "The API in OpenAPI 3.1")
            .fixed()
            .answers::<Map<String, Value>>(StatusCode::OK, "The document.")
            .tagged()],
    );
}
