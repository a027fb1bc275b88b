//! A function's routes, kept as a list beside the router: tests and the template compare themselves with what is served.

use std::convert::Infallible;

use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware,
    response::IntoResponse,
    routing::{MethodFilter, on},
};

use crate::{app::App, problem};

#[derive(Default)]
#[must_use]
pub struct Routes {
    router: Router<App>,
    listed: Vec<(Method, String)>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, handler)
    }

    pub fn post<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, handler)
    }

    pub fn put<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, path, handler)
    }

    pub fn patch<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::PATCH, MethodFilter::PATCH, path, handler)
    }

    pub fn delete<H: Handler<T, App>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    fn on<H: Handler<T, App>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &str,
        handler: H,
    ) -> Self {
        self.router = self.router.route(path, on(filter, handler));
        self.listed.push((method, path.to_owned()));
        self
    }

    /// What people see: problems become pages, a missing session leads to sign-in.
    pub fn as_pages(self) -> Self {
        let router = self.router.layer(middleware::from_fn(problem::as_page));
        Self { router, ..self }
    }

    /// Answered with an app of their own, whatever they are merged into.
    pub fn with_app(mut self, app: &App) -> Self {
        self.router = self.router.with_state(app.clone());
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

    /// Method and path pattern of each route, as API Gateway writes them.
    pub fn listed(&self) -> &[(Method, String)] {
        &self.listed
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.router
    }
}
