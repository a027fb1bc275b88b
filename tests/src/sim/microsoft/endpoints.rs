//! The calls of Graph v1.0 that are served.

use http::Method;
use url::form_urlencoded;

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) operation: Operation,
    pub(super) name: &'static str,
    pub(super) http: Method,
    /// After `/v1.0/`; compared without regard to case, but for what stands in braces.
    pub(super) templates: &'static [&'static str],
    /// Names are compared without regard to case.
    pub(super) params: &'static [&'static str],
    /// Any one of these is enough.
    pub(super) scopes: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Me,
    MailboxSettings,
    SupportedTimeZones,
    CalendarsList,
    CalendarGet,
    EventsList,
    EventsCreate,
    EventGet,
    EventUpdate,
    EventDelete,
    Instances,
    CalendarView,
    Delta,
    SubscriptionsList,
    SubscriptionCreate,
    SubscriptionGet,
    SubscriptionUpdate,
    SubscriptionDelete,
    SubscriptionReauthorize,
}

const READ: &[&str] = &[
    "Calendars.ReadWrite",
    "Calendars.Read",
    "Calendars.ReadBasic",
];
const WRITE: &[&str] = &["Calendars.ReadWrite"];

const ONE: &[&str] = &["$expand", "$select"];
const MANY: &[&str] = &[
    "$count", "$expand", "$filter", "$orderby", "$select", "$skip", "$top",
];
const WINDOW: &[&str] = &[
    "$count",
    "$expand",
    "$filter",
    "$orderby",
    "$select",
    "$skip",
    "$top",
    "endDateTime",
    "startDateTime",
];

/// What a delta knows of queries; everything else of queries it refuses in its own words.
const DELTA: &[&str] = &[
    "$deltatoken",
    "$expand",
    "$filter",
    "$orderby",
    "$search",
    "$select",
    "$skiptoken",
    "$top",
    "endDateTime",
    "startDateTime",
];

const fn endpoint(
    operation: Operation,
    name: &'static str,
    http: Method,
    templates: &'static [&'static str],
    params: &'static [&'static str],
    scopes: &'static [&'static str],
) -> Endpoint {
    Endpoint {
        operation,
        name,
        http,
        templates,
        params,
        scopes,
    }
}

const EVENT: &[&str] = &[
    "me/events/{id}",
    "me/calendar/events/{id}",
    "me/calendars/{calendar}/events/{id}",
];

const EVENTS: &[&str] = &[
    "me/events",
    "me/calendar/events",
    "me/calendars/{calendar}/events",
];

pub(super) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Operation::Me,
        "me.get",
        Method::GET,
        &["me"],
        &["$select"],
        &["User.Read"],
    ),
    endpoint(
        Operation::MailboxSettings,
        "mailboxSettings.get",
        Method::GET,
        &["me/mailboxSettings"],
        &[],
        &["MailboxSettings.Read", "MailboxSettings.ReadWrite"],
    ),
    endpoint(
        Operation::SupportedTimeZones,
        "supportedTimeZones",
        Method::GET,
        &[
            "me/outlook/supportedTimeZones",
            "me/outlook/supportedTimeZones{standard}",
        ],
        &[],
        &["User.Read"],
    ),
    endpoint(
        Operation::CalendarsList,
        "calendars.list",
        Method::GET,
        &["me/calendars"],
        MANY,
        READ,
    ),
    endpoint(
        Operation::CalendarGet,
        "calendars.get",
        Method::GET,
        &["me/calendar", "me/calendars/{calendar}"],
        ONE,
        READ,
    ),
    endpoint(
        Operation::EventsList,
        "events.list",
        Method::GET,
        EVENTS,
        MANY,
        READ,
    ),
    endpoint(
        Operation::EventsCreate,
        "events.create",
        Method::POST,
        EVENTS,
        &[],
        WRITE,
    ),
    endpoint(
        Operation::EventGet,
        "events.get",
        Method::GET,
        EVENT,
        ONE,
        READ,
    ),
    endpoint(
        Operation::EventUpdate,
        "events.update",
        Method::PATCH,
        EVENT,
        &[],
        WRITE,
    ),
    endpoint(
        Operation::EventDelete,
        "events.delete",
        Method::DELETE,
        EVENT,
        &[],
        WRITE,
    ),
    endpoint(
        Operation::Instances,
        "events.instances",
        Method::GET,
        &[
            "me/events/{id}/instances",
            "me/calendar/events/{id}/instances",
            "me/calendars/{calendar}/events/{id}/instances",
        ],
        WINDOW,
        READ,
    ),
    endpoint(
        Operation::CalendarView,
        "calendarView.list",
        Method::GET,
        &[
            "me/calendarView",
            "me/calendar/calendarView",
            "me/calendars/{calendar}/calendarView",
        ],
        WINDOW,
        READ,
    ),
    endpoint(
        Operation::Delta,
        "calendarView.delta",
        Method::GET,
        &[
            "me/calendarView/{delta}",
            "me/calendar/calendarView/{delta}",
            "me/calendars/{calendar}/calendarView/{delta}",
        ],
        DELTA,
        READ,
    ),
    endpoint(
        Operation::SubscriptionsList,
        "subscriptions.list",
        Method::GET,
        &["subscriptions"],
        &[],
        READ,
    ),
    endpoint(
        Operation::SubscriptionCreate,
        "subscriptions.create",
        Method::POST,
        &["subscriptions"],
        &[],
        READ,
    ),
    endpoint(
        Operation::SubscriptionGet,
        "subscriptions.get",
        Method::GET,
        &["subscriptions/{id}"],
        &[],
        READ,
    ),
    endpoint(
        Operation::SubscriptionUpdate,
        "subscriptions.update",
        Method::PATCH,
        &["subscriptions/{id}"],
        &[],
        READ,
    ),
    endpoint(
        Operation::SubscriptionDelete,
        "subscriptions.delete",
        Method::DELETE,
        &["subscriptions/{id}"],
        &[],
        READ,
    ),
    endpoint(
        Operation::SubscriptionReauthorize,
        "subscriptions.reauthorize",
        Method::POST,
        &["subscriptions/{id}/reauthorize"],
        &[],
        READ,
    ),
];

