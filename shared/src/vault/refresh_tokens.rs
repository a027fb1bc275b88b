//! Refresh tokens, each in a secret of its own or many in a bundle. Which it is, and which version counts, the
//! connection's row says.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::{error::SdkError, types::Tag};
use domain::{
    credential::Bundle,
    id::{ConnectionId, TenantId},
};

use super::{Vault, VaultError, Version, unavailable};
use crate::crypto::{Secret, fingerprint};

/// A secret of a tenant, whether or not it is there.
pub struct Slot {
    pub name: String,
    tags: Vec<(&'static str, String)>,
}

impl Slot {
    fn new(name: String, life: u32, tags: Vec<(&'static str, String)>) -> Self {
        let name = match life {
            0 => name,
            life => format!("{name}/{life}"),
        };
        Self { name, tags }
    }
}

/// A bundle as it was read, and which version that was.
pub struct ReadBundle {
    pub version: String,
    pub bundle: Bundle<Secret>,
}

const DELETED_KEPT_DAYS: i64 = 7;

/// The text of a bundle, a map in JSON.
pub fn bundle_text(bundle: &Bundle<Secret>) -> Secret {
    let entries: BTreeMap<_, _> = bundle
        .iter()
        .map(|(connection, token)| (connection.to_string(), token.expose()))
        .collect();
    Secret::new(serde_json::to_string(&entries).expect("texts are JSON"))
}

fn read_text(name: &str, text: &Secret) -> Result<Bundle<Secret>, VaultError> {
    let entries: BTreeMap<ConnectionId, String> = serde_json::from_str(text.expose())
        .map_err(|_| VaultError::Malformed { name: name.into() })?;
    Ok(entries
        .into_iter()
        .map(|(connection, token)| (connection, Secret::new(token)))
        .collect())
}

impl Vault {
    /// A secret of the connection's own. Once it has left one, the next is another.
    pub fn own_slot(&self, tenant: TenantId, connection: ConnectionId, life: u32) -> Slot {
        let name = format!("kalends/{}/t/{tenant}/c/{connection}", self.stage);
        let tags = vec![
            ("tenant", tenant.to_string()),
            ("connection", connection.to_string()),
        ];
        Slot::new(name, life, tags)
    }

    /// Once it was emptied, the next is another.
    pub fn bundle_slot(&self, tenant: TenantId, shard: u32, life: u32) -> Slot {
        let name = format!("kalends/{}/t/{tenant}/b/{shard}", self.stage);
        Slot::new(name, life, vec![("tenant", tenant.to_string())])
    }

    /// Writes a version and answers which. Repeating the same write is the same version; `what_for` tells others apart.
    pub async fn put_text(
        &self,
        slot: &Slot,
        text: &Secret,
        what_for: &str,
    ) -> Result<String, VaultError> {
        let request_token = fingerprint(format!("{what_for}\n{}", text.expose()))[..36].to_owned();
        let put = self
            .client
            .put_secret_value()
            .secret_id(&slot.name)
            .secret_string(text.expose())
            .client_request_token(&request_token)
            .send()
            .await;
        match put {
            Ok(answer) => return Ok(answer.version_id.unwrap_or(request_token)),
            Err(SdkError::ServiceError(refused))
                if refused.err().is_resource_not_found_exception() => {}
            Err(SdkError::ServiceError(refused)) if refused.err().is_limit_exceeded_exception() => {
                let name = slot.name.clone();
                return Err(VaultError::Full { name });
            }
            Err(error) => return Err(unavailable("PutSecretValue")(error)),
        }
        let tags = slot.tags.iter();
        let tags = tags.map(|(key, value)| Tag::builder().key(*key).value(value).build());
        let created = self
            .client
            .create_secret()
            .name(&slot.name)
            .secret_string(text.expose())
            .client_request_token(&request_token)
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map_err(unavailable("CreateSecret"))?;
        Ok(created.version_id.unwrap_or(request_token))
    }

    /// Deletes a secret. For a week an administrator of the account can still take that back, which is the least that
    /// Secrets Manager offers short of none. Deleting what is gone succeeds.
    pub async fn delete_slot(&self, slot: &Slot) -> Result<(), VaultError> {
        let deleted = self
            .client
            .delete_secret()
            .secret_id(&slot.name)
            .recovery_window_in_days(DELETED_KEPT_DAYS)
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(()),
            // Already marked for deletion, or gone for good.
            Err(SdkError::ServiceError(refused))
                if refused.err().is_resource_not_found_exception()
                    || refused.err().is_invalid_request_exception() =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable("DeleteSecret")(error)),
        }
    }

    /// The same, and nobody can bring it back.
    pub async fn destroy_slot(&self, slot: &Slot) -> Result<(), VaultError> {
        // Forced, the deletion of what is gone or marked for deletion is no error.
        self.client
            .delete_secret()
            .secret_id(&slot.name)
            .force_delete_without_recovery(true)
            .send()
            .await
            .map(drop)
            .map_err(unavailable("DeleteSecret"))
    }

    /// Reads the version that the connection's row points at; after a restore the row may point at one that is gone.
    pub async fn refresh_token(&self, name: &str, version: &str) -> Result<Secret, VaultError> {
        match self.read(name, Version::Of(version)).await {
            Err(VaultError::Missing { .. }) => self.read(name, Version::Current).await,
            read => read,
        }
    }

    /// The same of a bundle. Versions that nothing names go after a day, once there are a hundred: by then the current
    /// one holds everything that they did.
    pub async fn bundled_token(
        &self,
        name: &str,
        version: &str,
        connection: ConnectionId,
    ) -> Result<Secret, VaultError> {
        let text = match self.read(name, Version::Of(version)).await {
            Err(VaultError::Missing { .. }) => self.read(name, Version::Current).await?,
            read => read?,
        };
        let bundle = read_text(name, &text)?;
        let token = bundle.get(connection).cloned();
        token.ok_or_else(|| VaultError::Missing { name: name.into() })
    }

    pub async fn current_bundle(&self, slot: &Slot) -> Result<ReadBundle, VaultError> {
        let (version, text) = self.read_version(&slot.name, Version::Current).await?;
        let bundle = read_text(&slot.name, &text)?;
        Ok(ReadBundle { version, bundle })
    }

    pub async fn bundle_of(
        &self,
        slot: &Slot,
        version: &str,
    ) -> Result<Bundle<Secret>, VaultError> {
        let text = self.read(&slot.name, Version::Of(version)).await?;
        read_text(&slot.name, &text)
    }
}
