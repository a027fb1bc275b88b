//! A function's routes, kept as a list beside the router: tests and the template compare themselves with what is served.

use std::convert::Infallible;

use axum::{
    Extension, Router,
    handler::Handler,
    http::Method,
    middleware,
    response::IntoResponse,
    routing::{MethodFilter, on},
};

use super::{
    cors,
    gate::{self, Gate},
};
use crate::{app::App, problem};

#[derive(Default)]
#[must_use]
pub struct Routes {
    router: Router<App>,
    listed: Vec<Route>,
}

/// A method of an address, and what it asks of whoever calls.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: Method,
    /// As API Gateway writes it, with parameters in braces.
    pub path: String,
    pub gate: Gate,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &str, gate: Gate, handler: H) -> Self {
        self.on(&Method::GET, MethodFilter::GET, path, gate, handler)
    }

    pub fn post<H: Handler<T, App>, T: 'static>(self, path: &str, gate: Gate, handler: H) -> Self {
        self.on(&Method::POST, MethodFilter::POST, path, gate, handler)
    }

    pub fn put<H: Handler<T, App>, T: 'static>(self, path: &str, gate: Gate, handler: H) -> Self {
        self.on(&Method::PUT, MethodFilter::PUT, path, gate, handler)
    }

    pub fn patch<H: Handler<T, App>, T: 'static>(self, path: &str, gate: Gate, handler: H) -> Self {
        self.on(&Method::PATCH, MethodFilter::PATCH, path, gate, handler)
    }

    pub fn delete<H: Handler<T, App>, T: 'static>(
        self,
        path: &str,
        gate: Gate,
        handler: H,
    ) -> Self {
        self.on(&Method::DELETE, MethodFilter::DELETE, path, gate, handler)
    }

    /// What browsers ask before a page of another site calls the API. The layers around every route answer it, wherever it
    /// comes; where it is deployed, this function is handed it.
    pub fn preflights(mut self) -> Self {
        self.listed.push(Route {
            method: Method::OPTIONS,
            path: cors::PREFLIGHTS.to_owned(),
            gate: gate::open("the same for everyone"),
        });
        self
    }

    fn on<H: Handler<T, App>, T: 'static>(
        mut self,
        method: &Method,
        filter: MethodFilter,
        path: &str,
        gate: Gate,
        handler: H,
    ) -> Self {
        let guarded = middleware::from_fn(move |request, next| gate::guard(gate, request, next));
        let endpoint = on(filter, handler).layer(guarded);
        // These paths were given to callers with a last slash.
        let slashed = path.starts_with("/api/users/").then(|| format!("{path}/"));
        for path in [Some(path.to_owned()), slashed].into_iter().flatten() {
            self.router = self.router.route(&path, endpoint.clone());
            self.listed.push(Route {
                method: method.clone(),
                path,
                gate,
            });
        }
        self
    }

    /// What people see: problems become pages, a missing session leads to sign-in.
    pub fn as_pages(self) -> Self {
        let router = self.router.layer(middleware::from_fn(problem::as_page));
        Self { router, ..self }
    }

    /// Answered with an app of their own, whatever they are merged into.
    pub fn with_app(mut self, app: &App) -> Self {
        self.router = self
            .router
            .layer(Extension(app.clone()))
            .with_state(app.clone());
        self
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.listed.extend(other.listed);
        self
    }

    /// Puts something around every route.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: tower::Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
        L::Service: tower::Service<
                axum::extract::Request,
                Error: Into<Infallible>,
                Future: Send,
                Response: IntoResponse,
            > + Clone
            + Send
            + Sync
            + 'static,
    {
        let router = self.router.layer(layer);
        Self { router, ..self }
    }

    pub fn listed(&self) -> &[Route] {
        &self.listed
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.router
    }
}
