//! How values become items, and the guard that every write carries.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update as UpdateItem,
};
use domain::id::TenantId;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    keys::Key,
    table::{Attributes, StoreError, Update, key_attributes},
};

/// Readers accept this version of an item and the one before.
const SCHEMA_VERSION: &str = "1";

/// What must hold for a write, besides that the item is the tenant's own or new.
#[derive(Clone, Debug)]
pub(super) enum Guard {
    Any,
    Absent,
    /// The item's `version` is still the one that was read.
    Version(u64),
}

impl Guard {
    /// The version that was read; 0 where nothing was found.
    pub(super) fn of_version(version: u64) -> Self {
        match version {
            0 => Self::Absent,
            version => Self::Version(version),
        }
    }
}

/// A value on its way into the table.
pub(super) struct Item {
    key: Key,
    attributes: Result<Attributes, serde_dynamo::Error>,
    kind: &'static str,
    tenant: Option<TenantId>,
    guard: Guard,
}

impl Item {
    pub(super) fn new(
        kind: &'static str,
        key: Key,
        tenant: Option<TenantId>,
        value: &impl Serialize,
    ) -> Self {
        Self {
            key,
            attributes: serde_dynamo::to_item(value),
            kind,
            tenant,
            guard: Guard::Any,
        }
    }

    pub(super) fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// The table may forget the item after that; readers still check the time themselves.
    pub(super) fn expires_at(mut self, at: Timestamp) -> Self {
        if let Ok(attributes) = &mut self.attributes {
            attributes.insert("ttl".into(), AttributeValue::N(at.as_second().to_string()));
        }
        self
    }

    pub(super) fn put(self) -> Result<Write, StoreError> {
        let mut attributes = self.attributes.map_err(|source| StoreError::Corrupt {
            what: self.kind,
            source: Box::new(source),
        })?;
        attributes.extend(key_attributes(&self.key));
        attributes.insert("et".into(), AttributeValue::S(self.kind.into()));
        attributes.insert("sv".into(), AttributeValue::N(SCHEMA_VERSION.into()));
        if let Some(tenant) = self.tenant {
            attributes.insert("t".into(), AttributeValue::S(tenant.to_string()));
        }
        Ok(Write {
            act: Act::Put(attributes),
            condition: Condition::new(self.tenant, &self.guard),
        })
    }
}

/// One write of a transaction.
#[derive(Clone)]
pub(super) struct Write {
    act: Act,
    condition: Condition,
}

#[derive(Clone)]
enum Act {
    Put(Attributes),
    Delete(Key),
    Check(Key),
    Update {
        key: Key,
        expression: String,
        names: HashMap<String, String>,
    },
}

#[derive(Clone)]
struct Condition {
    expression: String,
    values: Attributes,
}

impl Condition {
    fn new(tenant: Option<TenantId>, guard: &Guard) -> Self {
        let mut values = HashMap::new();
        let own = match tenant {
            Some(tenant) => {
                values.insert(":t".to_owned(), AttributeValue::S(tenant.to_string()));
                "t = :t"
            }
            None => "attribute_not_exists(t)",
        };
        let expression = match guard {
            Guard::Any => format!("attribute_not_exists(PK) OR {own}"),
            Guard::Absent => {
                values.clear();
                "attribute_not_exists(PK)".into()
            }
            Guard::Version(version) => {
                values.insert(":v".into(), AttributeValue::N(version.to_string()));
                format!("{own} AND version = :v")
            }
        };
        Self { expression, values }
    }

    fn number(tenant: TenantId, attribute: &str, value: u64) -> Self {
        let values = HashMap::from([
            (":t".to_owned(), AttributeValue::S(tenant.to_string())),
            (":n".to_owned(), AttributeValue::N(value.to_string())),
        ]);
        let expression = format!("t = :t AND {attribute} = :n");
        Self { expression, values }
    }
}

impl Write {
    /// Deleting what is already gone succeeds, unless a version is insisted on.
    pub(super) fn delete(key: Key, tenant: Option<TenantId>, guard: &Guard) -> Self {
        Self {
            act: Act::Delete(key),
            condition: Condition::new(tenant, guard),
        }
    }

    /// Insists on an item without writing it.
    pub(super) fn check(key: Key, tenant: TenantId, version: u64) -> Self {
        Self {
            act: Act::Check(key),
            condition: Condition::new(Some(tenant), &Guard::Version(version)),
        }
    }

    /// Insists that a number of an item is still what it was.
    pub(super) fn check_number(
        key: Key,
        tenant: TenantId,
        attribute: &'static str,
        value: u64,
    ) -> Self {
        Self {
            act: Act::Check(key),
            condition: Condition::number(tenant, attribute, value),
        }
    }

    /// Deletes an item while a number of it is still what it was.
    pub(super) fn delete_that(
        key: Key,
        tenant: TenantId,
        attribute: &'static str,
        value: u64,
    ) -> Self {
        Self {
            act: Act::Delete(key),
            condition: Condition::number(tenant, attribute, value),
        }
    }

    /// Insists on what a row of the tenant's says, in words of the table.
    pub(super) fn check_that(key: Key, tenant: TenantId, condition: &'static str) -> Self {
        let t = AttributeValue::S(tenant.to_string());
        let condition = Condition {
            expression: format!("t = :t AND {condition}"),
            values: HashMap::from([(":t".to_owned(), t)]),
        };
        Self {
            act: Act::Check(key),
            condition,
        }
    }

    /// An update that succeeds or fails with all the rest.
    pub(super) fn update(update: Update) -> Self {
        Self {
            act: Act::Update {
                key: update.key,
                expression: update.expression,
                names: update.names,
            },
            condition: Condition {
                expression: update.condition,
                values: update.values,
            },
        }
    }

    pub(super) fn into_transaction(self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let malformed = |source| StoreError::Corrupt {
            what: "write",
            source: Box::new(source),
        };
        let Condition { expression, values } = self.condition;
        let values = Some(values).filter(|values| !values.is_empty());
        let built = TransactWriteItem::builder();
        Ok(match self.act {
            Act::Put(item) => built.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .condition_expression(expression)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
            Act::Delete(key) => built.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_attributes(&key)))
                    .condition_expression(expression)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
            Act::Update {
                key,
                expression: update,
                names,
            } => built.update(
                UpdateItem::builder()
                    .table_name(table)
                    .set_key(Some(key_attributes(&key)))
                    .update_expression(update)
                    .set_expression_attribute_names(Some(names).filter(|names| !names.is_empty()))
                    .condition_expression(expression)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
            Act::Check(key) => built.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key_attributes(&key)))
                    .condition_expression(expression)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
        }
        .build())
    }
}
