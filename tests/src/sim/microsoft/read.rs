//! Everything that is read but for deltas.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::Call;
use super::event::{Event, Item};
use super::ids;
use super::options::Options;
use super::shown::address;
use super::state::{Account, Calendar, State};
use super::times::read_bound;
use super::wire::{GraphError, Reply};
use super::zones;

pub(super) fn me(call: &Call<'_>) -> Result<Reply, GraphError> {
    let account = call.account;
    let mut shown = json!({
        "@odata.context": call.context("users/$entity"),
        "businessPhones": [],
        "displayName": account.email.split('@').next(),
        "givenName": null,
        "jobTitle": null,
        "mail": account.email,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": null,
        "userPrincipalName": account.email,
        "id": account.user,
    });
    let select = call.params.one("$select")?;
    if let (Some(select), Some(fields)) = (select, shown.as_object_mut()) {
        let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
        if let Some(unknown) = wanted.iter().find(|name| !fields.contains_key(**name)) {
            let message = format!(
                "Could not find a property named '{unknown}' on type 'microsoft.graph.user'."
            );
            return Err(GraphError::bad_request(message).into_refusal());
        }
        fields.retain(|name, _| name.contains('@') || wanted.contains(&name.as_str()));
    }
    Ok(Reply::ok(shown))
}

/// As far as calendars are concerned.
pub(super) fn mailbox_settings(call: &Call<'_>) -> Reply {
    Reply::ok(json!({
        "@odata.context": call.context("users('me')/mailboxSettings"),
        "timeZone": zones::windows_name(&call.account.zone).unwrap_or("UTC"),
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
    }))
}

pub(super) fn supported_time_zones(call: &Call<'_>) -> Result<Reply, GraphError> {
    let standard = call.captures.standard.as_deref().unwrap_or_default();
    let iana = match standard {
        "" => false,
        text if text.contains("'Iana'") => true,
        text if text.contains("'Windows'") => false,
        text => {
            let message = format!("{text:?} is no time zone standard.");
            return Err(GraphError::bad_request(message).into_refusal());
        }
    };
    let zones: Vec<Value> = zones::all()
        .map(|(windows, known)| {
            let alias = if iana { known } else { windows };
            json!({ "alias": alias, "displayName": windows })
        })
        .collect();
    Ok(Reply::ok(json!({
        "@odata.context": call.context("Collection(microsoft.graph.timeZoneInformation)"),
        "value": zones,
    })))
}

pub(super) fn calendars(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    if call.params.has("$filter") || call.params.has("$expand") || call.params.has("$orderby") {
        return Err(GraphError::bad_request("Calendars are listed as they are.").into_refusal());
    }
    let options = Options::read(call)?;
    let all: Vec<Value> = state
        .calendars_of(&call.account.email)
        .map(|calendar| options.trimmed(show_calendar(calendar, call.account)))
        .collect();
    let context = call.context(&format!("users('{}')/calendars", call.account.user));
    Ok(Reply::ok(page(call, &options, &context, &all)))
}

pub(super) fn calendar(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let calendar = call.calendar(state)?;
    let mut shown = show_calendar(calendar, call.account);
    let context = format!("users('{}')/calendars/$entity", call.account.user);
    shown["@odata.context"] = json!(call.context(&context));
    Ok(Reply::ok(Options::read(call)?.trimmed(shown)))
}

pub(super) fn event(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let (calendar, item) = find(state, call)?;
    let options = Options::read(call)?;
    let mut shown = options.dress(&item, calendar, call);
    shown["@odata.context"] = json!(call.context(&event_context(call)));
    Ok(Reply::ok(shown))
}

/// Single events and masters of series.
pub(super) fn events(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let calendar = call.calendar(state)?;
    listed(call, calendar, calendar.events.values().map(Event::item))
}

/// What is really there on the days of a window: single events and occurrences.
pub(super) fn calendar_view(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let calendar = call.calendar(state)?;
    let (after, before) = window(call)?;
    let items = calendar
        .events
        .values()
        .flat_map(|event| in_window(event, after, before));
    listed(call, calendar, items)
}

