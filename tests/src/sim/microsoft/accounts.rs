//! Accounts and their calendars.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

use super::ids;
use super::state::{Account, Calendar, State};
use crate::sim::opaque;
use crate::sim::zones::known_zone;

/// Adds an account with its default calendar; one that exists already is left as it is. Addresses of one domain are of
/// one tenant.
pub(super) fn add_account(state: &mut State, email: &str, zone: &str) -> anyhow::Result<()> {
    let domain = email.split_once('@').map(|(_, domain)| domain);
    let domain = domain.with_context(|| format!("{email:?} is no address"))?;
    ensure!(known_zone(zone).is_some(), "{zone:?} is no IANA time zone");
    if state.accounts.contains_key(email) {
        return Ok(());
    }
    let account = Account {
        email: email.to_owned(),
        user: ids::guid_of(&format!("user {email}")),
        tenant: tenant_of(domain),
        zone: zone.to_owned(),
        calendars: Vec::new(),
    };
    state.accounts.insert(email.to_owned(), account);
    put_calendar(state, email, "Calendar", true).map(drop)
}

pub(super) fn tenant_of(domain: &str) -> String {
    ids::guid_of(&format!("tenant {domain}"))
}

/// Adds a further calendar and returns its id.
pub(super) fn add_calendar(
    state: &mut State,
    account: &str,
    name: &str,
    can_edit: bool,
) -> anyhow::Result<String> {
    let id = put_calendar(state, account, name, false)?;
    if let Some(calendar) = state.calendars.get_mut(&id) {
        calendar.can_edit = can_edit;
    }
    Ok(id)
}

fn put_calendar(
    state: &mut State,
    account: &str,
    name: &str,
    is_default: bool,
) -> anyhow::Result<String> {
    let revision = state.next_revision();
    let id = format!("AAMkAGI{}AAA=", opaque::random(60));
    state
        .accounts
        .get_mut(account)
        .with_context(|| format!("there is no account {account:?}"))?
        .calendars
        .push(id.clone());
    let calendar = Calendar {
        id: id.clone(),
        owner: account.to_owned(),
        name: name.to_owned(),
        can_edit: true,
        is_default,
        events: BTreeMap::new(),
        gone: Vec::new(),
        revision,
    };
    state.calendars.insert(id.clone(), calendar);
    Ok(id)
}
