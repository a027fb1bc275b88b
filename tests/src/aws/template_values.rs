//! CloudFormation's intrinsic functions, as far as the template uses them; another one is an error that names it.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;

use super::names::{ACCOUNT, REGION};

/// The template's document with the values of its parameters.
#[derive(Clone, Debug)]
pub(super) struct Document {
    yaml: Yaml,
    parameters: BTreeMap<String, String>,
    queue_base: String,
}

impl Document {
    pub(super) fn parse(
        text: &str,
        given: &BTreeMap<String, String>,
        queue_base: &str,
    ) -> anyhow::Result<Self> {
        let yaml: Yaml = serde_yaml_ng::from_str(text)?;
        let mut parameters = BTreeMap::new();
        for (name, declared) in entries(&yaml["Parameters"]) {
            if let Some(value) = given
                .get(name)
                .cloned()
                .or_else(|| scalar(&declared["Default"]))
            {
                parameters.insert(name.to_owned(), value);
            }
        }
        if let Some(unknown) = given
            .keys()
            .find(|name| yaml["Parameters"].get(name.as_str()).is_none())
        {
            bail!("the template has no parameter {unknown}");
        }
        Ok(Self {
            yaml,
            parameters,
            queue_base: queue_base.trim_end_matches('/').to_owned(),
        })
    }

