//! The token of an invite's link. It is sealed, so that it says nothing to whoever sees it and cannot be made up, and it
//! carries what it is for, so that it says whose it is before the table is asked.

use domain::{
    id::{InviteId, TenantId},
    invite::Invite,
    member::{EmailAddress, Role},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    crypto::{Secret, fingerprint, same},
    vault::VaultError,
    verified::verified,
};

/// What is sealed for this opens as nothing else.
const CONTEXT: &str = "invite";
/// More than a sealed invite with the longest address has.
const TOKEN_BYTES_MAX: usize = 2_048;

/// What a token says with a seal of ours; whether the invite still holds is not known yet.
#[derive(Debug, Serialize, Deserialize)]
pub struct OpenedInvite {
    tenant: TenantId,
    pub invite: InviteId,
    pub email: EmailAddress,
    role: Role,
    pub expires_at: Timestamp,
    /// Of the token itself.
    #[serde(skip)]
    digest: String,
}
verified!(OpenedInvite);

/// The token of a new invite, and the digest by which it is known again.
pub async fn seal(
    app: &App,
    tenant: TenantId,
    invite: &Invite,
) -> Result<(Secret, String), VaultError> {
    let content = OpenedInvite {
        tenant,
        invite: invite.id,
        email: invite.email.clone(),
        role: invite.role,
        expires_at: invite.expires_at,
        digest: String::new(),
    };
    let content = serde_json::to_string(&content).expect("ids, words and times are JSON");
    let token = app.keys().await?.seal(CONTEXT, &Secret::new(content));
    let digest = fingerprint(&token);
    Ok((Secret::new(token), digest))
}

/// `None`: it was made up or altered, or is older than two versions of the root secret.
pub async fn open(app: &App, token: &str) -> Result<Option<OpenedInvite>, VaultError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Ok(None);
    }
    let content = app.open(CONTEXT, token).await?;
    let opened = content.and_then(|content| serde_json::from_str(content.expose()).ok());
    Ok(opened.map(|opened| OpenedInvite {
        digest: fingerprint(token),
        ..opened
    }))
}

impl OpenedInvite {
    /// Whether the token is the one that was given out for this invite.
    pub fn is_for(&self, invite: &Invite, digest: &str) -> bool {
        let says = (&self.email, self.role, self.expires_at);
        says == (&invite.email, invite.role, invite.expires_at)
            && same(self.digest.as_bytes(), digest.as_bytes())
    }
}
