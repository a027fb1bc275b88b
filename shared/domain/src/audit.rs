//! The audit log: who did what to what, when, from where, and what came of it. Written once and never changed.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::{ApiKeyId, AuditId, InviteId, MemberId},
    member::EmailAddress,
};

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// What of it was before and after, in the words of the API. Never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The fields of a person that were shown unmasked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pii_accessed: Vec<String>,
    pub request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// Who did it, as they were called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    Member {
        id: MemberId,
        email: EmailAddress,
    },
    /// A program, for the member who made its key.
    ApiKey {
        id: ApiKeyId,
        member: MemberId,
        name: String,
    },
    /// Somebody who brought a member's cookie or address, and has proved nothing.
    Unproven {
        member: MemberId,
    },
    /// Whoever brought the link of an invite, for this address.
    Invited {
        invite: InviteId,
        email: EmailAddress,
    },
}

/// What it was done to: the kind of it, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub r#type: String,
    pub id: String,
}

impl Resource {
    pub fn new(r#type: &str, id: impl fmt::Display) -> Self {
        Self {
            r#type: r#type.to_owned(),
            id: id.to_string(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AuditOutcome")]
pub enum Outcome {
    Succeeded,
    /// Refused: the caller may not, or has not proved enough.
    Denied,
}

impl Actor {
    /// Whose deed it is, or whose address or cookie somebody brought.
    /// `None`: they were no member yet.
    pub const fn member(&self) -> Option<MemberId> {
        match self {
            Self::Member { id, .. } => Some(*id),
            Self::ApiKey { member, .. } | Self::Unproven { member } => Some(*member),
            Self::Invited { .. } => None,
        }
    }
}

impl Outcome {
    pub const ALL: [Self; 2] = [Self::Succeeded, Self::Denied];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Denied => "denied",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "Done",
            Self::Denied => "Refused",
        }
    }
}

macro_rules! actions {
    ($($variant:ident $name:literal $words:literal;)*) => {
        /// What is written down. Named `resource.what_happened`.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[schemars(rename = "AuditAction")]
        pub enum Action {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// For people.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

actions! {
    OrganizationFounded "organization.founded" "Founded the organisation";
    OrganizationErasureBegan "organization.erasure_began" "Began to delete the organisation";
    OriginsChanged "organization.origins_changed" "Changed which sites may use its keys";
    SignedIn "member.signed_in" "Signed in";
    SignInRefused "member.sign_in_refused" "Gave a wrong password";
    SignedOut "member.signed_out" "Signed out";
    SessionEnded "member.session_ended" "Ended a session elsewhere";
    SessionReused "member.session_reused" "A copied session came back and was ended";
    Confirmed "member.confirmed" "Confirmed with the password";
    ConfirmRefused "member.confirm_refused" "Confirmed with a wrong password";
    MemberJoined "member.joined" "Joined the organisation";
    MemberRoleChanged "member.role_changed" "Changed a role";
    MemberGrantsChanged "member.grants_changed" "Changed what a member was granted";
    MemberDeactivated "member.deactivated" "Deactivated a member";
    MemberReactivated "member.reactivated" "Reactivated a member";
    PasswordChanged "member.password_changed" "Changed the password";
    InviteCreated "invite.created" "Invited somebody";
    InviteRevoked "invite.revoked" "Revoked an invite";
    InviteRefused "invite.refused" "Came with an invite that does not hold";
    ApiKeyCreated "api_key.created" "Made an API key";
    ApiKeyRevoked "api_key.revoked" "Revoked an API key";
    WebhookCreated "webhook.created" "Added a webhook";
    WebhookChanged "webhook.changed" "Changed a webhook";
    WebhookEnabled "webhook.enabled" "Enabled a webhook";
    WebhookDisabled "webhook.disabled" "Disabled a webhook";
    WebhookDeleted "webhook.deleted" "Deleted a webhook";
    WebhookSecretRotated "webhook.secret_rotated" "Gave a webhook another secret";
    WebhookTested "webhook.tested" "Sent a test to a webhook";
    DeliveryRetried "webhook.delivery_retried" "Tried a delivery again";
    ScheduleExported "schedule.exported" "Exported the schedule";
    ScheduleImported "schedule.imported" "Imported entries";
    ConnectionConnected "connection.connected" "Connected an account";
    ConnectionRefused "connection.refused" "An authorization was refused";
    ConnectionDisconnected "connection.disconnected" "Disconnected an account";
    SettingsChanged "connection.settings_changed" "Changed what is synced";
    HoldDecided "connection.hold_decided" "Decided about a held change";
    ItemRetried "connection.item_retried" "Tried failed items again";
    CardsPinned "integrations.cards_pinned" "Changed which cards stand on top";
    ConnectorForgotten "integrations.connector_forgotten" "Forgot a connector";
    AccessDenied "access.denied" "Asked for what the role does not allow";
    CrossTenantDenied "access.cross_tenant_denied" "Named an id of another organisation";
    AuditRead "audit.read" "Read the audit log";
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AuditEntry {
    #[must_use]
    pub fn about(self, resource: Resource) -> Self {
        Self {
            resource: Some(resource),
            ..self
        }
    }

    #[must_use]
    pub fn denied(self) -> Self {
        Self {
            outcome: Outcome::Denied,
            ..self
        }
    }

    /// What it was before and is after, in the words of the API.
    #[must_use]
    pub fn changing(self, before: Value, after: Value) -> Self {
        Self {
            before: Some(before).filter(|value| !value.is_null()),
            after: Some(after).filter(|value| !value.is_null()),
            ..self
        }
    }

    /// The names of the fields of `before` and `after` that differ.
    pub fn changed_fields(&self) -> Vec<String> {
        let object = |value: &Option<Value>| value.as_ref().and_then(Value::as_object).cloned();
        let (before, after) = (object(&self.before), object(&self.after));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let mut names: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names.retain(|name| before.get(name) != after.get(name));
        names
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    fn entry(before: Option<Value>, after: Option<Value>) -> AuditEntry {
        AuditEntry {
            id: AuditId::from_parts(1, 1),
            at: Timestamp::UNIX_EPOCH,
            actor: Actor::Unproven {
                member: MemberId::from_parts(1, 1),
            },
            action: Action::MemberRoleChanged,
            outcome: Outcome::Succeeded,
            resource: None,
            before,
            after,
            pii_accessed: Vec::new(),
            request_id: String::new(),
            ip: None,
            user_agent: None,
        }
    }

    fn object() -> impl Strategy<Value = Option<Value>> {
        let fields = proptest::collection::btree_map("[a-c]", 0..3u8, 0..4);
        let object = fields.prop_map(|fields| {
            let fields = fields.into_iter().map(|(name, value)| (name, json!(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        });
        proptest::option::of(object)
    }

    proptest! {
        #[test]
        fn the_changed_fields_are_those_that_differ(before in object(), after in object()) {
            let changed = entry(before.clone(), after.clone()).changed_fields();

            for name in ["a", "b", "c"] {
                let at = |value: &Option<Value>| value.as_ref().and_then(|value| value.get(name)).cloned();
                prop_assert_eq!(changed.contains(&name.to_owned()), at(&before) != at(&after));
            }
        }
    }

    #[test]
    fn an_action_is_written_by_its_name() {
        for action in Action::ALL {
            assert_eq!(json!(action), json!(action.name()));
            let (resource, _) = action.name().split_once('.').unwrap();
            assert!(!resource.is_empty());
        }
    }
}
