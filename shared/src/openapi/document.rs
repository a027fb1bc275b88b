//! The document, from what was said of the operations.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Answer, Api, Content, Header, Operation};
use domain::{api_key::ApiKey, permission::Permission};

use crate::{
    problem,
    web::{Gate, Need},
};

/// Where a component stands.
const SCHEMAS: &str = "/components/schemas";
const PROBLEM: &str = "#/components/schemas/Problem";
const PROBLEM_CODE: &str = "#/components/schemas/ProblemCode";

/// What is read and what is written may differ in what must be there.
struct Shapes {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Shapes {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
        });
        Self {
            read: settings.clone().for_deserialize().into_generator(),
            written: settings.for_serialize().into_generator(),
        }
    }

    /// All that have a name. One name is one shape: two would be told apart by nobody.
    fn named(mut self) -> Map<String, Value> {
        let mut named = self.written.take_definitions(true);
        for (name, shape) in self.read.take_definitions(true) {
            let known = named.entry(name.clone()).or_insert_with(|| shape.clone());
            assert_eq!(*known, shape, "{name} is read and written differently");
        }
        named
    }
}

impl Api {
    pub fn document(&self) -> Value {
        let mut shapes = Shapes::new();
        problem::Shown::describe(&mut shapes.written);
        let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for group in &self.groups {
            for operation in &group.operations {
                let methods = paths.entry(operation.path).or_default();
                let method = operation.method.as_str().to_lowercase();
                methods.insert(method, operation.document(group.name, &mut shapes));
            }
        }
        let mut named = shapes.named();
        named["Problem"]["properties"]["code"] = json!({ "$ref": PROBLEM_CODE });
        named.insert("ProblemCode".to_owned(), self.codes());
        let tags: Vec<Value> = self
            .groups
            .iter()
            .filter(|group| !group.words.is_empty())
            .map(|group| json!({ "name": group.name, "description": group.words }))
            .collect();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Kalends",
                "version": env!("CARGO_PKG_VERSION"),
                "description": include_str!("guide.md"),
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "tags": tags,
            "paths": paths,
            "components": { "schemas": named, "securitySchemes": security_schemes() },
        })
    }

    /// Every code, with what it says wherever it is given.
    fn codes(&self) -> Value {
        let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let statuses = self
            .operations()
            .flat_map(|one| one.problems().into_values());
        for (code, words) in statuses.flatten() {
            codes.entry(code).or_default().insert(words);
        }
        let each = codes.into_iter().map(|(code, words)| {
            let words: Vec<String> = words.into_iter().collect();
            json!({ "const": code, "description": words.join(" Or: ") })
        });
        json!({
            "description": "Why a request was refused, for programs. A later version may give more.",
            "oneOf": each.collect::<Vec<Value>>(),
        })
    }
}

/// A browser takes the prefix only over TLS, so a local run has the cookie without it.
fn security_schemes() -> Value {
    json!({
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-kalends",
            "description": "Set by signing in, signing up and refreshing.",
        },
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, as a person made it. What it may do is named by its scopes.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRF-Token",
            "description": "The `csrf_token` of the answer that set the session's cookies.",
        },
    })
}

impl Operation {
    fn document(&self, group: &str, shapes: &mut Shapes) -> Value {
        let mut document = json!({
            "operationId": self.id,
            "tags": [group],
            "summary": self.summary,
            "security": self.security(),
            "responses": self.responses(shapes),
        });
        if let Some(words) = self.words {
            document["description"] = words.into();
        }
        let parameters = self.parameters(shapes);
        if !parameters.is_empty() {
            document["parameters"] = parameters.into();
        }
        if let Some(body) = &self.body {
            document["requestBody"] = json!({
                "required": body.is_required,
                "content": body.content.document(&mut shapes.read),
            });
        }
        document
    }

    /// What a caller must bring.
    fn security(&self) -> Value {
        if self.is_open() {
            return json!([]);
        }
        let browser = if self.method.is_safe() {
            json!({ "session": [] })
        } else {
            json!({ "session": [], "csrf": [] })
        };
        match self.scope() {
            Some(scope) => json!([browser, { "key": [scope.name()] }]),
            None => json!([browser]),
        }
    }

    /// What a key needs to do it; `None` where a person is meant.
    fn scope(&self) -> Option<Permission> {
        match self.gate {
            Some(Gate {
                need: Need::May(scope),
                confirmed: false,
            }) => Some(scope).filter(|scope| ApiKey::SCOPES.contains(scope)),
            Some(_) | None => None,
        }
    }

