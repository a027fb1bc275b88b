//! The product's port: every HTTP function's routes as one site, each counted as the function it belongs to.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    middleware::{self, Next},
    response::Response,
};
use shared::web::{ClientAddress, Routes};

use super::{World, control};

/// Each HTTP function by its handler name.
pub fn functions() -> Vec<(&'static str, Routes)> {
    vec![
        ("assets", assets::routes()),
        ("conflicts", conflicts::routes()),
        ("connections", connections::routes()),
        ("developer", developer::routes()),
        ("identity", identity::routes()),
        ("oauth-callback", oauth_callback::routes()),
        ("oauth-start", oauth_start::routes()),
        ("ops", ops::routes()),
        ("schedule", schedule::routes()),
        ("sign-in", sign_in::routes()),
        ("webhooks-google", webhooks_google::routes()),
        ("webhooks-microsoft", webhooks_microsoft::routes()),
        ("webhooks-pubsub", webhooks_pubsub::routes()),
    ]
}

pub(super) fn router(world: &World) -> Router {
    let site = functions()
        .into_iter()
        .fold(Routes::new(), |site, (name, routes)| {
            let counted = middleware::from_fn_with_state((world.downgrade(), name), count);
            site.merge(routes.with_app(world.app_of(name)).layer(counted))
        });
    Router::new()
        .nest("/_world", control::router(world.downgrade()))
        .fallback_service(shared::web::layers(site, &world.app))
        .layer(middleware::map_request(with_client_address))
}

/// As API Gateway says it.
async fn with_client_address(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Request {
    let address = ClientAddress(address.ip());
    request.extensions_mut().insert(address);
    request
}

async fn count(
    State((world, function)): State<(super::WeakWorld, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(world) = world.upgrade() {
        world.count(function);
    }
    next.run(request).await
}
