//! Setting up and taking down what a tenant's way needs
//! (<https://cloud.google.com/pubsub/docs/reference/rest>). Each step can be repeated.

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Call, PubSub, PubSubError, ServiceAccount};

/// Pub/Sub, as an account sees it that may set things up.
pub struct Provisioning<'a> {
    pub pubsub: &'a PubSub,
    pub account: &'a ServiceAccount,
    pub now: Timestamp,
}

/// A topic, who publishes there, and where it is pushed to.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    pub topic: &'a str,
    pub subscription: &'a str,
    pub publisher: &'a str,
    pub push_account: &'a str,
    pub push_endpoint: &'a str,
}

/// How something is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Stands,
    Missing,
    /// Somebody changed these of its fields, or our address is another now.
    Differs(Vec<&'static str>),
}

const PUBLISHER: &str = "roles/pubsub.publisher";
/// Somebody else may change a policy between our look and our write.
const POLICY_TRIES_MAX: u32 = 5;

impl Way<'_> {
    fn push_config(&self) -> Value {
        json!({
            "pushEndpoint": self.push_endpoint,
            "oidcToken": {
                "serviceAccountEmail": self.push_account,
                "audience": self.push_endpoint,
            },
        })
    }

    /// The deadline is also how long a push may take. An empty policy never expires.
    fn subscription(&self) -> Value {
        json!({
            "topic": self.topic,
            "pushConfig": self.push_config(),
            "ackDeadlineSeconds": 30,
            "retryPolicy": { "minimumBackoff": "10s", "maximumBackoff": "600s" },
            "expirationPolicy": {},
        })
    }

    /// What of `found` is not as it should be; what Google adds of its own does not matter.
    fn differences(&self, found: &Value) -> Vec<&'static str> {
        let wanted = self.subscription();
        let mut fields = vec![
            ("topic", "/topic"),
            ("pushConfig", "/pushConfig/pushEndpoint"),
            ("pushConfig", "/pushConfig/oidcToken/serviceAccountEmail"),
            ("pushConfig", "/pushConfig/oidcToken/audience"),
            ("ackDeadlineSeconds", "/ackDeadlineSeconds"),
            ("retryPolicy", "/retryPolicy/minimumBackoff"),
            ("retryPolicy", "/retryPolicy/maximumBackoff"),
            ("expirationPolicy", "/expirationPolicy"),
        ];
        fields.retain(|(_, pointer)| wanted.pointer(pointer) != found.pointer(pointer));
        let mut names: Vec<_> = fields.into_iter().map(|(name, _)| name).collect();
        names.dedup();
        names
    }
}

