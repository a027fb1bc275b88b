//! Requests to the table: reads are consistent, writes are conditional, failures are told apart once.

use std::{collections::HashMap, fmt::Display, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    types::{AttributeValue, KeysAndAttributes, ReturnValue, TransactWriteItem},
};
use serde::de::DeserializeOwned;

use super::{item::Item, keys::Key};
use crate::ids;

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// DynamoDB's own bounds.
const BATCH_GET_MAX: usize = 100;
pub(super) const TRANSACTION_ITEMS_MAX: usize = 100;
/// Two writers touched one item in the same moment; the next try usually finds it quiet.
const CONTENTION_TRIES_MAX: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first: look again.
    #[error("the item changed meanwhile")]
    Conflict,
    #[error("the table does not answer {operation}")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("a stored {what} cannot be read")]
    Corrupt {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<StoreError> for crate::problem::Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::conflict(
                "changed_meanwhile",
                "Someone changed this at the same time. Load it again and retry.",
            ),
            StoreError::Unavailable { .. } | StoreError::Corrupt { .. } => Self::unavailable(error),
        }
    }
}

pub(super) fn unavailable<E>(operation: &'static str) -> impl FnOnce(SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| StoreError::Unavailable {
        operation,
        source: Box::new(source),
    }
}

pub(super) fn read<T: DeserializeOwned>(attributes: Attributes) -> Result<T, StoreError> {
    serde_dynamo::from_item(attributes).map_err(|source| StoreError::Corrupt {
        what: std::any::type_name::<T>(),
        source: Box::new(source),
    })
}

#[derive(Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    pub(super) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<Option<T>, StoreError> {
        self.get_item(key).await?.map(read).transpose()
    }

    pub(super) async fn get_item(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .consistent_read(true);
        let answer = request
            .set_key(Some(key_attributes(key)))
            .send()
            .await
            .map_err(unavailable("GetItem"))?;
        Ok(answer.item)
    }

    /// Two items of different kinds in one request.
    pub(super) async fn get_both<A: DeserializeOwned, B: DeserializeOwned>(
        &self,
        first: &Key,
        second: &Key,
    ) -> Result<(Option<A>, Option<B>), StoreError> {
        let keys = [first.clone(), second.clone()];
        let found = self.get_items(&keys).await?;
        let of = |key: &Key| {
            let is_there = |item: &&Attributes| {
                key_attributes(key)
                    .iter()
                    .all(|(name, value)| item.get(name) == Some(value))
            };
            found.iter().find(is_there).cloned()
        };
        let (first, second) = (of(first), of(second));
        Ok((first.map(read).transpose()?, second.map(read).transpose()?))
    }

    /// Reads many items; those that do not exist are simply absent from the answer.
    pub(super) async fn get_many<T: DeserializeOwned>(
        &self,
        keys: &[Key],
    ) -> Result<Vec<T>, StoreError> {
        let found = self.get_items(keys).await?;
        found.into_iter().map(read).collect()
    }

    async fn get_items(&self, keys: &[Key]) -> Result<Vec<Attributes>, StoreError> {
        let mut found = Vec::new();
        for chunk in keys.chunks(BATCH_GET_MAX) {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(chunk.iter().map(key_attributes).collect()))
                .consistent_read(true)
                .build()
                .map_err(|source| StoreError::Unavailable {
                    operation: "BatchGetItem",
                    source: Box::new(source),
                })?;
            let mut left = Some(HashMap::from([(self.name.clone(), wanted)]));
            while let Some(request) = left.take() {
                let answer = self
                    .client
                    .batch_get_item()
                    .set_request_items(Some(request))
                    .send()
                    .await
                    .map_err(unavailable("BatchGetItem"))?;
                let items = answer.responses.into_iter().flat_map(HashMap::into_values);
                found.extend(items.flatten());
                left = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            }
        }
        Ok(found)
    }

    /// The items of one partition whose sort key lies in `from..to`, at most `limit`, in order.
    pub(super) async fn range<T: DeserializeOwned>(
        &self,
        range: Range<'_>,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.range_of_items(range).await?;
        found.into_iter().map(read).collect()
    }

    pub(super) async fn range_of_items(
        &self,
        range: Range<'_>,
    ) -> Result<Vec<Attributes>, StoreError> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .consistent_read(true)
                .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
                .expression_attribute_values(":pk", AttributeValue::S(range.pk.into()))
                .expression_attribute_values(":from", AttributeValue::S(range.from.clone()))
                .expression_attribute_values(":to", AttributeValue::S(range.to.clone()))
                .scan_index_forward(!range.newest_first)
                .limit(i32::try_from(range.limit - found.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable("Query"))?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= range.limit {
                return Ok(found);
            }
        }
    }

    pub(super) async fn put(&self, item: Item) -> Result<(), StoreError> {
        self.write(vec![item.put()?]).await
    }

    /// All or nothing. A single write is sent as a transaction too: one code path, and the cost of one write more.
    pub(super) async fn write(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let items: Vec<TransactWriteItem> = writes
            .into_iter()
            .map(|write| write.into_transaction(&self.name))
            .collect::<Result<_, _>>()?;
        debug_assert!(
            items.len() <= TRANSACTION_ITEMS_MAX,
            "{} writes",
            items.len()
        );
        for attempt in 0..CONTENTION_TRIES_MAX {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .send()
                .await;
            match sent {
                Ok(_) => return Ok(()),
                Err(error) => match cancelled_because(&error) {
                    Some(Cancelled::Condition) => return Err(StoreError::Conflict),
                    Some(Cancelled::Contention) if attempt + 1 < CONTENTION_TRIES_MAX => {
                        let wait_ms = u64::from(20 * (attempt + 1) + ids::below(30));
                        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                    }
                    // What is there was not looked at: this is no conflict.
                    Some(Cancelled::Contention) | None => {
                        return Err(unavailable("TransactWriteItems")(error));
                    }
                },
            }
        }
        Err(StoreError::Conflict)
    }

    /// One conditional update. `Ok(Err(old))` is a refused condition, with the item as it is.
    pub(super) async fn update(
        &self,
        update: Update,
    ) -> Result<Result<Attributes, Option<Attributes>>, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(&update.key)))
            .update_expression(update.expression)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names).filter(|names| !names.is_empty()))
            .set_expression_attribute_values(
                Some(update.values).filter(|values| !values.is_empty()),
            )
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            )
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(Ok(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(failed.item.clone()))
                }
                _ => Err(unavailable("UpdateItem")(error)),
            },
        }
    }

    /// Deletes and returns the item: of several callers exactly one gets it.
    pub(super) async fn take<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<Option<T>, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(key)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(unavailable("DeleteItem"))?;
        answer.attributes.map(read).transpose()
    }
}

