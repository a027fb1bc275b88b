//! What the API says of signing in.

use axum::http::StatusCode;
use shared::{
    openapi::{Api, Operation, post},
    problem::Problem,
};

use crate::{
    api::{Confirm, LogIn, SignUp, SignedInAnswer},
    join, new_password, service,
};

pub fn operations(api: &mut Api) {
    let words = "A session is two cookies. Each address is the same without its last slash.";
    api.group(
        "Signing in",
        words,
        [
            sign_up(),
            log_in(),
            refresh(),
            log_out(),
            confirm(),
            change_password(),
        ],
    );
}

fn signed_in(operation: Operation, status: StatusCode) -> Operation {
    operation
        .answers::<SignedInAnswer<'static>>(status, "You are signed in.")
        .with_cookies()
}

fn sign_up() -> Operation {
    let operation = post(
        "/api/users/auth/signup/",
        "signUp",
        "Begin an organisation with its first member",
    );
    signed_in(operation, StatusCode::CREATED)
        .takes::<SignUp>()
        .refuses(Problem::forbidden(
            "invite_required",
            "A team member joins with an invite from their organisation.",
        ))
        .refuses(join::Refused::Unknown.problem())
        .refuses(join::Refused::Expired.problem())
        .refuses(join::Refused::Used.problem())
        .refuses(join::Refused::Revoked.problem())
        .refuses(join::Refused::AlreadyMember.problem())
}

fn log_in() -> Operation {
    let operation = post("/api/users/auth/login/", "logIn", "Sign in");
    signed_in(operation, StatusCode::OK)
        .takes::<LogIn>()
        .refuses(service::wrong())
        .refuses(service::throttled(service::WAIT_MIN))
        .refuses(Problem::forbidden(
            "organization_erasing",
            "Your organisation is being deleted. Nobody can sign in any more.",
        ))
        .refuses(service::deactivated())
}

fn refresh() -> Operation {
    let operation = post(
        "/api/users/auth/refresh/",
        "refresh",
        "Exchange the refresh cookie for new cookies",
    );
    signed_in(operation, StatusCode::OK)
        .words("The session's proof lasts ten minutes; this gives another. A refresh cookie works once.")
        .refuses(Problem::unauthenticated())
}

fn log_out() -> Operation {
    post("/api/users/auth/logout/", "logOut", "Sign out")
        .words("Ends the session wherever its cookies were copied to.")
        .done("There is no session any more.")
        .with_cookies()
}

fn confirm() -> Operation {
    post(
        "/api/users/auth/confirm/",
        "confirm",
        "Give the password again",
    )
    .words(
        "What cannot be taken back asks for a password that was given within a quarter of an hour.",
    )
    .takes::<Confirm>()
    .done("You may go on.")
    .refuses(service::throttled(service::WAIT_MIN))
}

fn change_password() -> Operation {
    post(
        "/api/users/auth/password/",
        "changePassword",
        "Change your password",
    )
    .words("Every other session of yours ends.")
    .takes::<new_password::Wanted>()
    .done("It is changed.")
    .refuses(service::throttled(service::WAIT_MIN))
}
