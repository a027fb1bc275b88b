//! Sign-up, sign-in, refresh and sign-out, for people and for programs. Passwords are hashed here and nowhere else:
//! this function has the memory for it, and a concurrency that bounds what it can cost.

mod api;
mod pages;
mod password;
mod service;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use shared::{app::App, problem};
use ui::routes;

pub use password::hash as hash_password;

pub fn routes() -> Router<App> {
    let pages = Router::new()
        .route(routes::HOME, get(pages::home))
        .route(
            routes::SIGN_IN,
            get(pages::sign_in).post(pages::submit_sign_in),
        )
        .route(
            routes::SIGN_UP,
            get(pages::sign_up).post(pages::submit_sign_up),
        )
        .route(routes::SIGN_OUT, post(pages::sign_out))
        .route("/sign-in/continue", get(pages::carry_on))
        .layer(middleware::from_fn(problem::as_page));
    // The paths are given; with and without the last slash.
    let api = [
        ("signup", post(api::sign_up)),
        ("login", post(api::log_in)),
        ("logout", post(api::log_out)),
        ("refresh", post(api::refresh)),
    ]
    .into_iter()
    .fold(Router::new(), |router, (name, method)| {
        router
            .route(&format!("/api/users/auth/{name}"), method.clone())
            .route(&format!("/api/users/auth/{name}/"), method)
    });
    api.merge(pages)
}
