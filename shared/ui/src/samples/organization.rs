//! The organisation.

use domain::erasure::Stage;

use super::{Sample, frame};
use crate::components::{FieldError, Moment};
use crate::layout::Section;
use crate::pages::{
    confirmation::Confirmation,
    disconnection::Standing,
    organization::{End, ORIGINS, OrganizationPage, Sites},
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("organization", organization(End::CanBegin).render()),
        ("organization-sites-refused", refused().render()),
        ("organization-member", organization(End::NotTheirs).render()),
        ("organization-deleting", organization(under_way()).render()),
        ("organization-delete", confirmation().render()),
    ]
}

fn organization(end: End) -> OrganizationPage {
    OrganizationPage {
        frame: frame(),
        id: "ten_01hy0000000000000000000001".to_owned(),
        name: "Northwind Field Service".to_owned(),
        sites: matches!(end, End::CanBegin).then(|| Sites {
            origins: "https://app.northwind.test\nhttps://portal.northwind.test:8443".to_owned(),
            version: 3,
            errors: Vec::new(),
        }),
        created: Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin"),
        end,
    }
}

fn refused() -> OrganizationPage {
    let error = "app.northwind.test: Write where the page comes from as its browser does: https://app.example.com, without a path.";
    OrganizationPage {
        sites: Some(Sites {
            origins: "app.northwind.test".to_owned(),
            version: 3,
            errors: vec![FieldError::new(ORIGINS, error)],
        }),
        ..organization(End::CanBegin)
    }
}

fn under_way() -> End {
    End::UnderWay {
        asked: Moment::new("2027-03-04T09:41:12Z", "4 March 2027, 10:41 Europe/Berlin"),
        stages: vec![
            (Stage::EndConnections, Standing::Over),
            (Stage::OutliveSessions, Standing::Now),
            (Stage::DeleteRecords, Standing::ToCome),
        ],
    }
}

fn confirmation() -> Confirmation {
    let error = "That is not the organisation's name. Nothing was deleted.";
    Confirmation {
        frame: frame(),
        section: Section::Organization,
        confirm: OrganizationPage::delete("Northwind Field Service", Some(error.to_owned())),
    }
}
