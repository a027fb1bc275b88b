//! What the API says of members and organisations.

use axum::http::StatusCode;
use serde_json::{Map, Value};
use shared::openapi::{Api, delete, get};

use crate::{
    Profile,
    organization::{ErasureAnswer, OrganizationAnswer, Wanted},
};

pub fn operations(api: &mut Api) {
    let words = "Who is signed in, and the organisation that they belong to.";
    api.group(
        "Organisation",
        words,
        [
            get("/api/users/auth/profile/", "getProfile", "Who you are")
                .words("As it stands now, whatever the session was begun with.")
                .answers::<Profile>(StatusCode::OK, "You, and your organisation."),
            get("/api/v1/organization", "getOrganization", "Your organisation")
                .answers::<OrganizationAnswer>(StatusCode::OK, "The organisation."),
            delete(
                "/api/v1/organization",
                "deleteOrganization",
                "Delete the organisation with everything in it",
            )
            .words("Nobody can sign in from then on, and there is no way back. One that was begun before goes on.")
            .takes::<Wanted>()
            .answers::<ErasureAnswer>(StatusCode::ACCEPTED, "It is begun."),
            get("/.well-known/jwks.json", "getKeySet", "The public keys of sessions' proofs")
                .words("A JSON Web Key Set (RFC 7517, RFC 8037). Each key is named by its `kid`.")
                .answers::<Map<String, Value>>(StatusCode::OK, "The keys that hold."),
        ],
    );
}