pub(super) struct Range<'a> {
    pub(super) pk: &'a str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) limit: usize,
    pub(super) newest_first: bool,
}

/// Before every sort key. An empty bound will not do: DynamoDB refuses empty text wherever a key is meant.
const BEFORE_ALL: &str = " ";

impl<'a> Range<'a> {
    /// Every sort key that begins with `prefix`; with an empty one, the whole partition.
    pub(super) fn prefix(pk: &'a str, prefix: &str, limit: usize) -> Self {
        let from = if prefix.is_empty() {
            BEFORE_ALL
        } else {
            prefix
        };
        Self {
            pk,
            from: from.into(),
            to: format!("{prefix}\u{10FFFF}"),
            limit,
            newest_first: false,
        }
    }

    pub(super) fn newest_first(self) -> Self {
        Self {
            newest_first: true,
            ..self
        }
    }

    /// Only what stands before this sort key, an id, if there is one.
    pub(super) fn before(mut self, id: Option<impl Display>) -> Self {
        if let Some(id) = id {
            // Bounds are inclusive. The last letter of an id is a plain one.
            let mut id = id.to_string().into_bytes();
            if let Some(last) = id.last_mut() {
                *last -= 1;
            }
            self.to = format!("{}\u{10FFFF}", String::from_utf8_lossy(&id));
        }
        self
    }
}

pub(super) struct Update {
    pub(super) key: Key,
    pub(super) expression: String,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Attributes,
}

pub(super) use super::item::Write;

enum Cancelled {
    Condition,
    Contention,
}

fn cancelled_because(error: &SdkError<TransactWriteItemsError>) -> Option<Cancelled> {
    let refused = error.as_service_error()?;
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused else {
        let contended = refused.code() == Some("TransactionInProgressException");
        return contended.then_some(Cancelled::Contention);
    };
    let codes = || {
        cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code())
    };
    if codes().any(|code| code == "ConditionalCheckFailed") {
        return Some(Cancelled::Condition);
    }
    codes()
        .any(|code| code == "TransactionConflict")
        .then_some(Cancelled::Contention)
}

pub(super) fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([
        ("PK".to_owned(), AttributeValue::S(key.pk.clone())),
        ("SK".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}
