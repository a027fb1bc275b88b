//! What goes wrong when somebody signs in at Microsoft, or when a grant is used again: who must do what about it. The
//! numbers stand in the description of an OAuth error, `AADSTSnnnnn: …`.

use domain::failure::FailureClass;

/// What an `AADSTS` number asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    pub class: FailureClass,
    /// For the person who can do something about it.
    pub words: &'static str,
}

const AGAIN: &str = "Connect the account again.";
const LATER: &str = "Microsoft is busy. It is tried again by itself.";
const OWNER: &str = "The connection to Microsoft is not set up rightly. Whoever runs this installation must mend it: ";

/// The remedy for an OAuth error, by the number in its description and otherwise by its name. `None`: nothing that is
/// known.
pub fn remedy(error: &str, description: &str) -> Option<Remedy> {
    number(description)
        .and_then(of_number)
        .or_else(|| of_name(error))
}

fn number(description: &str) -> Option<u32> {
    let (_, after) = description.split_once("AADSTS")?;
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..end].parse().ok()
}

fn of_number(number: u32) -> Option<Remedy> {
    let (class, words) = match number {
        // Revoked, expired, or unused for too long.
        50_173 | 50_133 | 70_000 | 70_008 | 700_082 | 700_084 | 70_043 => {
            (FailureClass::Authentication, AGAIN)
        }
        54_005 | 501_481 | 50_147 | 501_491 | 9_002_313 => (
            FailureClass::Authentication,
            "This sign-in was used before or got lost on the way. Connect the account again.",
        ),
        65_001 | 65_004 => (
            FailureClass::Authentication,
            "Microsoft asks for your consent. Connect the account again and accept what is asked.",
        ),
        90_094 | 90_095 | 90_008 => (
            FailureClass::Authentication,
            "Your organisation lets only an administrator allow this. Ask yours, then connect the account again.",
        ),
        50_076 | 50_079 | 50_078 => (
            FailureClass::Authentication,
            "Your organisation asks for a second proof that it is you. Connect the account again.",
        ),
        53_003 | 53_000 | 530_032 => (
            FailureClass::Authentication,
            "A rule of your organisation forbids this sign-in. Ask its administrator.",
        ),
        50_020 | 16_000 => (
            FailureClass::Authentication,
            "This account belongs to another organisation. Connect the account again with the right one.",
        ),
        90_055 | 50_196 => (FailureClass::RateLimited, LATER),
        7_000_215 | 7_000_222 | 7_000_218 | 700_016 | 7_000_112 | 50_194 | 70_011 | 700_022
        | 50_011 | 900_144 | 700_005 => return Some(of_setup(number)),
        _ => return None,
    };
    Some(Remedy { class, words })
}

/// No member can do anything about these.
fn of_setup(number: u32) -> Remedy {
    let words = match number {
        7_000_222 => "its client secret has expired.",
        7_000_215 | 7_000_218 => "its client secret is wrong.",
        700_016 | 7_000_112 => "the application is unknown or disabled.",
        50_194 | 700_005 => "the application is not open to other organisations.",
        50_011 => "the redirect address is not registered.",
        _ => "what is asked for is not what the application may ask for.",
    };
    Remedy {
        class: FailureClass::Rejected,
        words,
    }
}

impl Remedy {
    /// In one sentence or two.
    pub fn sentence(&self) -> String {
        if self.class == FailureClass::Rejected {
            format!("{OWNER}{}", self.words)
        } else {
            self.words.to_owned()
        }
    }
}

/// Microsoft asks to act on the name, for the numbers change.
fn of_name(error: &str) -> Option<Remedy> {
    let (class, words) = match error {
        "invalid_grant" | "interaction_required" | "consent_required" | "login_required" => {
            (FailureClass::Authentication, AGAIN)
        }
        "access_denied" => (
            FailureClass::Authentication,
            "Access was not allowed. Connect the account again and accept what is asked.",
        ),
        "temporarily_unavailable" | "server_error" => (FailureClass::Transient, LATER),
        "invalid_client" | "unauthorized_client" | "invalid_scope" | "invalid_request" => (
            FailureClass::Rejected,
            "what is asked for is not what the application may ask for.",
        ),
        _ => return None,
    };
    Some(Remedy { class, words })
}
