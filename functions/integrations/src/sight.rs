//! What a reader may see of people: everything, or as much as tells them apart.

use domain::{mask, permission::Permission};
use shared::web::Session;

#[derive(Clone, Copy)]
pub(crate) struct Sight {
    is_full: bool,
}

impl Sight {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            is_full: session.may(Permission::OpsFullAccess),
        }
    }

    pub(crate) fn address(self, address: String) -> String {
        if self.is_full {
            address
        } else {
            mask::email(&address)
        }
    }

    pub(crate) fn name(self, name: String) -> String {
        if self.is_full {
            name
        } else {
            mask::name(&name)
        }
    }

    pub(crate) fn text(self, text: String) -> String {
        if self.is_full {
            text
        } else {
            mask::text(&text)
        }
    }
}
