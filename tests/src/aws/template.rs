//! `infra/template.yaml`, read for what the world has to offer the functions: the one truth about queues, tables,
//! routes, schedules and environments.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use jiff::SignedDuration;
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;

use super::{
    QueueSpec,
    event_pattern::matches,
    template_values::{Document, entries},
};

const DEFAULT_VISIBILITY_S: u64 = 30;
const DEFAULT_RETENTION_S: u64 = 4 * 24 * 60 * 60;
const DEFAULT_BATCH: u64 = 10;
const DEFAULT_TIMEOUT_S: u64 = 3;

#[derive(Clone, Debug)]
pub struct Template(Document);

/// A function with everything that invokes it.
#[derive(Clone, Debug)]
pub struct Function {
    pub logical_id: String,
    /// The name in the bootstrap's table.
    pub handler: String,
    pub timeout_s: u64,
    pub environment: BTreeMap<String, String>,
    pub routes: Vec<Route>,
    /// `rate(…)` or `cron(…)`.
    /// How often it is called.
    pub schedules: Vec<SignedDuration>,
    pub queues: Vec<QueueMapping>,
    pub streams: Vec<StreamMapping>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub method: String,
    /// In API Gateway's notation: `/oauth/{provider}/callback`.
    pub path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMapping {
    pub queue: String,
    pub batch_size: u64,
    pub max_concurrency: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StreamMapping {
    pub table: String,
    pub batch_size: u64,
    /// Event patterns: a record is handed over when one of them matches.
    pub filters: Vec<Value>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum SecretSpec {
    Text(String),
    Generated(usize),
}

impl StreamMapping {
    /// Whether a record passes one of the filters; without filters every record does.
    pub fn wants(&self, record: &Value) -> anyhow::Result<bool> {
        for filter in &self.filters {
            if matches(filter, record)? {
                return Ok(true);
            }
        }
        Ok(self.filters.is_empty())
    }
}

impl Template {
    /// The repository's template. `parameters` override the defaults; queue URLs begin with `queue_base`.
    pub fn load(parameters: &BTreeMap<String, String>, queue_base: &str) -> anyhow::Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        Self::parse(&text, parameters, queue_base)
    }

    pub fn parse(
        text: &str,
        parameters: &BTreeMap<String, String>,
        queue_base: &str,
    ) -> anyhow::Result<Self> {
        Document::parse(text, parameters, queue_base).map(Self)
    }

    /// The properties of each `AWS::DynamoDB::Table`.
    pub fn tables(&self) -> anyhow::Result<Vec<Value>> {
        self.0
            .of_type("AWS::DynamoDB::Table")
            .map(|id| {
                let wanted = [
                    "TableName",
                    "AttributeDefinitions",
                    "BillingMode",
                    "GlobalSecondaryIndexes",
                    "KeySchema",
                    "StreamSpecification",
                    "TimeToLiveSpecification",
                ];
                let mut table = serde_json::Map::new();
                for name in wanted {
                    if let Some(value) = self.0.raw(id).get(name) {
                        table.insert(name.to_owned(), self.0.resolve(value)?);
                    }
                }
                Ok(Value::Object(table))
            })
            .collect()
    }

    /// Every queue by name, dead-letter queues included.
    pub fn queues(&self) -> anyhow::Result<Vec<(String, QueueSpec)>> {
        self.0
            .of_type("AWS::SQS::Queue")
            .map(|id| {
                let queue = self.0.properties(id)?;
                let name = queue["QueueName"]
                    .as_str()
                    .with_context(|| format!("{id} has no QueueName"))?;
                let seconds = |property: &str, default| {
                    u32::try_from(queue[property].as_u64().unwrap_or(default))
                };
                let redrive = &queue["RedrivePolicy"];
                let dead_letter = match redrive["deadLetterTargetArn"].as_str() {
                    Some(arn) => {
                        let limit = redrive["maxReceiveCount"]
                            .as_u64()
                            .with_context(|| format!("{id} has no maxReceiveCount"))?;
                        Some((last_part(arn).to_owned(), u32::try_from(limit)?))
                    }
                    None => None,
                };
                let spec = QueueSpec {
                    visibility_timeout_s: seconds("VisibilityTimeout", DEFAULT_VISIBILITY_S)?,
                    dead_letter,
                    retention_s: seconds("MessageRetentionPeriod", DEFAULT_RETENTION_S)?,
                };
                Ok((name.to_owned(), spec))
            })
            .collect()
    }

    /// Every secret by name; one without a value of its own is to be generated, this long.
    pub fn secrets(&self) -> anyhow::Result<Vec<(String, SecretSpec)>> {
        self.0
            .of_type("AWS::SecretsManager::Secret")
            .map(|id| {
                let secret = self.0.properties(id)?;
                let name = secret["Name"]
                    .as_str()
                    .with_context(|| format!("{id} has no Name"))?;
                let spec = match secret["SecretString"].as_str() {
                    Some(text) => SecretSpec::Text(text.to_owned()),
                    None => secret["GenerateSecretString"]["PasswordLength"]
                        .as_u64()
                        .and_then(|length| usize::try_from(length).ok())
                        .map(SecretSpec::Generated)
                        .with_context(|| format!("{id} has neither a text nor a length"))?,
                };
                Ok((name.to_owned(), spec))
            })
            .collect()
    }

    pub fn functions(&self) -> anyhow::Result<Vec<Function>> {
        let routes = self.routes()?;
        self.0
            .of_type("AWS::Serverless::Function")
            .map(|id| {
                self.function(id, &routes)
                    .with_context(|| format!("function {id}"))
            })
            .collect()
    }

    fn function(&self, id: &str, routes: &[(String, Route)]) -> anyhow::Result<Function> {
        let own = self.0.raw(id);
        let globals = self.0.function_globals();
        let mut environment = BTreeMap::new();
        for variables in [globals, own].map(|from| &from["Environment"]["Variables"]) {
            for (name, value) in entries(variables) {
                environment.insert(name.to_owned(), self.0.text(value)?);
            }
        }
        let timeout = own.get("Timeout").unwrap_or(&globals["Timeout"]);
        let mut function = Function {
            logical_id: id.to_owned(),
            handler: self.0.text(&own["Handler"]).context("Handler")?,
            timeout_s: timeout.as_u64().unwrap_or(DEFAULT_TIMEOUT_S),
            environment,
            routes: Vec::new(),
            schedules: Vec::new(),
            queues: Vec::new(),
            streams: Vec::new(),
        };
        let own_routes = routes.iter().filter(|(target, _)| target == id);
        function.routes = own_routes.map(|(_, route)| route.clone()).collect();
        for (name, event) in entries(&own["Events"]) {
            self.add_event(&mut function, event)
                .with_context(|| format!("event {name}"))?;
        }
        for mapping in self.0.of_type("AWS::Lambda::EventSourceMapping") {
            self.add_mapping(&mut function, mapping)
                .with_context(|| format!("mapping {mapping}"))?;
        }
        Ok(function)
    }

    /// SAM's events of a function: schedules. What feeds it from queues and streams stands by itself.
    fn add_event(&self, function: &mut Function, event: &Yaml) -> anyhow::Result<()> {
        let properties = self.0.resolve(&event["Properties"])?;
        let kind = event["Type"].as_str();
        let (Some("ScheduleV2"), Some(expression)) =
            (kind, properties["ScheduleExpression"].as_str())
        else {
            anyhow::bail!("this reader does not know the event type {kind:?}");
        };
        function.schedules.push(rate(expression)?);
        Ok(())
    }

    fn add_mapping(&self, function: &mut Function, id: &str) -> anyhow::Result<()> {
        let mapping = self.0.properties(id)?;
        if mapping["FunctionName"] != function.logical_id.as_str() {
            return Ok(());
        }
        let batch_size = mapping["BatchSize"].as_u64().unwrap_or(DEFAULT_BATCH);
        let source = mapping["EventSourceArn"].as_str().context("no source")?;
        match source.split(':').nth(2) {
            Some("sqs") => function.queues.push(QueueMapping {
                queue: last_part(source).to_owned(),
                batch_size,
                max_concurrency: mapping["ScalingConfig"]["MaximumConcurrency"].as_u64(),
            }),
            Some("dynamodb") => function.streams.push(StreamMapping {
                table: source
                    .split('/')
                    .nth(1)
                    .context("a stream without a table")?
                    .to_owned(),
                batch_size,
                filters: filters(&mapping)?,
            }),
            _ => anyhow::bail!("this reader does not know the source {source}"),
        }
        Ok(())
    }

    /// Routes with the logical id of the function behind their integration.
    fn routes(&self) -> anyhow::Result<Vec<(String, Route)>> {
        self.0
            .of_type("AWS::ApiGatewayV2::Route")
            .map(|id| {
                let route = self.0.raw(id);
                let key = self.0.text(&route["RouteKey"])?;
                let (method, path) = key
                    .split_once(' ')
                    .with_context(|| format!("{id}: the route key {key} has no path"))?;
                let target = self.0.text(&route["Target"])?;
                let integration = target.trim_start_matches("integrations/");
                let uri = self.0.text(&self.0.raw(integration)["IntegrationUri"])?;
                let function = last_part(&uri).to_owned();
                anyhow::ensure!(
                    self.0.kind(&function).is_some(),
                    "{id}: no function behind the integration {integration}"
                );
                let route = Route {
                    method: method.to_owned(),
                    path: path.to_owned(),
                };
                Ok((function, route))
            })
            .collect()
    }
}

fn filters(mapping: &Value) -> anyhow::Result<Vec<Value>> {
    let filters = mapping["FilterCriteria"]["Filters"].as_array();
    filters
        .into_iter()
        .flatten()
        .map(|filter| {
            let pattern = filter["Pattern"]
                .as_str()
                .context("a filter without a Pattern")?;
            serde_json::from_str(pattern).context("a Pattern that is not JSON")
        })
        .collect()
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// `rate(1 minute)`, `rate(15 minutes)`.
fn rate(expression: &str) -> anyhow::Result<SignedDuration> {
    let unknown = || format!("this reader does not know the schedule {expression:?}");
    let inner = expression
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'));
    let (count, unit) = inner
        .and_then(|inner| inner.split_once(' '))
        .with_context(unknown)?;
    let count: i64 = count.parse().with_context(unknown)?;
    match unit {
        "minute" | "minutes" => Ok(SignedDuration::from_mins(count)),
        "hour" | "hours" => Ok(SignedDuration::from_hours(count)),
        _ => anyhow::bail!(unknown()),
    }
}
