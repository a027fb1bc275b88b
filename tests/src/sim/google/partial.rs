//! Partial answers: the `fields` parameter, such as `nextPageToken,items(id,start/dateTime)`.

use serde_json::{Map, Value};

use super::wire::{ApiError, Reply};

/// The fields to keep. Empty means all of them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mask(Vec<(String, Mask)>);

impl Mask {
    pub(super) fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let mut rest = text;
        let mask = Self::read(&mut rest);
        match mask {
            Some(mask) if rest.is_empty() && !mask.0.is_empty() => Ok(mask),
            _ => Err(ApiError::new(
                400,
                "invalidParameter",
                format!("Invalid field selection {text}"),
            )
            .at_parameter("fields")),
        }
    }

    pub(super) fn select(&self, reply: Reply) -> Reply {
        Reply {
            body: reply.body.map(|body| self.apply(body)),
            ..reply
        }
    }

    fn read(rest: &mut &str) -> Option<Self> {
        let mut fields = Vec::new();
        loop {
            let end = rest.find([',', '/', '(', ')']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() {
                return None;
            }
            *rest = after;
            let mut inner = Self::default();
            if let Some(path) = rest.strip_prefix('/') {
                *rest = path;
                let (one, after) = Self::read_path(path)?;
                inner = one;
                *rest = after;
            } else if let Some(group) = rest.strip_prefix('(') {
                *rest = group;
                inner = Self::read(rest)?;
                *rest = rest.strip_prefix(')')?;
            }
            fields.push((name.to_owned(), inner));
            match rest.strip_prefix(',') {
                Some(more) => *rest = more,
                None => return Some(Self(fields)),
            }
        }
    }

    /// What follows a slash: one field, which may have a path or a group of its own.
    fn read_path(text: &str) -> Option<(Self, &str)> {
        let end = text.find([',', '/', '(', ')']).unwrap_or(text.len());
        let (name, after) = text.split_at(end);
        if name.is_empty() {
            return None;
        }
        let (inner, after) = if let Some(path) = after.strip_prefix('/') {
            Self::read_path(path)?
        } else if let Some(mut group) = after.strip_prefix('(') {
            let inner = Self::read(&mut group)?;
            (inner, group.strip_prefix(')')?)
        } else {
            (Self::default(), after)
        };
        Some((Self(vec![(name.to_owned(), inner)]), after))
    }

    fn apply(&self, value: Value) -> Value {
        if self.0.is_empty() || self.0.iter().any(|(name, _)| name == "*") {
            return value;
        }
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.apply(item)).collect(),
            Value::Object(mut map) => {
                let mut kept = Map::new();
                for (name, inner) in &self.0 {
                    if let Some(value) = map.remove(name) {
                        kept.insert(name.clone(), inner.apply(value));
                    }
                }
                Value::Object(kept)
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
        }
    }
}
