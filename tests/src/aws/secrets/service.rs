//! The secrets of the account and the operations on them.

use std::{collections::BTreeMap, path::Path};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    protocol::{
        Content, CreateSecret, DeleteSecret, DescribeSecret, GetSecretValue, PutSecretValue,
        check_name, check_request_token,
    },
    secret::{CURRENT, Secret},
};
use crate::{
    aws::{ApiError, SecretSpec, endpoint::request, kept::Kept, names},
    clock::WorldClock,
};

const DEFAULT_WINDOW_DAYS: i64 = 30;

pub(in crate::aws) struct Secrets {
    clock: WorldClock,
    kept: Kept<Vec<Secret>>,
}

impl Secrets {
    pub(in crate::aws) fn open(
        clock: WorldClock,
        directory: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let kept = Kept::open(directory, "secrets.json")?;
        Ok(Self { clock, kept })
    }

    pub(in crate::aws) fn save(&self) -> anyhow::Result<()> {
        self.kept.save()
    }

    pub(in crate::aws) fn create_once(&self, name: &str, spec: SecretSpec) -> Result<(), ApiError> {
        let text = match spec {
            SecretSpec::Text(text) => text,
            SecretSpec::Generated(length) => names::letters(length),
        };
        let request = CreateSecret {
            name: name.to_owned(),
            client_request_token: None,
            description: None,
            secret_string: Some(text),
            secret_binary: None,
            tags: Vec::new(),
        };
        match self.create(request, self.clock.now()) {
            Err(error) if error.code != "ResourceExistsException" => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The current text of each secret, by name. What is marked for deletion is not among them.
    pub(in crate::aws) fn texts(&self) -> BTreeMap<String, String> {
        self.kept.read(|secrets| {
            let standing = secrets.iter().filter(|secret| secret.deletion.is_none());
            let text = |secret: &Secret| match &secret.find(None, None).ok()?.1.content {
                Content::SecretString(text) => Some((secret.name.clone(), text.clone())),
                Content::SecretBinary(_) => None,
            };
            standing.filter_map(text).collect()
        })
    }

    /// A new version, as an operator writes it.
    pub(in crate::aws) fn rotate(&self, id: &str) -> Result<(), ApiError> {
        let request = PutSecretValue {
            secret_id: id.to_owned(),
            client_request_token: None,
            secret_string: Some(names::letters(64)),
            secret_binary: None,
            version_stages: None,
        };
        self.put_value(request, self.clock.now()).map(drop)
    }

    pub(in crate::aws) fn answer(&self, operation: &str, body: &[u8]) -> Result<Value, ApiError> {
        let now = self.clock.now();
        if self
            .kept
            .read(|secrets| secrets.iter().any(|secret| secret.is_gone(now)))
        {
            self.kept
                .change(|secrets| secrets.retain(|secret| !secret.is_gone(now)));
        }
        let answer = match operation {
            "CreateSecret" => self.create(request(body)?, now),
            "GetSecretValue" => self.get_value(&request(body)?),
            "PutSecretValue" => self.put_value(request(body)?, now),
            "DeleteSecret" => self.delete(&request(body)?, now),
            "DescribeSecret" => self.describe(&request(body)?),
            other => Err(ApiError::new(
                "UnknownOperationException",
                format!("the Secrets Manager stand-in does not know the operation {other}"),
            )),
        }?;
        // What was acknowledged is on disk: a kill right after the answer loses nothing.
        self.save()
            .map_err(|error| ApiError::new("InternalServiceError", format!("{error:#}")))?;
        Ok(answer)
    }

    fn create(&self, request: CreateSecret, now: Timestamp) -> Result<Value, ApiError> {
        check_name(&request.name)?;
        let content = Content::of(request.secret_string, request.secret_binary)?;
        let version_id = request.client_request_token.unwrap_or_else(names::uuid);
        check_request_token(&version_id)?;
        self.kept.change(|secrets| {
            if let Some(secret) = secrets.iter().find(|secret| secret.name == request.name) {
                return again(secret, &version_id, content.as_ref());
            }
            let mut secret = Secret::new(&request.name, request.description, request.tags, now);
            let has_version = content.is_some();
            if let Some(content) = content {
                secret.put(&version_id, content, &[CURRENT.to_owned()], now)?;
            }
            let answer = written(&secret, has_version.then_some(version_id.as_str()));
            secrets.push(secret);
            Ok(answer)
        })
    }

    fn get_value(&self, request: &GetSecretValue) -> Result<Value, ApiError> {
        self.kept.read(|secrets| {
            let secret = usable(find(secrets, &request.secret_id)?)?;
            let (version_id, version) = secret.find(
                request.version_id.as_deref(),
                request.version_stage.as_deref(),
            )?;
            let mut answer = written(secret, Some(version_id));
            answer["VersionStages"] = json!(version.stages);
            answer["CreatedDate"] = epoch(version.created);
            match &version.content {
                Content::SecretString(text) => answer["SecretString"] = json!(text),
                Content::SecretBinary(base64) => answer["SecretBinary"] = json!(base64),
            }
            Ok(answer)
        })
    }

    fn put_value(&self, request: PutSecretValue, now: Timestamp) -> Result<Value, ApiError> {
        let content =
            Content::of(request.secret_string, request.secret_binary)?.ok_or_else(|| {
                ApiError::new(
                    "InvalidParameterException",
                    "You must provide either SecretString or SecretBinary.",
                )
            })?;
        let version_id = request.client_request_token.unwrap_or_else(names::uuid);
        check_request_token(&version_id)?;
        let stages = request
            .version_stages
            .unwrap_or_else(|| vec![CURRENT.to_owned()]);
        self.kept.change(|secrets| {
            let secret = find_mut(secrets, &request.secret_id)?;
            usable(secret)?;
            secret.put(&version_id, content, &stages, now)?;
            let (_, version) = secret.find(Some(&version_id), None)?;
            let mut answer = written(secret, Some(&version_id));
            answer["VersionStages"] = json!(version.stages);
            Ok(answer)
        })
    }

    fn delete(&self, request: &DeleteSecret, now: Timestamp) -> Result<Value, ApiError> {
        let days = match (
            request.force_delete_without_recovery,
            request.recovery_window_in_days,
        ) {
            (true, Some(_)) => {
                return Err(ApiError::new(
                    "InvalidParameterException",
                    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
                ));
            }
            (true, None) => 0,
            (false, days) => days.unwrap_or(DEFAULT_WINDOW_DAYS),
        };
        if !request.force_delete_without_recovery && !(7..=30).contains(&days) {
            return Err(ApiError::new(
                "InvalidParameterException",
                "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
        let date = now + SignedDuration::from_hours(24 * days);
        self.kept.change(|secrets| {
            let secret = match find_mut(secrets, &request.secret_id) {
                Ok(secret) => secret,
                // Documented: forced deletion of what is not there is no error.
                Err(_) if request.force_delete_without_recovery => {
                    let id = &request.secret_id;
                    return Ok(json!({ "ARN": id, "Name": id, "DeletionDate": epoch(date) }));
                }
                Err(error) => return Err(error),
            };
            if !request.force_delete_without_recovery {
                usable(secret)?;
            }
            secret.deletion = Some((now, date));
            let mut answer = written(secret, None);
            answer["DeletionDate"] = epoch(date);
            secrets.retain(|secret| !secret.is_gone(now));
            Ok(answer)
        })
    }

    fn describe(&self, request: &DescribeSecret) -> Result<Value, ApiError> {
        self.kept.read(|secrets| {
            let secret = find(secrets, &request.secret_id)?;
            let stages: Map<String, Value> = secret
                .versions
                .iter()
                .filter(|(_, version)| !version.stages.is_empty())
                .map(|(id, version)| (id.clone(), json!(version.stages)))
                .collect();
            let mut answer = written(secret, None);
            answer["CreatedDate"] = epoch(secret.created);
            answer["LastChangedDate"] = epoch(secret.changed);
            answer["Tags"] = json!(secret.tags);
            answer["VersionIdsToStages"] = Value::Object(stages);
            if let Some(description) = &secret.description {
                answer["Description"] = json!(description);
            }
            if let Some((asked, _)) = secret.deletion {
                answer["DeletedDate"] = epoch(asked);
            }
            Ok(answer)
        })
    }
}

/// `CreateSecret` for a name that exists: the same write again, or a refusal.
fn again(secret: &Secret, version_id: &str, content: Option<&Content>) -> Result<Value, ApiError> {
    if secret.deletion.is_some() {
        return Err(ApiError::new(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        ));
    }
    match secret.versions.get(version_id) {
        Some(version) if Some(&version.content) == content => Ok(written(secret, Some(version_id))),
        Some(_) | None => Err(ApiError::new(
            "ResourceExistsException",
            format!(
                "The operation failed because the secret {} already exists.",
                secret.name
            ),
        )),
    }
}

fn find<'a>(secrets: &'a [Secret], id: &str) -> Result<&'a Secret, ApiError> {
    secrets
        .iter()
        .find(|secret| secret.answers_to(id))
        .ok_or_else(not_found)
}

fn find_mut<'a>(secrets: &'a mut [Secret], id: &str) -> Result<&'a mut Secret, ApiError> {
    secrets
        .iter_mut()
        .find(|secret| secret.answers_to(id))
        .ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
}

fn usable(secret: &Secret) -> Result<&Secret, ApiError> {
    if secret.deletion.is_some() {
        return Err(ApiError::new(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ));
    }
    Ok(secret)
}

fn written(secret: &Secret, version_id: Option<&str>) -> Value {
    let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
    if let Some(id) = version_id {
        answer["VersionId"] = json!(id);
    }
    answer
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
fn epoch(time: Timestamp) -> Value {
    json!(time.as_millisecond() as f64 / 1000.0)
}
