//! One secret: its versions and which stage each carries.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::protocol::{Content, Tag};
use crate::aws::{
    ApiError,
    names::{self, ACCOUNT, REGION},
};

pub(super) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const MAX_VERSIONS: usize = 100;
const MAX_STAGES: usize = 20;

#[derive(Deserialize, Serialize)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<Tag>,
    pub(super) created: Timestamp,
    pub(super) changed: Timestamp,
    /// When it was scheduled for deletion, and when it goes.
    pub(super) deletion: Option<(Timestamp, Timestamp)>,
    pub(super) versions: BTreeMap<String, Version>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Version {
    pub(super) content: Content,
    pub(super) created: Timestamp,
    pub(super) stages: BTreeSet<String>,
}

impl Secret {
    pub(super) fn new(
        name: &str,
        description: Option<String>,
        tags: Vec<Tag>,
        now: Timestamp,
    ) -> Self {
        let suffix = names::letters(6);
        Self {
            arn: format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}"),
            name: name.to_owned(),
            description,
            tags,
            created: now,
            changed: now,
            deletion: None,
            versions: BTreeMap::new(),
        }
    }

    /// The name, the whole ARN, or the ARN without its random end.
    pub(super) fn answers_to(&self, id: &str) -> bool {
        let partial = self.arn.len() - "-AbCdEf".len();
        self.name == id || self.arn == id || &self.arn[..partial] == id
    }

    /// The same id with the same content is the same write again; with other content it is refused.
    pub(super) fn put(
        &mut self,
        id: &str,
        content: Content,
        stages: &[String],
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if stages.is_empty() || stages.len() > MAX_STAGES {
            return Err(ApiError::new(
                "InvalidParameterException",
                "A version carries 1 to 20 staging labels.",
            ));
        }
        if let Some(version) = self.versions.get(id) {
            return if version.content == content {
                Ok(())
            } else {
                Err(ApiError::new(
                    "ResourceExistsException",
                    format!(
                        "You can't use ClientRequestToken {id} because that value is already in use for a version of \
                         secret {}.",
                        self.arn
                    ),
                ))
            };
        }
        self.forget_unlabelled(now);
        if self.versions.len() >= MAX_VERSIONS {
            return Err(ApiError::new(
                "LimitExceededException",
                "The secret has 100 versions that are labelled or younger than a day.",
            ));
        }
        self.versions.insert(
            id.to_owned(),
            Version {
                content,
                created: now,
                stages: BTreeSet::new(),
            },
        );
        for stage in stages {
            self.move_stage(stage, id);
        }
        self.changed = now;
        Ok(())
    }

    /// A stage is on one version at a time; the version that loses `AWSCURRENT` becomes the previous one.
    fn move_stage(&mut self, stage: &str, to: &str) {
        let from = self
            .versions
            .iter()
            .find(|(_, version)| version.stages.contains(stage))
            .map(|(id, _)| id.clone());
        if let Some(from) = from {
            self.stages_of(&from).remove(stage);
            if stage == CURRENT {
                for version in self.versions.values_mut() {
                    version.stages.remove(PREVIOUS);
                }
                self.stages_of(&from).insert(PREVIOUS.to_owned());
            }
        }
        self.stages_of(to).insert(stage.to_owned());
    }

    fn stages_of(&mut self, id: &str) -> &mut BTreeSet<String> {
        &mut self
            .versions
            .get_mut(id)
            .expect("a version of this secret")
            .stages
    }

    /// Versions without a stage may be dropped once they are a day old and there are too many.
    fn forget_unlabelled(&mut self, now: Timestamp) {
        let mut old: Vec<(Timestamp, String)> = self
            .versions
            .iter()
            .filter(|(_, version)| version.stages.is_empty())
            .filter(|(_, version)| version.created + SignedDuration::from_hours(24) < now)
            .map(|(id, version)| (version.created, id.clone()))
            .collect();
        old.sort_unstable();
        for (_, id) in old {
            if self.versions.len() < MAX_VERSIONS {
                break;
            }
            self.versions.remove(&id);
        }
    }

    pub(super) fn find(
        &self,
        id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<(&str, &Version), ApiError> {
        let stage = stage.or(if id.is_none() { Some(CURRENT) } else { None });
        self.versions
            .iter()
            .find(|(version_id, version)| {
                id.is_none_or(|id| id == version_id.as_str())
                    && stage.is_none_or(|stage| version.stages.contains(stage))
            })
            .map(|(id, version)| (id.as_str(), version))
            .ok_or_else(|| {
                let asked = match (id, stage) {
                    (Some(id), _) => format!("VersionId: {id}"),
                    (None, stage) => format!("staging label: {}", stage.unwrap_or(CURRENT)),
                };
                ApiError::new(
                    "ResourceNotFoundException",
                    format!("Secrets Manager can't find the specified secret value for {asked}"),
                )
            })
    }

    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        self.deletion.is_some_and(|(_, at)| at <= now)
    }
}