pub(super) fn instances(state: &State, call: &Call<'_>) -> Result<Reply, GraphError> {
    let (calendar, item) = find(state, call)?;
    let (after, before) = window(call)?;
    if item.event.series.is_none() || item.original.is_some() {
        return Err(GraphError::invalid(
            "Your request can't be completed. The event must be a series master.",
        ));
    }
    let occurrences = item.event.occurrences(after, before);
    listed(call, calendar, occurrences.into_iter())
}

pub(super) fn in_window(event: &Event, after: Timestamp, before: Timestamp) -> Vec<Item<'_>> {
    if event.series.is_some() {
        return event.occurrences(after, before);
    }
    let touches = event.time.touches(after, before);
    touches.then(|| event.item()).into_iter().collect()
}

/// The event that the path names.
pub(super) fn find<'s>(
    state: &'s State,
    call: &Call<'_>,
) -> Result<(&'s Calendar, Item<'s>), GraphError> {
    if ids::read_event_id(call.id()).is_none() {
        let malformed = GraphError::new(400, "ErrorInvalidIdMalformed", "Id is malformed.");
        return Err(malformed.into_refusal());
    }
    let (calendar, item) = state
        .find(&call.account.email, call.id())
        .ok_or_else(GraphError::not_found)?;
    let asked = call.captures.calendar.as_ref();
    if asked.is_some_and(|asked| *asked != calendar.id) {
        return Err(GraphError::not_found());
    }
    Ok((calendar, item))
}

pub(super) fn event_context(call: &Call<'_>) -> String {
    format!("users('{}')/events/$entity", call.account.user)
}

/// Both bounds of the window, in the zone that they name themselves, or UTC.
pub(super) fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), GraphError> {
    let bound = |name: &str| {
        let text = call.params.one(name)?.ok_or_else(|| {
            GraphError::new(
                400,
                "ErrorInvalidParameter",
                "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
            )
        })?;
        read_bound(text).ok_or_else(|| {
            let message = format!("The value '{text}' of parameter '{name}' is invalid.");
            GraphError::new(400, "ErrorInvalidParameter", message)
        })
    };
    let (after, before) = (bound("startDateTime")?, bound("endDateTime")?);
    if after > before {
        return Err(GraphError::new(
            400,
            "ErrorInvalidParameter",
            "The end of the time window lies before its start.",
        ));
    }
    Ok((after, before))
}

fn listed<'a>(
    call: &Call<'_>,
    calendar: &Calendar,
    items: impl Iterator<Item = Item<'a>>,
) -> Result<Reply, GraphError> {
    let options = Options::read(call)?;
    if options.selects("cancelledOccurrences")
        || call.params.one("$expand")? == Some("exceptionOccurrences")
    {
        return Err(GraphError::invalid(
            "Occurrences of a series are told only of a single master.",
        ));
    }
    let mut items: Vec<Item<'_>> = items.filter(|item| options.admits(item)).collect();
    options.sort(&mut items);
    let shown: Vec<Value> = items
        .iter()
        .map(|item| options.dress(item, calendar, call))
        .collect();
    let context = call.context(&format!("users('{}')/events", call.account.user));
    Ok(Reply::ok(page(call, &options, &context, &shown)))
}

/// One page of a listing, with a link to the next one if there is more.
fn page(call: &Call<'_>, options: &Options, context: &str, all: &[Value]) -> Value {
    let shown: Vec<&Value> = all.iter().skip(options.skip).take(options.top).collect();
    let mut page = json!({ "@odata.context": context, "value": shown });
    let next = options.skip + options.top;
    if next < all.len() {
        let others = call.params.pairs().filter(|(name, _)| *name != "$skip");
        let mut query: Vec<(String, String)> = others
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        query.push(("$skip".to_owned(), next.to_string()));
        page["@odata.nextLink"] = json!(call.link(&query));
    }
    page
}

fn show_calendar(calendar: &Calendar, account: &Account) -> Value {
    json!({
        "id": calendar.id,
        "name": calendar.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": calendar.is_default,
        "changeKey": ids::change_key(calendar.revision),
        "canShare": true,
        "canViewPrivateItems": true,
        "canEdit": calendar.can_edit,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": calendar.is_default,
        "isRemovable": !calendar.is_default,
        "owner": address(&account.email),
    })
}
