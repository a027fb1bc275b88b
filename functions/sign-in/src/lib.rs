//! Sign-up, sign-in, refresh and sign-out, for people and for programs. Passwords are hashed here and nowhere else:
//! this function has the memory for it, and a concurrency that bounds what it can cost.

mod api;
mod founding;
mod join;
mod new_password;
pub mod openapi;
mod pages;
mod password;
mod service;

use shared::web::{Routes, open, signed_in};
use ui::routes;

pub use password::hash as hash_password;

/// What proves these requests.
const BY_INVITE: &str = "the sealed token of an invite";
const BY_CREDENTIALS: &str = "a password or a refresh cookie";

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::HOME, open(BY_CREDENTIALS), pages::home)
        .get(routes::SIGN_IN, open(BY_CREDENTIALS), pages::sign_in)
        .post(routes::SIGN_IN, open(BY_CREDENTIALS), pages::submit_sign_in)
        .get(routes::SIGN_UP, open(BY_CREDENTIALS), pages::sign_up)
        .post(routes::SIGN_UP, open(BY_CREDENTIALS), pages::submit_sign_up)
        .get(routes::JOIN, open(BY_INVITE), pages::join)
        .post(routes::JOIN, open(BY_INVITE), pages::submit_join)
        .post(routes::SIGN_OUT, open(BY_CREDENTIALS), pages::sign_out)
        .get(routes::PASSWORD, signed_in(), new_password::page)
        .post(routes::PASSWORD, signed_in(), new_password::press)
        .get(routes::CONFIRM, signed_in(), pages::confirm)
        .post(routes::CONFIRM, signed_in(), pages::submit_confirm)
        .get("/sign-in/continue", open(BY_CREDENTIALS), pages::carry_on)
        .post("/sign-in/continue", open(BY_CREDENTIALS), pages::carry_on)
        .as_pages();
    Routes::new()
        .post("/api/users/auth/signup", open(BY_CREDENTIALS), api::sign_up)
        .post("/api/users/auth/login", open(BY_CREDENTIALS), api::log_in)
        .post("/api/users/auth/logout", open(BY_CREDENTIALS), api::log_out)
        .post(
            "/api/users/auth/refresh",
            open(BY_CREDENTIALS),
            api::refresh,
        )
        .post("/api/users/auth/confirm", signed_in(), api::confirm)
        .post(
            "/api/users/auth/password",
            signed_in(),
            new_password::submit,
        )
        .merge(pages)
}