    /// Logical ids of the resources of a type, in the template's order.
    pub(super) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        entries(&self.yaml["Resources"])
            .filter(move |(_, resource)| resource["Type"].as_str() == Some(kind))
            .map(|(id, _)| id)
    }

    pub(super) fn kind(&self, id: &str) -> Option<&str> {
        self.yaml["Resources"][id]["Type"].as_str()
    }

    pub(super) fn raw(&self, id: &str) -> &Yaml {
        &self.yaml["Resources"][id]["Properties"]
    }

    /// `Globals` of every function.
    pub(super) fn function_globals(&self) -> &Yaml {
        &self.yaml["Globals"]["Function"]
    }

    pub(super) fn properties(&self, id: &str) -> anyhow::Result<Value> {
        self.resolve(self.raw(id))
            .with_context(|| format!("properties of {id}"))
    }

    pub(super) fn text(&self, value: &Yaml) -> anyhow::Result<String> {
        match self.resolve(value)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                bail!("{other} is not a text")
            }
        }
    }

    pub(super) fn resolve(&self, value: &Yaml) -> anyhow::Result<Value> {
        Ok(match value {
            Yaml::Tagged(tagged) => {
                let tag = tagged.tag.to_string();
                self.intrinsic(tag.trim_start_matches('!'), &tagged.value)?
            }
            Yaml::Sequence(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.resolve(item))
                    .collect::<Result<_, _>>()?,
            ),
            Yaml::Mapping(_) => {
                let mut object = serde_json::Map::new();
                for (name, value) in entries(value) {
                    let value = self.resolve(value)?;
                    if !value.is_null() {
                        object.insert(name.to_owned(), value);
                    }
                }
                Value::Object(object)
            }
            Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) | Yaml::String(_) => {
                serde_json::to_value(value)?
            }
        })
    }

    fn intrinsic(&self, name: &str, argument: &Yaml) -> anyhow::Result<Value> {
        match name {
            "Ref" => {
                let id = argument.as_str().context("!Ref takes a name")?;
                if id == "AWS::NoValue" {
                    return Ok(Value::Null);
                }
                self.reference(id).map(Value::String)
            }
            "GetAtt" => {
                let path = argument
                    .as_str()
                    .context("!GetAtt takes Resource.Attribute")?;
                self.attribute(path).map(Value::String)
            }
            "Sub" => {
                let text = argument.as_str().context("!Sub with one text only")?;
                self.substitute(text).map(Value::String)
            }
            "If" => {
                let [condition, yes, no] = three(argument)?;
                let condition = condition.as_str().context("!If takes a condition's name")?;
                self.resolve(if self.holds(condition)? { yes } else { no })
            }
            other => bail!("this reader does not know !{other}"),
        }
    }

    /// Conditions compare a parameter with a text: `!Equals [!Ref Parameter, text]`.
    fn holds(&self, condition: &str) -> anyhow::Result<bool> {
        let Yaml::Tagged(tagged) = &self.yaml["Conditions"][condition] else {
            bail!("the condition {condition} is not an !Equals");
        };
        ensure!(
            tagged.tag == "Equals",
            "the condition {condition} is not an !Equals"
        );
        let sides = tagged.value.as_sequence().context("!Equals takes a list")?;
        let [left, right] = sides.as_slice() else {
            bail!("!Equals takes two values");
        };
        Ok(self.text(left)? == self.text(right)?)
    }

    fn reference(&self, id: &str) -> anyhow::Result<String> {
        // A function's alias stands for the function.
        let id = id.trim_end_matches(".Alias");
        if let Some(value) = self.parameters.get(id) {
            return Ok(value.clone());
        }
        match id {
            "AWS::AccountId" => return Ok(ACCOUNT.to_owned()),
            "AWS::Partition" => return Ok("aws".to_owned()),
            "AWS::Region" => return Ok(REGION.to_owned()),
            _ => {}
        }
        let kind = self
            .kind(id)
            .with_context(|| format!("nothing in the template is called {id}"))?;
        match kind {
            "AWS::SQS::Queue" => {
                let name = self.text(&self.raw(id)["QueueName"])?;
                Ok(format!("{}/{ACCOUNT}/{name}", self.queue_base))
            }
            "AWS::DynamoDB::Table" => self.text(&self.raw(id)["TableName"]),
            "AWS::Events::EventBus" | "AWS::SecretsManager::Secret" => {
                self.text(&self.raw(id)["Name"])
            }
            _ => Ok(id.to_owned()),
        }
    }

    fn attribute(&self, path: &str) -> anyhow::Result<String> {
        let (id, attribute) = path
            .split_once('.')
            .context("!GetAtt takes Resource.Attribute")?;
        let kind = self
            .kind(id)
            .with_context(|| format!("nothing in the template is called {id}"))?;
        let arn = |service: &str, rest: String| {
            Ok(format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"))
        };
        match (kind, attribute) {
            ("AWS::SQS::Queue", "Arn") => arn("sqs", self.text(&self.raw(id)["QueueName"])?),
            ("AWS::SQS::Queue", "QueueName") => self.text(&self.raw(id)["QueueName"]),
            ("AWS::DynamoDB::Table", "Arn") => {
                arn("dynamodb", format!("table/{}", self.reference(id)?))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => arn(
                "dynamodb",
                format!("table/{}/stream/latest", self.reference(id)?),
            ),
            ("AWS::Events::EventBus", "Arn") => {
                arn("events", format!("event-bus/{}", self.reference(id)?))
            }
            ("AWS::Serverless::Function", "Arn") => arn("lambda", format!("function:{id}")),
            _ => bail!("this reader does not know the attribute {attribute} of {kind}"),
        }
    }

    fn substitute(&self, text: &str) -> anyhow::Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').context("!Sub with an open ${")?;
            out.push_str(before);
            out.push_str(&if name.contains('.') {
                self.attribute(name)?
            } else {
                self.reference(name)?
            });
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

pub(super) fn entries(value: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    value
        .as_mapping()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str()?, value)))
}

fn scalar(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(value) => Some(value.to_string()),
        Yaml::Null | Yaml::Sequence(_) | Yaml::Mapping(_) | Yaml::Tagged(_) => None,
    }
}

fn three(value: &Yaml) -> anyhow::Result<&[Yaml; 3]> {
    value
        .as_sequence()
        .and_then(|items| items.as_slice().try_into().ok())
        .context("!If takes a list of three")
}
