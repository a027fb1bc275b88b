//! People of a tenant.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cors::AllowedOrigins,
    id::{ConnectionId, MemberId, TenantId},
    permission::{Permission, Permissions},
};

/// What a member is in their organisation; [`Permission`] says what each role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    Admin,
    ItManager,
    TeamMember,
    Viewer,
    User,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Admin,
        Self::ItManager,
        Self::TeamMember,
        Self::Viewer,
        Self::User,
    ];

    /// Without any grant.
    pub fn permissions(self) -> Permissions {
        Permissions::of(self, &BTreeSet::new())
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Admin => "Administrator",
            Self::ItManager => "IT manager",
            Self::TeamMember => "Team member",
            Self::Viewer => "Viewer",
            Self::User => "User",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admin => "ADMIN",
            Self::ItManager => "IT_MANAGER",
            Self::TeamMember => "TEAM_MEMBER",
            Self::Viewer => "VIEWER",
            Self::User => "USER",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub created_at: Timestamp,
    /// From then on nobody is given a session, and nothing is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasing_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "AllowedOrigins::is_unsaid")]
    pub allowed_origins: AllowedOrigins,
}

impl Tenant {
    pub fn new(id: TenantId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            name,
            created_at: now,
            erasing_since: None,
            allowed_origins: AllowedOrigins::default(),
        }
    }
}

/// A person of a tenant who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: MemberId,
    pub tenant: TenantId,
    pub email: EmailAddress,
    pub name: String,
    pub role: Role,
    /// Beyond the role, where it leaves that to an administrator.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub grants: BTreeSet<Permission>,
    /// From then on the member cannot sign in, and counts nowhere as one who could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
    /// The connections that are told of every change of this member's entries. Kept on the member so that writing an
    /// entry can name them, and insist in the same transaction that the list has not changed meanwhile.
    #[serde(default)]
    pub mirrors: Vec<ConnectionId>,
    pub version: u64,
    pub created_at: Timestamp,
}

impl Member {
    /// Somebody who joins with this role.
    pub fn new(
        id: MemberId,
        tenant: TenantId,
        email: EmailAddress,
        name: String,
        role: Role,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            email,
            name,
            role,
            grants: BTreeSet::new(),
            deactivated_at: None,
            mirrors: Vec::new(),
            version: 1,
            created_at: now,
        }
    }

    pub fn permissions(&self) -> Permissions {
        Permissions::of(self.role, &self.grants)
    }

    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// An e-mail address, trimmed and case-folded: the form in which addresses are compared.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "email", "maxLength" = Self::BYTES_MAX))]
pub struct EmailAddress(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address looks like name@example.com")]
pub struct InvalidEmail;

impl EmailAddress {
    /// RFC 5321 section 4.5.3.1.3.
    pub const BYTES_MAX: usize = 254;

    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let folded = text.trim().to_lowercase();
        let plausible = folded.len() <= Self::BYTES_MAX
            && !folded.contains(|c: char| c.is_whitespace() || c.is_control())
            && folded.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty()
                    && !host.is_empty()
                    && !host.contains('@')
                    && !host.starts_with('.')
            });
        if plausible {
            Ok(Self(folded))
        } else {
            Err(InvalidEmail)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> String {
        email.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
