//! Who may come in, and what is written down of them.

use domain::{
    id::{ApiKeyId, AuditId, InviteId, MemberId, SessionId, TenantId},
    member::EmailAddress,
};

use super::{Key, fingerprint, key};

pub(crate) fn email(email: &EmailAddress) -> Key {
    key(format!("UNIQ#email#{email}"), "UNIQ")
}

pub(crate) fn password(member: MemberId) -> Key {
    key(format!("U#{member}"), "PASSWORD")
}

pub(crate) fn session(refresh_fingerprint: &str) -> Key {
    key(format!("SES#{refresh_fingerprint}"), "SES")
}

/// A session that stands, with all its refresh cookies.
pub(crate) fn standing_session(tenant: TenantId, member: MemberId, session: SessionId) -> Key {
    key(
        standing_sessions(tenant),
        format!("{}{session}", standing_sessions_of(member)),
    )
}

pub(crate) fn standing_sessions(tenant: TenantId) -> String {
    format!("T#{tenant}#SES")
}

pub(crate) fn standing_sessions_of(member: MemberId) -> String {
    format!("{member}#")
}

pub(crate) fn throttle(kind: &str, subject: &str) -> Key {
    key(format!("RL#{kind}#{}", fingerprint(subject)), "RL")
}

pub(crate) fn api_key(tenant: TenantId, id: ApiKeyId) -> Key {
    key(api_keys(tenant), id.to_string())
}

pub(crate) fn api_keys(tenant: TenantId) -> String {
    format!("T#{tenant}#KEY")
}

/// Leads from what a program brings to whose it is.
pub(crate) fn api_key_by_secret(fingerprint: &str) -> Key {
    key(format!("AKH#{fingerprint}"), "AKH")
}

/// A call that named itself, so that it is carried out once.
pub(crate) fn named_call(tenant: TenantId, fingerprint: &str) -> Key {
    key(named_calls(tenant), fingerprint)
}

pub(crate) fn named_calls(tenant: TenantId) -> String {
    format!("T#{tenant}#CALL")
}

/// The audit log, oldest first.
pub(crate) fn audit(tenant: TenantId, entry: AuditId) -> Key {
    key(audits(tenant), entry.to_string())
}

pub(crate) fn audits(tenant: TenantId) -> String {
    format!("T#{tenant}#AUDIT")
}

pub(crate) fn invite(tenant: TenantId, invite: InviteId) -> Key {
    key(invites(tenant), invite.to_string())
}

pub(crate) fn invites(tenant: TenantId) -> String {
    format!("T#{tenant}#INV")
}
