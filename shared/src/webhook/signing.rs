//! Secrets of webhooks, and signatures as Standard Webhooks has them. A secret is shown once; it is kept sealed, with the
//! keys that everything new is made with, and looked after so that it outlives them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::id::{TenantId, WebhookId};
use jiff::Timestamp;
use ring::hmac;

use crate::{
    app::App,
    crypto::Secret,
    ids,
    store::{KeptWebhook, SealedBefore, SealedSecrets},
    vault::VaultError,
};

const PREFIX: &str = "whsec_";

/// A new secret, as it is shown.
pub fn mint() -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(ids::random::<32>())))
}

/// A signature with each secret, parted by spaces. `None`: one of them is no secret.
pub fn sign(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> Option<String> {
    let content = format!("{id}.{}.{body}", at.as_second());
    let each = secrets.iter().map(|secret| {
        let key = secret.expose().strip_prefix(PREFIX)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(key).ok()?);
        let signature = hmac::sign(&key, content.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(signature)))
    });
    let signatures: Vec<String> = each.collect::<Option<_>>()?;
    Some(signatures.join(" "))
}

/// What is sealed for one webhook opens for no other.
fn context(tenant: TenantId, webhook: WebhookId) -> String {
    format!("webhook {tenant} {webhook}")
}

pub async fn seal(
    app: &App,
    tenant: TenantId,
    webhook: WebhookId,
    secret: &Secret,
) -> Result<String, VaultError> {
    Ok(app.keys().await?.seal(&context(tenant, webhook), secret))
}

/// The secrets that sign now, the newest first. `None`: the key that the newest was sealed with is gone.
pub(super) async fn open(
    app: &App,
    tenant: TenantId,
    kept: &KeptWebhook,
) -> Result<Option<Vec<Secret>>, VaultError> {
    let context = context(tenant, kept.webhook.id);
    let Some(current) = app.open(&context, &kept.secrets.current).await? else {
        return Ok(None);
    };
    let mut secrets = vec![current];
    if let Some(before) = signing_still(kept, app.clock.now()) {
        secrets.extend(app.open(&context, &before.sealed).await?);
    }
    Ok(Some(secrets))
}

/// The same secrets, sealed with the keys that hold now.
pub(super) async fn seal_anew(
    app: &App,
    tenant: TenantId,
    kept: &KeptWebhook,
) -> Result<Option<SealedSecrets>, VaultError> {
    let Some(opened) = open(app, tenant, kept).await? else {
        return Ok(None);
    };
    let id = kept.webhook.id;
    let mut opened = opened.iter();
    let Some(current) = opened.next() else {
        return Ok(None);
    };
    let current = seal(app, tenant, id, current).await?;
    let before = match (signing_still(kept, app.clock.now()), opened.next()) {
        (Some(before), Some(secret)) => Some(SealedBefore {
            sealed: seal(app, tenant, id, secret).await?,
            until: before.until,
        }),
        _ => None,
    };
    Ok(Some(SealedSecrets { current, before }))
}

/// A webhook that is about to be written, with its secret sealed anew: with that its next look is put off. What cannot be
/// opened stays as it is, and its next delivery says so.
pub async fn looked_after(
    app: &App,
    tenant: TenantId,
    mut kept: KeptWebhook,
) -> Result<KeptWebhook, VaultError> {
    if let Some(secrets) = seal_anew(app, tenant, &kept).await? {
        kept.secrets = secrets;
    }
    Ok(kept)
}

fn signing_still(kept: &KeptWebhook, now: Timestamp) -> Option<&SealedBefore> {
    let before = kept.secrets.before.as_ref();
    before.filter(|before| before.until > now)
}
