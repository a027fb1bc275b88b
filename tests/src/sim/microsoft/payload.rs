//! Request bodies, held against the types of the metadata.

use serde_json::{Map, Value};

use super::fields::Kind::{self, Choice, Flag, Int, List, Number, Object, Text};
use super::fields::{EVENT_READ_ONLY, Type};
use super::wire::GraphError;

/// Reads a body of the given type; `null` stands for "none" and is kept.
pub(super) fn read_body(body: &[u8], of: &Type) -> Result<Map<String, Value>, GraphError> {
    let read = serde_json::from_slice::<Value>(body);
    let Ok(Value::Object(fields)) = read else {
        return Err(GraphError::bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        ));
    };
    check(&fields, of)?;
    Ok(without_annotations(fields))
}

fn check(fields: &Map<String, Value>, of: &Type) -> Result<(), GraphError> {
    for (name, value) in fields {
        if name.contains('@') {
            check_annotation(name, value, of)?;
            continue;
        }
        if of.name == "event" && EVENT_READ_ONLY.contains(&name.as_str()) {
            let message = format!("Set action is invalid for property: '{name}'.");
            return Err(GraphError::new(400, "ErrorInvalidPropertySet", message).into_refusal());
        }
        let Some((_, kind)) = of.properties.iter().find(|(known, _)| known == name) else {
            return Err(unknown_property(name, of));
        };
        check_value(name, value, *kind)?;
    }
    Ok(())
}

fn unknown_property(name: &str, of: &Type) -> GraphError {
    let message = format!(
        "The property '{name}' does not exist on type 'microsoft.graph.{}'. Make sure to only use property names that are defined by the type.",
        of.name
    );
    GraphError::new(400, "RequestBodyRead", message).into_refusal()
}

/// The type may be named, and must then be the right one.
fn check_annotation(name: &str, value: &Value, of: &Type) -> Result<(), GraphError> {
    let told = value.as_str().unwrap_or_default().trim_start_matches('#');
    let fits = match name.split_once('@') {
        Some(("", "odata.type")) => told == format!("microsoft.graph.{}", of.name),
        Some((property, "odata.type")) => {
            told.starts_with("Collection(")
                && of.properties.iter().any(|(known, _)| *known == property)
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "A value of {told:?} was found for '{name}', which does not fit type 'microsoft.graph.{}'.",
        of.name
    );
    Err(GraphError::new(400, "RequestBodyRead", message).into_refusal())
}

fn check_value(name: &str, value: &Value, kind: Kind) -> Result<(), GraphError> {
    let wrong = || {
        let message =
            format!("Cannot convert the value of property '{name}' to the expected type.");
        Err(GraphError::new(400, "RequestBodyRead", message))
    };
    match (kind, value) {
        (Text | Object(_), Value::Null)
        | (Text, Value::String(_))
        | (Flag, Value::Bool(_))
        | (Number, Value::Number(_)) => Ok(()),
        (Int, Value::Number(number)) if number.is_i64() => Ok(()),
        (Choice(known), Value::String(text)) => {
            let fits = known.iter().any(|known| known.eq_ignore_ascii_case(text));
            if fits { Ok(()) } else { wrong() }
        }
        (Object(of), Value::Object(fields)) => check(fields, of),
        (List(of), Value::Array(items)) => items
            .iter()
            .try_for_each(|item| check_value(name, item, *of)),
        _ => wrong(),
    }
}

fn without_annotations(fields: Map<String, Value>) -> Map<String, Value> {
    let own = fields.into_iter().filter(|(name, _)| !name.contains('@'));
    own.map(|(name, value)| (name, bare(value))).collect()
}

fn bare(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(without_annotations(fields)),
        Value::Array(items) => items.into_iter().map(bare).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

/// A choice as Graph answers it, whatever the case it came in.
pub(super) fn settled(kind: Kind, value: Value) -> Value {
    match (kind, value) {
        (Choice(known), Value::String(text)) => {
            let found = known.iter().find(|known| known.eq_ignore_ascii_case(&text));
            Value::String(found.map_or(text, |known| (*known).to_owned()))
        }
        (Object(of), Value::Object(fields)) => {
            let settle = |(name, value): (String, Value)| {
                let kind = of.properties.iter().find(|(known, _)| *known == name);
                let value = match kind {
                    Some((_, kind)) => settled(*kind, value),
                    None => value,
                };
                (name, value)
            };
            Value::Object(fields.into_iter().map(settle).collect())
        }
        (List(of), Value::Array(items)) => {
            items.into_iter().map(|item| settled(*of, item)).collect()
        }
        (_, other) => other,
    }
}
