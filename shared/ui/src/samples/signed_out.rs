//! Pages for anyone.

use domain::{connection::Provider, member::Role};

use super::{Sample, csrf};
use crate::components::{FieldError, Meaning};
use crate::layout::Theme;
use crate::pages::forward::Forward;
use crate::pages::join::Join;
use crate::pages::message::Message;
use crate::pages::problem::ProblemPage;
use crate::pages::sign_in::{SignIn, Trouble};
use crate::pages::sign_up::SignUp;
use crate::routes;

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("sign-in", sign_in(None).render()),
        ("sign-in-refused", sign_in(Some(Trouble::Refused)).render()),
        (
            "sign-in-throttled",
            sign_in(Some(Trouble::Throttled { minutes: 14 })).render(),
        ),
        (
            "sign-in-expired",
            SignIn {
                next: Some(routes::CONNECTIONS.to_owned()),
                ..sign_in(Some(Trouble::Expired))
            }
            .render(),
        ),
        ("sign-in-erasing", sign_in(Some(Trouble::Erasing)).render()),
        (
            "sign-in-deactivated",
            sign_in(Some(Trouble::Deactivated)).render(),
        ),
        ("sign-up", sign_up(Vec::new()).render()),
        (
            "sign-up-errors",
            sign_up(vec![
                FieldError::new(
                    "email",
                    "This address already has an account. Sign in instead.",
                ),
                FieldError::new("password", "Use at least 12 characters."),
            ])
            .render(),
        ),
        ("join", join(Vec::new()).render()),
        (
            "join-errors",
            join(vec![FieldError::new(
                "password",
                "Use at least 12 characters.",
            )])
            .render(),
        ),
        ("join-expired", join_expired().render()),
        ("problem-not-found", not_found().render()),
        ("problem-unavailable", unavailable().render()),
        ("forward", forward().render()),
        (
            "message-too-few-permissions",
            too_few_permissions().render(),
        ),
    ]
}

fn sign_in(trouble: Option<Trouble>) -> SignIn {
    let email = if trouble.is_some() {
        "ada@northwind.test"
    } else {
        ""
    };
    SignIn {
        theme: Theme::System,
        csrf: csrf(),
        next: None,
        email: email.to_owned(),
        trouble,
    }
}

fn sign_up(errors: Vec<FieldError>) -> SignUp {
    let filled = if errors.is_empty() {
        ["", "", ""]
    } else {
        [
            "Northwind Field Service",
            "Ada Lindgren",
            "ada@northwind.test",
        ]
    };
    let [organization, name, email] = filled.map(str::to_owned);
    SignUp {
        theme: Theme::System,
        csrf: csrf(),
        organization,
        name,
        email,
        errors,
    }
}

fn join(errors: Vec<FieldError>) -> Join {
    Join {
        theme: Theme::System,
        csrf: csrf(),
        token: "kid.sealed".to_owned(),
        organization: "Northwind Field Service".to_owned(),
        email: "eve@northwind.test".to_owned(),
        role: Role::TeamMember,
        name: String::new(),
        errors,
    }
}

fn join_expired() -> Message {
    Message {
        theme: Theme::System,
        meaning: Meaning::Warning,
        title: "You cannot join with this link".to_owned(),
        words:
            "This invite was good for a week, which is over. Ask an administrator for a new one."
                .to_owned(),
        ways: vec![("Sign in".to_owned(), routes::SIGN_IN.to_owned())],
    }
}

fn not_found() -> ProblemPage {
    ProblemPage {
        theme: Theme::System,
        status: 404,
        title: "This page does not exist".to_owned(),
        what_happened: "Nothing is at this address, or it is not yours to see.".to_owned(),
        what_to_do: "Check the address, or go on from the schedule.".to_owned(),
        request_id: "req_01K9Z3V7Q2M4".to_owned(),
        way: ("Go to the schedule".to_owned(), routes::SCHEDULE.to_owned()),
    }
}

fn unavailable() -> ProblemPage {
    ProblemPage {
        status: 503,
        title: "This did not work".to_owned(),
        what_happened: "A part of the service did not answer in time. Nothing was changed."
            .to_owned(),
        what_to_do: "Try again in a minute. If it goes on, send us the request below.".to_owned(),
        way: ("Try again".to_owned(), routes::CONNECTIONS.to_owned()),
        ..not_found()
    }
}

fn forward() -> Forward {
    Forward {
        theme: Theme::System,
        provider: Provider::Google,
        address: "https://accounts.example.com/authorize?state=abc&scope=calendar".to_owned(),
    }
}

fn too_few_permissions() -> Message {
    Message {
        theme: Theme::System,
        meaning: Meaning::Warning,
        title: "Google Calendar is not connected".to_owned(),
        words: "You signed in at Google but did not tick “See and edit events”. Without it nothing can be synced. No access was kept.".to_owned(),
        ways: vec![
            ("Go to connections".to_owned(), routes::CONNECTIONS.to_owned()),
            ("Back to the schedule".to_owned(), routes::SCHEDULE.to_owned()),
        ],
    }
}
