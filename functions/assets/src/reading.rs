//! The document of the API as a page: what stands in it, in words.

use serde_json::Value;
use ui::{
    layout::Theme,
    pages::api::{Answer, ApiPage, Field, Group, Kind, Operation, Parameter, Piece, Shape},
};

/// In the order in which they are read.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) fn page(document: &Value) -> ApiPage {
    let schemas = &document["components"]["schemas"];
    ApiPage {
        theme: Theme::default(),
        version: text(&document["info"]["version"]),
        guide: guide(&text(&document["info"]["description"])),
        groups: list(&document["tags"])
            .map(|tag| group(document, tag))
            .collect(),
        shapes: fields(schemas)
            .filter(|(name, _)| *name != "ProblemCode")
            .map(|(name, schema)| shape(name, schema))
            .collect(),
        codes: list(&schemas["ProblemCode"]["oneOf"])
            .map(|code| (text(&code["const"]), text(&code["description"])))
            .collect(),
    }
}

/// Parts by their headings.
fn guide(words: &str) -> Vec<(String, Vec<String>)> {
    let part = |(number, part): (usize, &str)| {
        let (title, rest) = match number {
            0 => ("", part),
            _ => part.split_once('\n').unwrap_or((part, "")),
        };
        (title.to_owned(), paragraphs(rest))
    };
    words.split("## ").enumerate().map(part).collect()
}

