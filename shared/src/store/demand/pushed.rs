//! What a message that is pushed by a queue of somebody else's does. It may be delivered again, at any time.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    connection::Provider,
    id::{ConnectionId, SubscriptionId},
};
use jiff::Timestamp;

use super::{
    Asked,
    row::{Change, Row, number, text},
};
use crate::{
    crypto::fingerprint,
    store::{
        TenantStore,
        table::{StoreError, read},
    },
};

/// One message, however often it is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushKey {
    /// Which of the row's places remembers it: there are so many that a burst leaves what it needs, and no more, so
    /// that the row stays small. What a later message goes over would at worst be asked for once more.
    place: String,
    mark: String,
}

const PLACES: u8 = 8;

impl PushKey {
    pub fn of(subscription: &str, message: &str) -> Self {
        let mut mark = fingerprint(format!("{subscription}\n{message}"));
        let place = format!("pushed{}", mark.as_bytes()[0] % PLACES);
        mark.truncate(16);
        Self { place, mark }
    }
}

/// A pushed message, after its sender and its channel token were verified.
pub enum PushAsk {
    Recorded(Box<Asked>),
    /// It asked before. What came after that may still be undone.
    Repeated(Box<Asked>),
    /// The channel was stopped or has expired, or its connection is gone.
    UnknownChannel,
    /// The connection is another tenant's, at this provider.
    Foreign(Provider),
}

impl TenantStore {
    /// Wish and mark are one write: none is there without the other.
    pub async fn ask_by_push(
        &self,
        connection: ConnectionId,
        nonce: SubscriptionId,
        key: &PushKey,
        now: Timestamp,
    ) -> Result<PushAsk, StoreError> {
        let change = Change::new(
            "SET asked = asked + :one, last_trigger = :trigger, last_notice_at = :now, \
             heard.#nonce = :now, #place = :mark",
            "t = :t AND attribute_not_exists(ending) AND channels.#nonce >= :now AND \
             (attribute_not_exists(#place) OR #place <> :mark)",
        )
        .name("#nonce", nonce.to_string())
        .name("#place", &*key.place)
        .value(":mark", text(&*key.mark))
        .value(":one", number(1))
        .value(":trigger", text("notice"))
        .value(":now", number(now.as_millisecond()))
        .value(":t", text(self.tenant));
        let item = match self.table.update(change.on(connection)).await? {
            Ok(item) => return Ok(PushAsk::Recorded(read::<Row>(item)?.into_asked().into())),
            Err(None) => return Ok(PushAsk::UnknownChannel),
            Err(Some(item)) => item,
        };
        let marked = item.get(&key.place).cloned();
        let row: Row = read(item)?;
        let is_ending = row.ending.is_some();
        let asked = row.into_asked();
        Ok(match marked {
            _ if asked.tenant != self.tenant => PushAsk::Foreign(asked.provider),
            Some(AttributeValue::S(mark)) if mark == key.mark && !is_ending => {
                PushAsk::Repeated(asked.into())
            }
            _ => PushAsk::UnknownChannel,
        })
    }
}
