//! calendarList: the calendars that an account sees.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::Call;
use super::state::{Calendar, State, etag};
use super::wire::{ApiError, Reply};
use crate::sim::opaque;

const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 250;

#[derive(Serialize, Deserialize)]
struct Position {
    account: String,
    since: Option<u64>,
    /// How many entries the pages before this one held.
    skip: usize,
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    let since = read_sync_token(call)?;
    let roles = ["freeBusyReader", "reader", "writer", "owner"];
    let least = call.params.choice("minAccessRole", &roles)?;
    let rank = |role: &str| roles.iter().position(|known| *known == role);
    call.params.flag("showDeleted")?;
    call.params.flag("showHidden")?;
    call.params.flag("showOwnOrganizationOnly")?;
    let skip = match call.params.one("pageToken")? {
        None => 0,
        Some(token) => opaque::open::<Position>(token)
            .filter(|page| page.account == call.account && page.since == since)
            .map(|page| page.skip)
            .ok_or_else(|| ApiError::invalid("Invalid page token value."))?,
    };
    let limit = call
        .params
        .count("maxResults")?
        .unwrap_or(PAGE_DEFAULT)
        .min(PAGE_MAX);

    let entries: Vec<&Calendar> = state.accounts[call.account]
        .calendars
        .iter()
        .map(|id| &state.calendars[id])
        .filter(|calendar| since.is_none_or(|since| calendar.revision > since))
        .filter(|calendar| least.is_none_or(|least| rank(&calendar.access_role) >= rank(least)))
        .collect();
    let shown: Vec<Value> = entries
        .iter()
        .skip(skip)
        .take(limit)
        .map(|c| entry(c))
        .collect();
    let more = entries.len() > skip + shown.len();
    let position = |since, skip| {
        let account = call.account.to_owned();
        json!(opaque::seal(&Position {
            account,
            since,
            skip
        }))
    };
    let mut body = json!({
        "kind": "calendar#calendarList",
        "etag": etag(entries.iter().map(|c| c.revision).max().unwrap_or(0)),
        "items": shown,
    });
    if more {
        body["nextPageToken"] = position(since, skip + limit);
    } else {
        body["nextSyncToken"] = position(Some(state.revision()), 0);
    }
    Ok(Reply::ok(body))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(entry(call.calendar(state)?)))
}

fn read_sync_token(call: &Call<'_>) -> Result<Option<u64>, ApiError> {
    let Some(token) = call.params.one("syncToken")? else {
        return Ok(None);
    };
    let forbidden = ["minAccessRole", "showOwnOrganizationOnly"];
    let switched_off = |name: &&&str| {
        call.params
            .one(name)
            .is_ok_and(|value| value == Some("false"))
    };
    let stray =
        forbidden
            .iter()
            .find(|name| call.params.has(name))
            .or(["showDeleted", "showHidden"].iter().find(switched_off));
    if let Some(name) = stray {
        let message = format!("Sync token cannot be used together with this {name}.");
        return Err(ApiError::invalid(message).at_parameter(name));
    }
    opaque::open::<Position>(token)
        .filter(|position| position.account == call.account)
        .map(|position| position.since)
        .ok_or_else(|| ApiError::invalid("Invalid sync token value.").at_parameter("syncToken"))
}

fn entry(calendar: &Calendar) -> Value {
    let mut entry = json!({
        "kind": "calendar#calendarListEntry",
        "etag": etag(calendar.revision),
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": true,
        "accessRole": calendar.access_role,
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
        "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] },
    });
    if calendar.is_primary() {
        entry["primary"] = json!(true);
    } else {
        entry["dataOwner"] = json!(calendar.owner);
    }
    entry
}
