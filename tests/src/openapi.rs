//! The document of the API, as the functions tell it.

use shared::openapi::Api;

/// Where it is kept, from the root.
pub const PLACE: &str = "shared/ui/assets/openapi.json";

/// In the order in which it is read.
pub fn api() -> Api {
    let mut api = Api::default();
    sign_in::openapi::operations(&mut api);
    identity::openapi::operations(&mut api);
    schedule::openapi::operations(&mut api);
    connections::openapi::operations(&mut api);
    oauth_start::openapi::operations(&mut api);
    conflicts::openapi::operations(&mut api);
    integrations::openapi::operations(&mut api);
    developer::openapi::operations(&mut api);
    ops::openapi::operations(&mut api);
    assets::openapi::operations(&mut api);
    for (_, routes) in crate::world::functions() {
        api.gate(routes.listed());
    }
    api
}

/// As it stands in its file.
pub fn text() -> String {
    format!("{:#}\n", api().document())
}
