//! Accounts and their calendars.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;

use super::state::{Account, Calendar, State};
use crate::sim::opaque;
use crate::sim::zones::known_zone;

/// Adds an account with its primary calendar; one that exists already is left as it is.
pub(super) fn add_account(
    state: &mut State,
    email: &str,
    zone: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    ensure!(email.contains('@'), "{email:?} is no address");
    ensure!(known_zone(zone).is_some(), "{zone:?} is no IANA time zone");
    if state.accounts.contains_key(email) {
        return Ok(());
    }
    let account = Account {
        email: email.to_owned(),
        zone: zone.to_owned(),
        calendars: Vec::new(),
    };
    state.accounts.insert(email.to_owned(), account);
    put_calendar(state, email, email, email, zone, now)
}

/// Adds a secondary calendar and returns its id.
pub(super) fn add_calendar(
    state: &mut State,
    account: &str,
    summary: &str,
    zone: &str,
    now: Timestamp,
) -> anyhow::Result<String> {
    ensure!(known_zone(zone).is_some(), "{zone:?} is no IANA time zone");
    let id = format!("c_{}@group.calendar.google.test", opaque::random_base32(26));
    put_calendar(state, account, &id, summary, zone, now)?;
    Ok(id)
}

/// Changes what the account may do on one of its calendars.
pub(super) fn set_access(state: &mut State, calendar: &str, role: &str) -> anyhow::Result<()> {
    let roles = ["owner", "writer", "reader", "freeBusyReader"];
    ensure!(roles.contains(&role), "{role:?} is not one of {roles:?}");
    let revision = state.next_revision();
    let calendar = state
        .calendars
        .get_mut(calendar)
        .with_context(|| format!("there is no calendar {calendar:?}"))?;
    role.clone_into(&mut calendar.access_role);
    calendar.revision = revision;
    Ok(())
}

fn put_calendar(
    state: &mut State,
    account: &str,
    id: &str,
    summary: &str,
    zone: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let revision = state.next_revision();
    state
        .accounts
        .get_mut(account)
        .with_context(|| format!("there is no account {account:?}"))?
        .calendars
        .push(id.to_owned());
    let calendar = Calendar {
        id: id.to_owned(),
        owner: account.to_owned(),
        summary: summary.to_owned(),
        zone: zone.to_owned(),
        access_role: "owner".to_owned(),
        events: BTreeMap::new(),
        revision,
        updated: now,
    };
    state.calendars.insert(id.to_owned(), calendar);
    Ok(())
}
