//! Lambda's event filters: a pattern names fields, and for each the values that pass.

use anyhow::bail;
use serde_json::Value;

/// Every field of the pattern must pass. Operators beyond `prefix`, `suffix` and `exists` are an error by name.
pub(super) fn matches(pattern: &Value, event: &Value) -> anyhow::Result<bool> {
    match pattern {
        Value::Object(fields) => {
            for (name, pattern) in fields {
                if !matches(pattern, &event[name])? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Array(alternatives) => {
            for alternative in alternatives {
                if passes(alternative, event)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            bail!("the pattern {pattern} is neither a field nor a list of values")
        }
    }
}

fn passes(rule: &Value, value: &Value) -> anyhow::Result<bool> {
    let Value::Object(operator) = rule else {
        return Ok(rule == value);
    };
    let text = value.as_str().unwrap_or_default();
    let mut operators = operator.iter();
    match (operators.next(), operators.next()) {
        (Some((name, Value::String(part))), None) if name == "prefix" => Ok(text.starts_with(part)),
        (Some((name, Value::String(part))), None) if name == "suffix" => Ok(text.ends_with(part)),
        (Some((name, Value::Bool(wanted))), None) if name == "exists" => {
            Ok(value.is_null() != *wanted)
        }
        _ => bail!("this filter does not know the rule {rule}"),
    }
}
