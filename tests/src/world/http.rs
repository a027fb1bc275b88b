//! The product's port: every HTTP function's routes as one site, each counted as the function it belongs to.

use std::{net::SocketAddr, sync::PoisonError};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use shared::web::{ClientAddress, Routes};
use tower::ServiceExt as _;

use super::{World, control};

/// Each HTTP function by its handler name.
pub fn functions() -> Vec<(&'static str, Routes)> {
    vec![
        ("assets", assets::routes()),
        ("conflicts", conflicts::routes()),
        ("connections", connections::routes()),
        ("developer", developer::routes()),
        ("identity", identity::routes()),
        ("integrations", integrations::routes()),
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

/// What is deployed when a request comes.
pub(super) fn router(world: &World) -> Router {
    let weak = world.downgrade();
    let site = move |request: Request| {
        let site = weak.upgrade().map(|world| world.site());
        async move {
            match site {
                Some(site) => site.oneshot(request).await.into_response(),
                None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        }
    };
    Router::new()
        .merge(control::router(world.downgrade()))
        .fallback(site)
        .layer(middleware::map_request(with_client_address))
}

pub(super) fn site(world: &World) -> Router {
    let site = functions()
        .into_iter()
        .fold(Routes::new(), |site, (name, routes)| {
            let counted = middleware::from_fn_with_state((world.downgrade(), name), count);
            site.merge(routes.with_app(&world.app_of(name)).layer(counted))
        });
    shared::web::layers(site, &world.app)
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

impl World {
    /// What functions run with has changed.
    pub(super) fn serve_anew(&self) {
        *self.site.lock().unwrap_or_else(PoisonError::into_inner) = site(self);
    }

    pub(super) fn site(&self) -> Router {
        let site = self.site.lock();
        site.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
