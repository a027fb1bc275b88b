//! What the API says of connecting an account.

use axum::http::StatusCode;
use shared::openapi::{Api, post};

use crate::{Start, Started};

pub fn operations(api: &mut Api) {
    api.more(
        "Connections",
        [post("/api/v1/connections", "connect", "Connect an account")
            .words("The account's owner goes on in a browser, and is led back by the provider.")
            .takes::<Start>()
            .answers::<Started>(StatusCode::CREATED, "Where to go on.")],
    );
}
