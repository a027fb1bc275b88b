//! Proofs of tenancy. Stored items are reached through a tenant handle, and a handle is given only for one of these.

use domain::id::TenantId;

/// Something that was checked and speaks for one tenant: a session, a channel token, a queue message that matches its
/// row, an authorization that was just consumed.
pub trait Verified: sealed::Sealed {
    fn tenant(&self) -> TenantId;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

macro_rules! verified {
    ($name:ty) => {
        impl $crate::verified::sealed::Sealed for $name {}
        impl $crate::verified::Verified for $name {
            fn tenant(&self) -> domain::id::TenantId {
                self.tenant
            }
        }
    };
}
pub(crate) use verified;

/// A member who has just proved who they are, before there is a session.
#[derive(Debug)]
pub struct MemberOf {
    tenant: TenantId,
}
verified!(MemberOf);

impl MemberOf {
    /// The caller has compared the password with the login's hash.
    pub fn after_password(login: &crate::store::Login) -> Self {
        Self {
            tenant: login.tenant,
        }
    }

    /// The caller has named the address of the login, and nothing more: for writing down that they did.
    pub fn by_address(login: &crate::store::Login) -> Self {
        Self::after_password(login)
    }

    /// The caller has brought the cookie of the row.
    pub fn by_refresh(row: &crate::store::RefreshRow) -> Self {
        Self { tenant: row.tenant }
    }
}
