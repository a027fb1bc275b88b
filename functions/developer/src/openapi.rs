//! What the API says of its keys.

use axum::http::StatusCode;
use domain::{api_key::ApiKey, id::ApiKeyId};
use shared::{
    openapi::{Api, delete, get, post},
    problem::Problem,
};

use crate::{
    api::{ApiKeyList, CreatedApiKey, NewApiKey},
    keys, webhooks,
};

pub fn operations(api: &mut Api) {
    let words = "A key acts for the member who made it: never beyond its scopes, and never beyond the member.";
    api.group(
        "API keys",
        words,
        [
            get(
                "/api/v1/api-keys",
                "listApiKeys",
                "Your organisation's keys",
            )
            .answers::<ApiKeyList>(
                StatusCode::OK,
                "All keys, newest first, also those that hold no more.",
            ),
            post("/api/v1/api-keys", "createApiKey", "Make a key")
                .takes::<NewApiKey>()
                .answers::<CreatedApiKey>(StatusCode::CREATED, "The key. It is shown this once.")
                .located()
                .refuses(keys::too_many()),
            delete("/api/v1/api-keys/{id}", "revokeApiKey", "Revoke a key")
                .at::<ApiKeyId>("id")
                .done("It opens nothing any more.")
                .refuses(Problem::not_found(ApiKey::NOUN)),
        ],
    );
    webhooks::openapi::operations(api);
}
