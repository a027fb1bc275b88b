//! The document of who may do what is made from the table that the code asks.

use std::{fmt::Write as _, fs, path::Path};

use domain::{
    member::Role,
    permission::{Permission, Rule},
};

fn document() -> String {
    let mut text = String::from(
        "# Roles\n\n\
         Made from `domain::permission` by `UPDATE_DOCUMENTS=1 cargo test -p tests --test it permissions`.\n\n\
         \"grant\" is off until an administrator grants it to one member.\n\n\
         | permission | opens |",
    );
    for role in Role::ALL {
        write!(text, " {role} |").unwrap();
    }
    text += "\n|---|---|";
    text += &"---|".repeat(Role::ALL.len());
    text += "\n";
    for permission in Permission::ALL {
        write!(text, "| `{permission}` | {} |", permission.opens()).unwrap();
        for role in Role::ALL {
            let word = match permission.rule(role) {
                Rule::Always => "yes",
                Rule::OnGrant => "grant",
                Rule::Never => "–",
            };
            write!(text, " {word} |").unwrap();
        }
        text += "\n";
    }
    text
}

#[test]
fn the_document_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test run, not of the product"
    )]
    if std::env::var("UPDATE_DOCUMENTS").is_ok() {
        fs::write(&path, document()).unwrap();
    }

    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), document());
}
