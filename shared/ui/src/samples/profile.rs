//! One's own account.

use domain::member::Role;

use super::{Sample, frame};
use crate::components::{FieldError, Moment};
use crate::pages::{
    profile::{ChangePassword, Profile, SignedIn},
    roles::Roles,
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("profile", profile().render()),
        ("password", password(Vec::new()).render()),
        ("password-refused", password(vec![wrong()]).render()),
        ("roles", Roles { frame: frame() }.render()),
    ]
}

fn signed_in(number: u8, browser: &str, address: Option<&str>) -> SignedIn {
    SignedIn {
        id: format!("ses_01HY000000000000000000000{number}"),
        browser: browser.to_owned(),
        address: address.map(str::to_owned),
        began: Moment::new("2027-03-04T07:12:40Z", "4 March 2027, 08:12 Europe/Berlin"),
        is_this: number == 1,
    }
}

fn profile() -> Profile {
    Profile {
        frame: frame(),
        email: "ada@northwind.test".to_owned(),
        role: Role::Admin,
        permissions: Role::Admin.permissions(),
        sessions: vec![
            signed_in(
                1,
                "Firefox on Linux",
                Some("2001:db8:85a3:8d3:1319:8a2e:370:7348"),
            ),
            signed_in(2, "Safari on iPhone", Some("192.0.2.17")),
            signed_in(3, "A program", None),
        ],
    }
}

fn wrong() -> FieldError {
    FieldError::new("current", "That is not your password.")
}

fn password(errors: Vec<FieldError>) -> ChangePassword {
    ChangePassword {
        frame: frame(),
        email: "ada@northwind.test".to_owned(),
        errors,
    }
}
