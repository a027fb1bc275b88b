//! Founding an organisation, and what everybody who is new has to say.

use domain::{
    audit::{Action, Resource},
    id::MemberId,
    member::{EmailAddress, Member, Role, Tenant},
};
use shared::{
    app::App,
    ids,
    problem::{FieldProblem, Problem},
    store::StoreError,
    web::Trail,
};

use crate::{
    password,
    service::{SignedIn, audit, begin_session},
};

pub(crate) const NAME_BYTES_MAX: usize = 200;
/// The field of the password, wherever one is chosen at the door.
pub(crate) const PASSWORD: &str = "password";

/// Who signs up. Borrowed from whatever form the request had.
pub(crate) struct SignUp<'a> {
    pub(crate) organization: &'a str,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
}

/// A new organisation with its first member, who administers it.
pub(crate) async fn sign_up(
    app: &App,
    trail: &Trail,
    form: &SignUp<'_>,
) -> Result<SignedIn, Problem> {
    let email = check(form)?;
    let now = app.clock.now();
    let name = form.organization.trim().to_owned();
    let tenant = Tenant::new(ids::mint_tenant(now), name, now);
    let id = ids::mint(tenant.id, now, MemberId::from_parts);
    let name = form.name.trim().to_owned();
    let member = Member::new(id, tenant.id, email, name, Role::Admin, now);
    let founded = audit(trail, now, &member, Action::OrganizationFounded)
        .about(Resource::new("organization", tenant.id));
    match app
        .store
        .create_tenant(&tenant, &member, password::hash(form.password)?, &founded)
        .await
    {
        Ok(()) => begin_session(app, trail, member, tenant).await,
        Err(StoreError::Conflict) => Err(Problem::invalid(
            "email",
            "There is already a member with this e-mail address. Sign in instead.",
        )),
        Err(error) => Err(error.into()),
    }
}

fn check(form: &SignUp<'_>) -> Result<EmailAddress, Problem> {
    let mut flaws = Flaws::default();
    flaws.name(
        "organization",
        form.organization,
        "Enter the organisation's name.",
    );
    flaws.name("name", form.name, "Enter your name.");
    let email = EmailAddress::parse(form.email);
    if let Err(error) = &email {
        flaws.note("email", error.to_string());
    }
    flaws.password(PASSWORD, form.password);
    flaws.none()?;
    email.map_err(|error| Problem::invalid("email", error.to_string()))
}

/// What is wrong with a form, field by field.
#[derive(Default)]
pub(crate) struct Flaws(Vec<FieldProblem>);

impl Flaws {
    pub(crate) fn note(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(FieldProblem {
            pointer: pointer.into(),
            detail: detail.into(),
        });
    }

    /// `words` ask for what is missing.
    pub(crate) fn name(&mut self, pointer: &str, text: &str, words: &str) {
        if text.trim().is_empty() {
            self.note(pointer, words);
        } else if text.len() > NAME_BYTES_MAX {
            self.note(pointer, format!("At most {NAME_BYTES_MAX} bytes."));
        } else if text.trim().contains(char::is_control) {
            self.note(pointer, "A name is one line of printable characters.");
        }
    }

    pub(crate) fn password(&mut self, pointer: &str, password: &str) {
        if password.chars().count() < password::CHARACTERS_MIN
            || password.len() > password::BYTES_MAX
        {
            let words = format!("Use at least {} characters.", password::CHARACTERS_MIN);
            self.note(pointer, words);
        }
    }

    pub(crate) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Problem::invalid_fields(self.0))
    }
}
