//! The methods of Calendar v3 that are served, as the service's description has them.

use http::Method;
use url::form_urlencoded;

use super::{batch, identity, pubsub};

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) operation: Operation,
    pub(super) name: &'static str,
    pub(super) http: Method,
    pub(super) template: &'static str,
    pub(super) params: &'static [&'static str],
    /// Any one of these is enough; the part after the common prefix.
    pub(super) scopes: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    CalendarListList,
    CalendarListGet,
    EventsList,
    EventsGet,
    EventsInstances,
    EventsInsert,
    EventsImport,
    EventsPatch,
    EventsUpdate,
    EventsDelete,
    EventsMove,
    EventsWatch,
    ChannelsStop,
}

impl Endpoint {
    /// The path's parameters, where the path is this method's.
    pub(super) fn captures(&self, path: &str) -> Option<Vec<String>> {
        let mut captures = Vec::new();
        let mut wanted = self.template.split('/');
        let mut given = path.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(captures),
                (Some(name), Some(text)) if name.starts_with('{') && !text.is_empty() => {
                    captures.push(decode(text));
                }
                (Some(name), Some(text)) if name == text => {}
                _ => return None,
            }
        }
    }
}

/// Calls beside the calendar's methods, by their paths.
const BESIDE: [(&str, &str); 5] = [
    ("/token", "oauth.token"),
    ("/revoke", "oauth.revoke"),
    ("/v1/userinfo", "oauth.userinfo"),
    ("/oauth2/v3/certs", identity::CERTS),
    (batch::PATH, batch::OPERATION),
];

/// What an application may call here, by name.
pub(super) fn operations() -> impl Iterator<Item = &'static str> {
    let methods = ENDPOINTS.iter().map(|endpoint| endpoint.name);
    let beside = BESIDE.iter().map(|(_, name)| *name);
    methods.chain(beside).chain(pubsub::operations())
}

/// The name of the call that a path means.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let beside = BESIDE.iter().find(|(known, _)| *known == path);
    let called = path.strip_prefix("/calendar/v3/").and_then(|rest| {
        let of_method = |endpoint: &&Endpoint| endpoint.http == method;
        let mut endpoints = ENDPOINTS.iter().filter(of_method);
        endpoints.find(|endpoint| endpoint.captures(rest).is_some())
    });
    beside
        .map(|(_, name)| *name)
        .or(called.map(|endpoint| endpoint.name))
        .or_else(|| pubsub::operation(method, path.strip_prefix("/v1/")?))
        .unwrap_or("unknown")
}

/// Percent decoding of one path segment; a plus sign stands for itself there.
fn decode(segment: &str) -> String {
    let text = format!("s={}", segment.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(text.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

const LIST: &[&str] = &[
    "calendar",
    "calendar.readonly",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
];

const WRITE: &[&str] = &[
    "calendar",
    "calendar.app.created",
    "calendar.events",
    "calendar.events.owned",
];

const READ: &[&str] = &[
    "calendar",
    "calendar.app.created",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.readonly",
];

const WATCHABLE: &[&str] = &[
    "calendar",
    "calendar.acls",
    "calendar.acls.readonly",
    "calendar.app.created",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.readonly",
    "calendar.settings",
    "calendar.settings.readonly",
];

const LIST_PARAMS: &[&str] = &[
    "alwaysIncludeEmail",
    "eventTypes",
    "iCalUID",
    "maxAttendees",
    "maxResults",
    "orderBy",
    "pageToken",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "showDeleted",
    "showHiddenInvitations",
    "singleEvents",
    "syncToken",
    "timeMax",
    "timeMin",
    "timeZone",
    "updatedMin",
];

const CHANGE_PARAMS: &[&str] = &[
    "alwaysIncludeEmail",
    "conferenceDataVersion",
    "eventLabelVersion",
    "maxAttendees",
    "sendNotifications",
    "sendUpdates",
    "supportsAttachments",
];

const EVENTS: &str = "calendars/{calendarId}/events";
const EVENT: &str = "calendars/{calendarId}/events/{eventId}";

pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        operation: Operation::CalendarListList,
        name: "calendarList.list",
        http: Method::GET,
        template: "users/me/calendarList",
        params: &[
            "maxResults",
            "minAccessRole",
            "pageToken",
            "showDeleted",
            "showHidden",
            "showOwnOrganizationOnly",
            "syncToken",
        ],
        scopes: LIST,
    },
    Endpoint {
        operation: Operation::CalendarListGet,
        name: "calendarList.get",
        http: Method::GET,
        template: "users/me/calendarList/{calendarId}",
        params: &[],
        scopes: LIST,
    },
    Endpoint {
        operation: Operation::EventsList,
        name: "events.list",
        http: Method::GET,
        template: EVENTS,
        params: LIST_PARAMS,
        scopes: READ,
    },
    Endpoint {
        operation: Operation::EventsInsert,
        name: "events.insert",
        http: Method::POST,
        template: EVENTS,
        params: &[
            "conferenceDataVersion",
            "eventLabelVersion",
            "maxAttendees",
            "sendNotifications",
            "sendUpdates",
            "supportsAttachments",
        ],
        scopes: WRITE,
    },
    Endpoint {
        operation: Operation::EventsImport,
        name: "events.import",
        http: Method::POST,
        template: "calendars/{calendarId}/events/import",
        params: &[
            "conferenceDataVersion",
            "eventLabelVersion",
            "supportsAttachments",
        ],
        scopes: WRITE,
    },
    Endpoint {
        operation: Operation::EventsWatch,
        name: "events.watch",
        http: Method::POST,
        template: "calendars/{calendarId}/events/watch",
        params: LIST_PARAMS,
        scopes: READ,
    },
    Endpoint {
        operation: Operation::EventsGet,
        name: "events.get",
        http: Method::GET,
        template: EVENT,
        params: &["alwaysIncludeEmail", "maxAttendees", "timeZone"],
        scopes: READ,
    },
    Endpoint {
        operation: Operation::EventsUpdate,
        name: "events.update",
        http: Method::PUT,
        template: EVENT,
        params: CHANGE_PARAMS,
        scopes: WRITE,
    },
    Endpoint {
        operation: Operation::EventsPatch,
        name: "events.patch",
        http: Method::PATCH,
        template: EVENT,
        params: CHANGE_PARAMS,
        scopes: WRITE,
    },
    Endpoint {
        operation: Operation::EventsDelete,
        name: "events.delete",
        http: Method::DELETE,
        template: EVENT,
        params: &["sendNotifications", "sendUpdates"],
        scopes: WRITE,
    },
    Endpoint {
        operation: Operation::EventsInstances,
        name: "events.instances",
        http: Method::GET,
        template: "calendars/{calendarId}/events/{eventId}/instances",
        params: &[
            "alwaysIncludeEmail",
            "maxAttendees",
            "maxResults",
            "originalStart",
            "pageToken",
            "showDeleted",
            "timeMax",
            "timeMin",
            "timeZone",
        ],
        scopes: READ,
    },
    Endpoint {
        operation: Operation::EventsMove,
        name: "events.move",
        http: Method::POST,
        template: "calendars/{calendarId}/events/{eventId}/move",
        params: &["destination", "sendNotifications", "sendUpdates"],
        scopes: &["calendar", "calendar.events", "calendar.events.owned"],
    },
    Endpoint {
        operation: Operation::ChannelsStop,
        name: "channels.stop",
        http: Method::POST,
        template: "channels/stop",
        params: &[],
        scopes: WATCHABLE,
    },
];
