//! The members of the organisation.

use domain::{member::Role, permission::Permission};

use super::{Sample, frame};
use crate::components::{FieldError, Moment};
use crate::layout::Section;
use crate::pages::{
    confirmation::Confirmation,
    members::{Grant, InviteForm, Invited, MemberPage, Members, OpenInvite, Row, Standing},
};

const ID: &str = "mem_01HY0000000000000000000003";

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("members", members().render()),
        ("invite", form(Vec::new()).render()),
        ("invite-refused", form(vec![already()]).render()),
        ("invited", invited().render()),
        ("member", member(Standing::Active).render()),
        ("member-oneself", oneself().render()),
        ("member-deactivated", deactivated().render()),
        ("member-deactivate", question().render()),
    ]
}

fn joined() -> Moment {
    Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin")
}

fn seen() -> Moment {
    Moment::new("2027-03-04T07:12:40Z", "4 March 2027, 08:12 Europe/Berlin")
}

fn row(number: u8, name: &str, email: &str, role: Role) -> Row {
    Row {
        id: format!("mem_01HY000000000000000000000{number}"),
        name: name.to_owned(),
        email: email.to_owned(),
        role,
        grants: Vec::new(),
        is_active: true,
        is_oneself: false,
        last_sign_in: Some(seen()),
    }
}

fn members() -> Members {
    Members {
        frame: frame(),
        invites: vec![open(1, "eve@northwind.test", Role::TeamMember)],
        rows: vec![
            Row {
                is_oneself: true,
                ..row(1, "Ada Lindgren", "ada@northwind.test", Role::Admin)
            },
            Row {
                last_sign_in: None,
                ..row(2, "Ivo Ilic", "ivo@northwind.test", Role::ItManager)
            },
            Row {
                grants: vec![Permission::OpsFullAccess.opens()],
                ..row(3, "Max Maurer", "max@northwind.test", Role::TeamMember)
            },
            Row {
                is_active: false,
                ..row(
                    4,
                    "Wilhelmina Featherstonehaugh-Cholmondeley",
                    "wilhelmina.featherstonehaugh@northwind.test",
                    Role::User,
                )
            },
        ],
    }
}

fn open(number: u8, email: &str, role: Role) -> OpenInvite {
    OpenInvite {
        id: format!("inv_01HY000000000000000000000{number}"),
        email: email.to_owned(),
        role,
        expires: Moment::new("2027-03-11T09:41:12Z", "11 March 2027, 10:41 Europe/Berlin"),
    }
}

fn already() -> FieldError {
    FieldError::new(
        "email",
        "max@northwind.test is already a member of your organisation.",
    )
}

fn form(errors: Vec<FieldError>) -> InviteForm {
    InviteForm {
        frame: frame(),
        email: errors
            .first()
            .map(|_| "max@northwind.test".to_owned())
            .unwrap_or_default(),
        role: Role::TeamMember,
        roles: Role::ALL.to_vec(),
        errors,
    }
}

fn invited() -> Invited {
    Invited {
        frame: frame(),
        email: "eve@northwind.test".to_owned(),
        role: Role::TeamMember,
        link: format!(
            "https://kalends.example.com/join?token=kid.{}",
            "A9-_".repeat(70)
        ),
    }
}

fn member(standing: Standing) -> MemberPage {
    let grant = |permission, given| Grant { permission, given };
    MemberPage {
        frame: frame(),
        id: ID.to_owned(),
        version: 3,
        name: "Max Maurer".to_owned(),
        email: "max@northwind.test".to_owned(),
        role: Role::TeamMember,
        grants: vec![
            grant(Permission::IntegrationsRead, false),
            grant(Permission::IntegrationsManage, false),
            grant(Permission::OpsFullAccess, true),
        ],
        joined: joined(),
        last_sign_in: Some(seen()),
        standing,
    }
}

fn oneself() -> MemberPage {
    MemberPage {
        name: "Ada Lindgren".to_owned(),
        email: "ada@northwind.test".to_owned(),
        role: Role::Admin,
        grants: Vec::new(),
        ..member(Standing::Oneself)
    }
}

fn deactivated() -> MemberPage {
    MemberPage {
        role: Role::User,
        grants: Vec::new(),
        ..member(Standing::Deactivated {
            since: seen(),
            connections: 2,
        })
    }
}

fn question() -> Confirmation {
    Confirmation {
        frame: frame(),
        section: Section::Members,
        confirm: MemberPage::deactivate(ID, "Max Maurer"),
    }
}