    fn parameters(&self, shapes: &mut Shapes) -> Vec<Value> {
        let mut parameters: Vec<Value> = Vec::new();
        for (name, shape) in &self.places {
            let schema = shape(&mut shapes.read);
            parameters
                .push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        if let Some(query) = self.query {
            parameters.extend(query_parameters(&Value::from(query(&mut shapes.read))));
        }
        if !self.is_open() && !self.method.is_safe() {
            parameters.push(json!({
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A name for this call. Repeated within a day, it is answered like the first time and carried out once.",
                "schema": { "type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$" },
            }));
        }
        if self.takes_version {
            parameters.push(json!({
                "name": "If-Match",
                "in": "header",
                "description": "The `ETag` that it was read with: refused if it is at another version by now.",
                "schema": { "type": "string", "pattern": r#"^"(0|[1-9][0-9]{0,18})"$"# },
            }));
        }
        parameters
    }

    fn responses(&self, shapes: &mut Shapes) -> Value {
        let mut responses = Map::new();
        for answer in &self.answers {
            responses.insert(answer.status.as_str().to_owned(), answer.document(shapes));
        }
        for (status, codes) in self.problems() {
            let words: Vec<String> = codes
                .iter()
                .map(|(code, words)| format!("`{code}`: {words}"))
                .collect();
            let mut response = json!({
                "description": words.join("\n\n"),
                "content": { "application/problem+json": { "schema": {
                    "allOf": [{ "$ref": PROBLEM }],
                    "properties": { "code": { "enum": codes.keys().collect::<Vec<_>>() } },
                } } },
            });
            let waits = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::SERVICE_UNAVAILABLE,
            ];
            if waits.iter().any(|waits| waits.as_u16() == status) {
                response["headers"] = headers(&[Header::RetryAfter]);
            }
            responses.insert(status.to_string(), response);
        }
        responses.into()
    }
}

/// Each field of a query as a parameter. None is ever null: it is there or not.
fn query_parameters(query: &Value) -> Vec<Value> {
    let required: Vec<&Value> = query["required"].as_array().into_iter().flatten().collect();
    let fields = query["properties"].as_object().into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = without_null(schema);
        let words = schema
            .as_object_mut()
            .and_then(|fields| fields.remove("description"));
        let is_required = required.iter().any(|one| *one == name);
        let mut parameter =
            json!({ "name": name, "in": "query", "required": is_required, "schema": schema });
        if let Some(words) = words {
            parameter["description"] = words;
        }
        parameter
    };
    fields.map(parameter).collect()
}

fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(types) = schema["type"].as_array() {
        let mut types = types.iter().filter(|kind| *kind != "null");
        schema["type"] = types.next().cloned().unwrap_or_default();
    }
    if let Some(values) = schema["enum"].as_array_mut() {
        values.retain(|value| !value.is_null());
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let some = choices.iter().find(|choice| choice["type"] != "null");
        if let (Some(Value::Object(some)), Some(fields)) = (some.cloned(), schema.as_object_mut()) {
            fields.remove("anyOf");
            fields.extend(some);
        }
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    schema
}

impl Content {
    fn document(&self, generator: &mut SchemaGenerator) -> Value {
        match self {
            Self::Json(shape) => json!({ "application/json": { "schema": shape(generator) } }),
            Self::File(kinds) => {
                let each = kinds.iter().map(|kind| {
                    let text = json!({ "schema": { "type": "string" } });
                    ((*kind).to_owned(), text)
                });
                each.collect::<Map<String, Value>>().into()
            }
        }
    }
}

impl Answer {
    fn document(&self, shapes: &mut Shapes) -> Value {
        let mut document = json!({ "description": self.words });
        if let Some(content) = &self.content {
            document["content"] = content.document(&mut shapes.written);
        }
        if !self.headers.is_empty() {
            document["headers"] = headers(&self.headers);
        }
        for (operation, parameter, pointer) in &self.next {
            document["links"][operation] = json!({
                "operationId": operation,
                "parameters": { *parameter: format!("$response.body#{pointer}") },
            });
        }
        document
    }
}

fn headers(headers: &[Header]) -> Value {
    let each = headers.iter().map(|header| {
        let (name, words, schema) = match header {
            Header::Etag => (
                "ETag",
                "The version of what is shown, for `If-Match` or `If-None-Match`.",
                json!({ "type": "string" }),
            ),
            Header::Location => (
                "Location",
                "Where to look.",
                json!({ "type": "string", "format": "uri-reference" }),
            ),
            Header::SetCookie => (
                "Set-Cookie",
                "The cookies of the session; there are two of these.",
                json!({ "type": "string" }),
            ),
            Header::RetryAfter => (
                "Retry-After",
                "Seconds to wait.",
                json!({ "type": "integer", "minimum": 0 }),
            ),
        };
        let header = json!({ "description": words, "required": true, "schema": schema });
        (name.to_owned(), header)
    });
    each.collect::<Map<String, Value>>().into()
}
