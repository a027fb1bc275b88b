//! Letting items be tried again that failed too often, or that a person does not want to wait for.

use domain::{connection::Connection, id::RunId, item::StuckItem, run::Trigger};

use super::ask::ask;
use crate::{app::App, queue::AskError, store::TenantStore};

/// Items of one call; what is named beyond them is left for the next.
pub const ITEMS_MAX: usize = 100;

pub struct Replayed {
    pub items: usize,
    pub left: usize,
    /// What tries them, unless the connection stands still.
    pub run: Option<RunId>,
}

/// Gives items all their attempts again, and asks for the sync that tries them.
pub async fn replay(
    app: &App,
    store: &TenantStore,
    connection: &Connection,
    stuck: Vec<StuckItem>,
) -> Result<Replayed, AskError> {
    let now = app.clock.now();
    let wanted = !stuck.is_empty();
    // Those that wait for a run already do not keep the others from it.
    let mut fresh = stuck;
    fresh.retain(|item| !item.is_replayed(now));
    let left = fresh.len().saturating_sub(ITEMS_MAX);
    let items = fresh.len() - left;
    for item in fresh.into_iter().take(ITEMS_MAX) {
        let item = item.replayed(now);
        store.put_stuck_item(connection.id, &item, None).await?;
    }
    let run = if wanted && connection.idle().is_none() {
        ask(app, store, connection, Trigger::Member).await?
    } else {
        None
    };
    Ok(Replayed { items, left, run })
}