impl Provisioning<'_> {
    pub async fn topic(&self, way: &Way<'_>) -> Result<Standing, PubSubError> {
        let found = self.get("look for the topic", way.topic).await?;
        Ok(found.map_or(Standing::Missing, |_| Standing::Stands))
    }

    pub async fn create_topic(&self, way: &Way<'_>) -> Result<(), PubSubError> {
        let operation = "create the topic";
        let made = self.call(operation, Method::PUT, way.topic, Some(json!({})));
        unless(made.await, StatusCode::CONFLICT)
    }

    /// Whether the publisher may publish there.
    pub async fn publisher(&self, way: &Way<'_>) -> Result<Standing, PubSubError> {
        let policy = match self.policy(way).await {
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Value::Null,
            policy => policy?,
        };
        Ok(match members(&policy) {
            Some(members) if members.contains(&member(way)) => Standing::Stands,
            Some(_) | None => Standing::Missing,
        })
    }

    /// What else the policy says stays.
    pub async fn let_publish(&self, way: &Way<'_>) -> Result<(), PubSubError> {
        let mut tries = 0;
        loop {
            let mut policy = self.policy(way).await?;
            let member = member(way);
            match members(&policy) {
                Some(members) if members.contains(&member) => return Ok(()),
                Some(_) | None => {}
            }
            grant(&mut policy, member);
            let path = format!("{}:setIamPolicy", way.topic);
            let body = json!({ "policy": policy });
            let set = self.call("let the account publish", Method::POST, &path, Some(body));
            tries += 1;
            match set.await {
                Err(error)
                    if error.status() == Some(StatusCode::CONFLICT) && tries < POLICY_TRIES_MAX => {
                }
                set => return set.map(drop),
            }
        }
    }

    pub async fn subscription(&self, way: &Way<'_>) -> Result<Standing, PubSubError> {
        let operation = "look for the subscription";
        let found = self.get(operation, way.subscription).await?;
        Ok(match found.map(|found| way.differences(&found)) {
            None => Standing::Missing,
            Some(differences) if differences.is_empty() => Standing::Stands,
            Some(differences) => Standing::Differs(differences),
        })
    }

    pub async fn create_subscription(&self, way: &Way<'_>) -> Result<(), PubSubError> {
        let operation = "create the subscription";
        let body = Some(way.subscription());
        let made = self.call(operation, Method::PUT, way.subscription, body);
        unless(made.await, StatusCode::CONFLICT)
    }

    /// Puts right what differs. A subscription cannot be moved to another topic, such as one that was created again.
    pub async fn repair_subscription(
        &self,
        way: &Way<'_>,
        differences: &[&'static str],
    ) -> Result<(), PubSubError> {
        let operation = "change the subscription";
        if differences.contains(&"topic") {
            self.delete(way.subscription).await?;
            return self.create_subscription(way).await;
        }
        if differences == ["pushConfig"] {
            let path = format!("{}:modifyPushConfig", way.subscription);
            let body = json!({ "pushConfig": way.push_config() });
            let changed = self.call(operation, Method::POST, &path, Some(body));
            return changed.await.map(drop);
        }
        let body = json!({
            "subscription": way.subscription(),
            "updateMask": differences.join(","),
        });
        let changed = self.call(operation, Method::PATCH, way.subscription, Some(body));
        changed.await.map(drop)
    }

    /// Of a topic or a subscription; what is gone stays gone.
    pub async fn delete(&self, resource: &str) -> Result<Standing, PubSubError> {
        let deleted = self.call("delete", Method::DELETE, resource, None).await;
        match deleted {
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(Standing::Missing),
            deleted => deleted.map(|_| Standing::Stands),
        }
    }

    async fn get(
        &self,
        operation: &'static str,
        resource: &str,
    ) -> Result<Option<Value>, PubSubError> {
        match self.call(operation, Method::GET, resource, None).await {
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            found => found.map(Some),
        }
    }

    async fn policy(&self, way: &Way<'_>) -> Result<Value, PubSubError> {
        // An older version leaves out conditions, and what is written back would lose them.
        let version = "options.requestedPolicyVersion=3";
        let path = format!("{}:getIamPolicy?{version}", way.topic);
        let operation = "read who may publish";
        self.call(operation, Method::GET, &path, None).await
    }

    async fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, PubSubError> {
        let call = Call {
            operation,
            method,
            path: path.to_owned(),
            body,
        };
        self.pubsub.call(self.account, self.now, call).await
    }
}

fn unless<T>(made: Result<T, PubSubError>, status: StatusCode) -> Result<(), PubSubError> {
    match made {
        Err(error) if error.status() == Some(status) => Ok(()),
        made => made.map(drop),
    }
}

fn member(way: &Way<'_>) -> Value {
    format!("serviceAccount:{}", way.publisher).into()
}

/// Who may publish without a condition.
fn members(policy: &Value) -> Option<&Vec<Value>> {
    let bindings = policy["bindings"].as_array()?;
    let plain = |binding: &&Value| binding["role"] == PUBLISHER && binding["condition"].is_null();
    bindings.iter().find(plain)?["members"].as_array()
}

fn grant(policy: &mut Value, member: Value) {
    let plain =
        |binding: &&mut Value| binding["role"] == PUBLISHER && binding.get("condition").is_none();
    if policy["bindings"].is_null() {
        policy["bindings"] = json!([]);
    }
    let Some(bindings) = policy["bindings"].as_array_mut() else {
        return;
    };
    let found = bindings.iter_mut().find(plain);
    if let Some(members) = found.and_then(|binding| binding["members"].as_array_mut()) {
        members.push(member);
    } else {
        bindings.push(json!({ "role": PUBLISHER, "members": [member] }));
    }
}
