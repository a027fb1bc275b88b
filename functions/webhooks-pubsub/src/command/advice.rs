//! What to do about a failure.

use shared::{
    providers::google::pubsub::PubSubError, relay::setup::SetupError, telemetry::chain,
    vault::VaultError,
};

use super::arguments::Arguments;

/// The failure with what its reader can do about it, where we know.
pub(super) fn explained(error: &SetupError, arguments: &Arguments, account: &str) -> anyhow::Error {
    let Arguments { project, stage, .. } = arguments;
    let told = chain(error).to_string();
    let advice = match error {
        SetupError::PubSub(PubSubError::Refused { status, .. }) => match status.as_u16() {
            400 | 401 => format!(
                "Google does not take the key of {account}, or what was asked with it. Is the key still listed \
                 under the account, and is the clock of this machine right?"
            ),
            403 => format!(
                "Give {account} the role roles/pubsub.admin in the project {project}, and \
                 roles/iam.serviceAccountUser on the push account; see that the Cloud Pub/Sub API is enabled there."
            ),
            404 => format!(
                "There is no project {project} that {account} can see. Its id is wanted, not its name or number."
            ),
            _ => "Google refuses. Repeat the command; what is done already stays.".to_owned(),
        },
        SetupError::PubSub(PubSubError::Unanswered { .. }) => {
            "Google does not answer. Repeat the command; what is done already stays.".to_owned()
        }
        SetupError::Vault(VaultError::Missing { .. }) => format!(
            "Deploy the stage {stage} first, or see that AWS_REGION and the credentials are those of its account."
        ),
        SetupError::Vault(VaultError::Malformed { .. }) => {
            "Put right what stands in the secret, or set it to {} to begin anew.".to_owned()
        }
        SetupError::Vault(VaultError::Unavailable { .. } | VaultError::Full { .. }) => format!(
            "See that the credentials may read and write the secret kalends/{stage}/google-relay, then repeat the command."
        ),
        SetupError::NoPublisher => {
            "Name the account that publishes: --publisher-key FILE.".to_owned()
        }
        SetupError::NoPushAccount => {
            "Name the account that Pub/Sub pushes as: --push-account EMAIL.".to_owned()
        }
        SetupError::Elsewhere(_) => "Remove it there first, with that --project.".to_owned(),
        SetupError::Malformed(_) => "Two tenants cannot share a subscription.".to_owned(),
        SetupError::Full => {
            "A secret holds 64 KiB, some three hundred tenants. Remove those that need no topic of their own.".to_owned()
        }
    };
    anyhow::anyhow!("{told}\n{advice}")
}