fn paragraphs(words: &str) -> Vec<String> {
    let all = words.split("\n\n").map(str::trim);
    all.filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

fn group(document: &Value, tag: &Value) -> Group {
    let operations = fields(&document["paths"]).flat_map(|(path, methods)| {
        let each = METHODS.iter().map(move |method| {
            let said = &methods[method];
            (path, *method, said)
        });
        each.filter(|(.., said)| list(&said["tags"]).any(|own| *own == tag["name"]))
    });
    Group {
        name: text(&tag["name"]),
        words: text(&tag["description"]),
        operations: operations
            .map(|(path, method, said)| operation(path, method, said))
            .collect(),
    }
}

fn operation(path: &str, method: &str, said: &Value) -> Operation {
    let body = &said["requestBody"];
    let mut kind = json_kind(body);
    if let Some(kind) = kind.as_mut()
        && body["required"] == false
    {
        kind.say(", or nothing");
    }
    Operation {
        id: text(&said["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&said["summary"]),
        words: text(&said["description"]),
        needs: needs(&said["security"]),
        parameters: list(&said["parameters"]).map(parameter).collect(),
        body: kind,
        answers: fields(&said["responses"])
            .map(|(status, said)| answer(status, said))
            .collect(),
    }
}

fn needs(security: &Value) -> &'static str {
    let any = security.get(0).and_then(Value::as_object);
    match any.map(|any| any.contains_key("csrf")) {
        None => "Answers whoever asks.",
        Some(false) => "Needs a session.",
        Some(true) => "Needs a session, and `X-CSRF-Token`.",
    }
}

fn parameter(said: &Value) -> Parameter {
    Parameter {
        name: text(&said["name"]),
        place: text(&said["in"]),
        required: said["required"] == true,
        kind: kind(&said["schema"]),
        words: text(&said["description"]),
    }
}

fn answer(status: &str, said: &Value) -> Answer {
    Answer {
        status: status.to_owned(),
        words: paragraphs(&text(&said["description"])),
        kind: json_kind(said),
        headers: fields(&said["headers"])
            .map(|(name, _)| format!("`{name}`"))
            .collect(),
    }
}

/// What a body holds, whichever kind of JSON it is.
fn json_kind(said: &Value) -> Option<Kind> {
    let (_, content) = fields(&said["content"]).next()?;
    Some(kind(&content["schema"]))
}

fn shape(name: &str, schema: &Value) -> Shape {
    let choices = choices(schema).map(|choice| (kind(choice), text(&choice["description"])));
    let is_object = schema["properties"].is_object();
    Shape {
        name: name.to_owned(),
        words: text(&schema["description"]),
        fields: shape_fields(schema),
        kind: if is_object || choices.clone().next().is_some() {
            Kind::default()
        } else {
            kind(schema)
        },
        choices: choices.collect(),
    }
}

fn shape_fields(schema: &Value) -> Vec<Field> {
    let field = |(name, said): (&str, &Value)| Field {
        name: name.to_owned(),
        required: list(&schema["required"]).any(|one| one == name),
        kind: kind(said),
        words: text(&said["description"]),
    };
    fields(&schema["properties"]).map(field).collect()
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> + Clone {
    ["oneOf", "anyOf"]
        .into_iter()
        .flat_map(|of| list(&schema[of]))
}

/// What a value is.
fn kind(schema: &Value) -> Kind {
    let mut said = Kind::default();
    let mut whole = list(&schema["allOf"]).chain([schema]);
    if let Some(name) = whole.find_map(|one| one["$ref"].as_str()) {
        let name = name.rsplit('/').next().unwrap_or(name);
        said.0.push(Piece::Shape(name.to_owned()));
    } else if let Some(only) = schema.get("const") {
        said.say(&format!("`{}`", value(only)));
    } else if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .map(|one| format!("`{}`", value(one)))
            .collect();
        said.say(&values.join(" or "));
    } else if choices(schema).next().is_some() {
        for (number, choice) in choices(schema).enumerate() {
            if number > 0 {
                said.say(" or ");
            }
            said.0.extend(kind(choice).0);
        }
    } else {
        // One, or a list of them.
        let types =
            list(&schema["type"]).chain(schema["type"].is_string().then_some(&schema["type"]));
        let types: Vec<String> = types.map(text).collect();
        for (number, name) in types.iter().enumerate() {
            if number > 0 {
                said.say(" or ");
            }
            said.0.extend(of_type(name, schema).0);
        }
    }
    said
}

fn of_type(name: &str, schema: &Value) -> Kind {
    let mut said = Kind::default();
    match name {
        "string" => said.say(&texts(schema)),
        "integer" => said.say(&numbers(schema)),
        "boolean" => said.say("`true` or `false`"),
        "array" => {
            said.say("list of ");
            said.0.extend(kind(&schema["items"]).0);
            if let Some(most) = schema.get("maxItems") {
                said.say(&format!(", at most {most}"));
            }
        }
        "object" => said.0.extend(object(schema).0),
        "null" => said.say("`null`"),
        other => said.say(other),
    }
    said
}

fn texts(schema: &Value) -> String {
    let kind = match schema["format"].as_str() {
        Some("date-time") => "time (RFC 3339)".to_owned(),
        Some(format) => format!("text ({format})"),
        None => "text".to_owned(),
    };
    let pattern = schema["pattern"].as_str();
    let pattern = pattern.map_or_else(String::new, |pattern| format!(" like `{pattern}`"));
    let most = schema["maxLength"].as_u64();
    let most = most.map_or_else(String::new, |most| format!(" of at most {most} characters"));
    kind + &pattern + &most
}

fn numbers(schema: &Value) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(least), Some(most)) => format!("number from {least} to {most}"),
        (Some(least), None) => format!("number from {least}"),
        (None, _) => "number".to_owned(),
    }
}

/// One without a name of its own: its fields, or what it holds under any name.
fn object(schema: &Value) -> Kind {
    let mut said = Kind::default();
    let any = fields(&schema["patternProperties"]).map(|(_, held)| held);
    let mut any = any.chain(schema.get("additionalProperties"));
    if let Some(held) = any.find(|held| held.is_object()) {
        said.say("object of ");
        said.0.extend(kind(held).0);
        return said;
    }
    if !schema["properties"].is_object() {
        said.say("object");
        return said;
    }
    for (number, (name, held)) in fields(&schema["properties"]).enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        said.say(&format!("{comma}`{name}`: "));
        said.0.extend(kind(held).0);
    }
    said
}

fn list(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = value.as_object().into_iter().flatten();
    all.map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn value(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
