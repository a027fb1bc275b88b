//! Sign-up, sign-in, refresh and sign-out, for people and for programs. Passwords are hashed here and nowhere else:
//! this function has the memory for it, and a concurrency that bounds what it can cost.

mod api;
pub mod openapi;
mod pages;
mod password;
mod service;

use shared::web::Routes;
use ui::routes;

pub use password::hash as hash_password;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::HOME, pages::home)
        .get(routes::SIGN_IN, pages::sign_in)
        .post(routes::SIGN_IN, pages::submit_sign_in)
        .get(routes::SIGN_UP, pages::sign_up)
        .post(routes::SIGN_UP, pages::submit_sign_up)
        .post(routes::SIGN_OUT, pages::sign_out)
        .get("/sign-in/continue", pages::carry_on)
        .post("/sign-in/continue", pages::carry_on)
        .as_pages();
    // The paths are given; with and without the last slash.
    Routes::new()
        .post("/api/users/auth/signup", api::sign_up)
        .post("/api/users/auth/signup/", api::sign_up)
        .post("/api/users/auth/login", api::log_in)
        .post("/api/users/auth/login/", api::log_in)
        .post("/api/users/auth/logout", api::log_out)
        .post("/api/users/auth/logout/", api::log_out)
        .post("/api/users/auth/refresh", api::refresh)
        .post("/api/users/auth/refresh/", api::refresh)
        .merge(pages)
}