/// What stands in a path's braces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captures {
    pub(super) calendar: Option<String>,
    pub(super) id: Option<String>,
    pub(super) standard: Option<String>,
}

/// Calls beside those of the calendar.
pub(super) const BATCH: &str = "batch";
pub(super) const TOKEN: &str = "oauth.token";

/// What an application may call here, by name.
pub(super) fn operations() -> impl Iterator<Item = &'static str> {
    let calls = ENDPOINTS.iter().map(|endpoint| endpoint.name);
    calls.chain([BATCH, TOKEN])
}

/// The name of the call that a method and a path mean.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    if path.ends_with("/oauth2/v2.0/token") {
        return TOKEN;
    }
    match path.strip_prefix("/v1.0/") {
        Some("$batch") => BATCH,
        Some(rest) => called(method, rest).map_or("unknown", |(endpoint, _, _)| endpoint.name),
        None => "unknown",
    }
}

/// The endpoint that a path after `/v1.0/` means, with the template that it fits.
pub(super) fn called(
    method: &Method,
    rest: &str,
) -> Option<(&'static Endpoint, &'static str, Captures)> {
    ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.http == method)
        .find_map(|endpoint| {
            endpoint
                .templates
                .iter()
                .find_map(|template| Some((endpoint, *template, captures(template, rest)?)))
        })
}

fn captures(template: &str, path: &str) -> Option<Captures> {
    let mut found = Captures::default();
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some("{delta}"), Some(text)) if is_delta(text) => {}
            (Some("{calendar}"), Some(text)) if !text.is_empty() => {
                found.calendar = Some(decode(text));
            }
            (Some("{id}"), Some(text)) if !text.is_empty() => found.id = Some(decode(text)),
            (Some(name), Some(text)) => {
                let (fixed, open) = name.split_once('{').unwrap_or((name, ""));
                let text = decode(text);
                if !open.is_empty() && !fixed.is_empty() {
                    let rest = text.get(..fixed.len())?.eq_ignore_ascii_case(fixed);
                    let standard = text.get(fixed.len()..)?.strip_prefix('(')?;
                    if !rest {
                        return None;
                    }
                    found.standard = Some(standard.strip_suffix(')')?.to_owned());
                } else if !open.is_empty() || !fixed.eq_ignore_ascii_case(&text) {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

/// The documents write `delta`, the SDKs `delta()`, and a function may be called by its full name.
fn is_delta(segment: &str) -> bool {
    let name = decode(segment).to_ascii_lowercase();
    let name = name.strip_prefix("microsoft.graph.").unwrap_or(&name);
    name == "delta" || name == "delta()"
}

/// Percent decoding of one path segment; a plus sign stands for itself there.
fn decode(segment: &str) -> String {
    let text = format!("s={}", segment.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(text.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}
