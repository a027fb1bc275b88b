//! The errors of the identity platform, by their numbers.

/// What is wrong. Applications are to act on `error`; the number and the words are for people.
#[derive(Debug)]
pub(in crate::sim::microsoft) struct Wrong {
    pub(super) number: u32,
    pub(super) error: &'static str,
    pub(super) words: &'static str,
    /// A finer word, which comes with what only the user can mend.
    pub(super) suberror: Option<&'static str>,
}

const fn wrong(number: u32, error: &'static str, words: &'static str) -> Wrong {
    Wrong {
        number,
        error,
        words,
        suberror: None,
    }
}

const fn asks_user(
    number: u32,
    error: &'static str,
    sub: &'static str,
    words: &'static str,
) -> Wrong {
    Wrong {
        number,
        error,
        words,
        suberror: Some(sub),
    }
}

static ALL: &[Wrong] = &[
    wrong(
        50011,
        "invalid_request",
        "The redirect URI specified in the request does not match the redirect URIs configured for the application.",
    ),
    wrong(
        50020,
        "invalid_grant",
        "User account from identity provider does not exist in tenant and cannot access the application in that tenant.",
    ),
    wrong(
        50058,
        "login_required",
        "A silent sign-in request was sent but no user is signed in.",
    ),
    asks_user(
        50076,
        "interaction_required",
        "basic_action",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000003-0000-0000-c000-000000000000'.",
    ),
    asks_user(
        50078,
        "interaction_required",
        "basic_action",
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication.",
    ),
    asks_user(
        50079,
        "interaction_required",
        "basic_action",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication.",
    ),
    wrong(
        50133,
        "invalid_grant",
        "Session is invalid due to expiration or recent password change.",
    ),
    wrong(
        50147,
        "invalid_grant",
        "Invalid size of Code_Challenge parameter.",
    ),
    wrong(
        50173,
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
    ),
    asks_user(
        53003,
        "interaction_required",
        "message_only",
        "Access has been blocked by Conditional Access policies.",
    ),
    wrong(
        54005,
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
    ),
    asks_user(
        65001,
        "invalid_grant",
        "consent_required",
        "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
    ),
    wrong(
        65004,
        "access_denied",
        "User declined to consent to access the app.",
    ),
    wrong(
        70000,
        "invalid_grant",
        "Provided grant is invalid or malformed.",
    ),
    wrong(
        70008,
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
    ),
    wrong(
        70011,
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid.",
    ),
    asks_user(
        70043,
        "invalid_grant",
        "bad_token",
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
    ),
    wrong(
        90002,
        "invalid_request",
        "Tenant not found. Check to make sure you have the correct tenant ID.",
    ),
    wrong(
        90014,
        "invalid_request",
        "A parameter of the request is not known here.",
    ),
    wrong(
        90033,
        "temporarily_unavailable",
        "A transient error has occurred. Please try again.",
    ),
    wrong(
        90055,
        "temporarily_unavailable",
        "The server has terminated this request due to too many requests.",
    ),
    asks_user(
        90094,
        "access_denied",
        "consent_required",
        "An administrator of the organization must grant the application access.",
    ),
    wrong(
        501_481,
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    wrong(
        700_005,
        "invalid_grant",
        "Provided Authorization Code is intended to use against other tenant, thus rejected.",
    ),
    wrong(
        700_016,
        "unauthorized_client",
        "Application was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
    ),
    wrong(
        700_082,
        "invalid_grant",
        "The refresh token has expired due to inactivity.",
    ),
    wrong(
        900_144,
        "invalid_request",
        "The request body must contain a parameter that is missing.",
    ),
    wrong(
        7_000_215,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
    ),
    wrong(
        7_000_218,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    wrong(
        7_000_222,
        "invalid_client",
        "The provided client secret keys are expired.",
    ),
    wrong(
        9_002_313,
        "invalid_grant",
        "Invalid request. Request is malformed or invalid.",
    ),
    wrong(
        70003,
        "unsupported_grant_type",
        "The app returned an unsupported grant type.",
    ),
];

/// By its number, with or without what stands before it.
pub(in crate::sim::microsoft) fn named(number: &str) -> Option<&'static Wrong> {
    let number: u32 = number.trim_start_matches("AADSTS").parse().ok()?;
    ALL.iter().find(|wrong| wrong.number == number)
}

pub(super) fn numbered(number: u32) -> &'static Wrong {
    let found = ALL.iter().find(|wrong| wrong.number == number);
    found.expect("a number of this table")
}

pub(in crate::sim::microsoft) fn numbers() -> Vec<u32> {
    ALL.iter().map(|wrong| wrong.number).collect()
}

impl Wrong {
    pub(super) fn description(&self, detail: &str) -> String {
        let space = if detail.is_empty() { "" } else { " " };
        format!("AADSTS{}: {}{space}{detail}", self.number, self.words)
    }
}
