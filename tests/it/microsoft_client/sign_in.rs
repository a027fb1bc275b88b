//! Errors of Microsoft's sign-in, and who can do what about them.

use domain::failure::FailureClass;
use shared::providers::microsoft::{classify, sign_in::remedy};

#[test]
fn each_refusal_to_sign_in_says_what_to_do() {
    for (error, number, class, words) in [
        (
            "invalid_grant",
            "AADSTS700082",
            FailureClass::Authentication,
            "Connect the account again",
        ),
        (
            "interaction_required",
            "AADSTS50076",
            FailureClass::Authentication,
            "second proof",
        ),
        (
            "invalid_grant",
            "AADSTS65001",
            FailureClass::Authentication,
            "consent",
        ),
        (
            "access_denied",
            "AADSTS90094",
            FailureClass::Authentication,
            "administrator",
        ),
        (
            "interaction_required",
            "AADSTS53003",
            FailureClass::Authentication,
            "rule of your organisation",
        ),
        (
            "invalid_client",
            "AADSTS7000222",
            FailureClass::Rejected,
            "secret has expired",
        ),
        (
            "invalid_client",
            "AADSTS7000215",
            FailureClass::Rejected,
            "secret is wrong",
        ),
        (
            "invalid_scope",
            "AADSTS70011",
            FailureClass::Rejected,
            "may ask for",
        ),
        (
            "temporarily_unavailable",
            "AADSTS90055",
            FailureClass::RateLimited,
            "busy",
        ),
    ] {
        let description = format!("{number}: Something. Trace ID: 1");

        let found = remedy(error, &description).unwrap();

        assert_eq!(found.class, class, "{number}");
        assert!(
            found.sentence().contains(words),
            "{number}: {}",
            found.sentence()
        );
    }
}

#[test]
fn an_unknown_number_is_judged_by_the_name_of_the_error() {
    let class = |error| remedy(error, "AADSTS999999: new").map(|remedy| remedy.class);

    assert_eq!(class("invalid_grant"), Some(FailureClass::Authentication));
    assert_eq!(class("server_error"), Some(FailureClass::Transient));
    assert_eq!(class("invalid_client"), Some(FailureClass::Rejected));
    assert_eq!(class("teapot"), None);
}

#[test]
fn each_answer_of_graph_asks_for_what_it_means() {
    for (status, code, class) in [
        (
            401,
            "InvalidAuthenticationToken",
            FailureClass::Authentication,
        ),
        (403, "ErrorAccessDenied", FailureClass::Rejected),
        (404, "ErrorItemNotFound", FailureClass::NotFound),
        (409, "ErrorIrresolvableConflict", FailureClass::Conflict),
        (412, "ErrorIrresolvableConflict", FailureClass::Conflict),
        (410, "", FailureClass::CursorExpired),
        (400, "SyncStateNotFound", FailureClass::CursorExpired),
        (404, "syncStateNotFound", FailureClass::CursorExpired),
        (400, "resyncRequired", FailureClass::CursorExpired),
        (429, "ApplicationThrottled", FailureClass::RateLimited),
        (509, "", FailureClass::RateLimited),
        (503, "serviceNotAvailable", FailureClass::Transient),
        (504, "", FailureClass::Transient),
        (
            400,
            "ErrorOccurrenceCrossingBoundary",
            FailureClass::Rejected,
        ),
        (400, "ErrorInvalidRequest", FailureClass::Rejected),
    ] {
        assert_eq!(classify(status, code), class, "{status} {code}");
    }
}
