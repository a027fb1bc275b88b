//! Which properties a request body may carry, as the service's metadata lists them (v1.0, 2026-08-20).

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Flag,
    Int,
    Number,
    /// One of these, whatever the case.
    Choice(&'static [&'static str]),
    Object(&'static Type),
    List(&'static Kind),
}

/// A complex type: its name in the metadata, and its properties.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) properties: &'static [(&'static str, Kind)],
}

use Kind::{Choice, Flag, Int, List, Number, Object, Text};

const TIME: Type = Type {
    name: "dateTimeTimeZone",
    properties: &[("dateTime", Text), ("timeZone", Text)],
};

const BODY: Type = Type {
    name: "itemBody",
    properties: &[
        ("content", Text),
        ("contentType", Choice(&["text", "html"])),
    ],
};

const EMAIL: Type = Type {
    name: "emailAddress",
    properties: &[("address", Text), ("name", Text)],
};

const RESPONSES: Kind = Choice(&[
    "none",
    "organizer",
    "tentativelyAccepted",
    "accepted",
    "declined",
    "notResponded",
]);

const STATUS: Type = Type {
    name: "responseStatus",
    properties: &[("response", RESPONSES), ("time", Text)],
};

const SLOT: Type = Type {
    name: "timeSlot",
    properties: &[("end", Object(&TIME)), ("start", Object(&TIME))],
};

const ATTENDEE: Type = Type {
    name: "attendee",
    properties: &[
        ("emailAddress", Object(&EMAIL)),
        ("proposedNewTime", Object(&SLOT)),
        ("status", Object(&STATUS)),
        ("type", Choice(&["required", "optional", "resource"])),
    ],
};

const ADDRESS: Type = Type {
    name: "physicalAddress",
    properties: &[
        ("city", Text),
        ("countryOrRegion", Text),
        ("postalCode", Text),
        ("state", Text),
        ("street", Text),
    ],
};

const COORDINATES: Type = Type {
    name: "outlookGeoCoordinates",
    properties: &[
        ("accuracy", Number),
        ("altitude", Number),
        ("altitudeAccuracy", Number),
        ("latitude", Number),
        ("longitude", Number),
    ],
};

const LOCATION: Type = Type {
    name: "location",
    properties: &[
        ("address", Object(&ADDRESS)),
        ("coordinates", Object(&COORDINATES)),
        ("displayName", Text),
        ("locationEmailAddress", Text),
        (
            "locationType",
            Choice(&[
                "default",
                "conferenceRoom",
                "homeAddress",
                "businessAddress",
                "geoCoordinates",
                "streetAddress",
                "hotel",
                "restaurant",
                "localBusiness",
                "postalAddress",
            ]),
        ),
        ("locationUri", Text),
        ("uniqueId", Text),
        (
            "uniqueIdType",
            Choice(&["unknown", "locationStore", "directory", "private", "bing"]),
        ),
    ],
};

const DAY: Kind = Choice(&[
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
]);

const PATTERN: Type = Type {
    name: "recurrencePattern",
    properties: &[
        ("dayOfMonth", Int),
        ("daysOfWeek", List(&DAY)),
        ("firstDayOfWeek", DAY),
        (
            "index",
            Choice(&["first", "second", "third", "fourth", "last"]),
        ),
        ("interval", Int),
        ("month", Int),
        (
            "type",
            Choice(&[
                "daily",
                "weekly",
                "absoluteMonthly",
                "relativeMonthly",
                "absoluteYearly",
                "relativeYearly",
            ]),
        ),
    ],
};

const RANGE: Type = Type {
    name: "recurrenceRange",
    properties: &[
        ("endDate", Text),
        ("numberOfOccurrences", Int),
        ("recurrenceTimeZone", Text),
        ("startDate", Text),
        ("type", Choice(&["endDate", "noEnd", "numbered"])),
    ],
};

const RECURRENCE: Type = Type {
    name: "patternedRecurrence",
    properties: &[("pattern", Object(&PATTERN)), ("range", Object(&RANGE))],
};

const EXTENDED: Type = Type {
    name: "singleValueLegacyExtendedProperty",
    properties: &[("id", Text), ("value", Text)],
};

pub(super) const EVENT: Type = Type {
    name: "event",
    properties: &[
        ("allowNewTimeProposals", Flag),
        ("attendees", List(&Object(&ATTENDEE))),
        ("body", Object(&BODY)),
        ("categories", List(&Text)),
        ("end", Object(&TIME)),
        ("hideAttendees", Flag),
        ("importance", Choice(&["low", "normal", "high"])),
        ("isAllDay", Flag),
        ("isOnlineMeeting", Flag),
        ("isReminderOn", Flag),
        ("location", Object(&LOCATION)),
        ("locations", List(&Object(&LOCATION))),
        (
            "onlineMeetingProvider",
            Choice(&[
                "unknown",
                "teamsForBusiness",
                "skypeForBusiness",
                "skypeForConsumer",
            ]),
        ),
        ("recurrence", Object(&RECURRENCE)),
        ("reminderMinutesBeforeStart", Int),
        ("responseRequested", Flag),
        (
            "sensitivity",
            Choice(&["normal", "personal", "private", "confidential"]),
        ),
        (
            "showAs",
            Choice(&[
                "free",
                "tentative",
                "busy",
                "oof",
                "workingElsewhere",
                "unknown",
            ]),
        ),
        ("singleValueExtendedProperties", List(&Object(&EXTENDED))),
        ("start", Object(&TIME)),
        ("subject", Text),
        ("transactionId", Text),
    ],
};

/// Properties of an event that only Graph itself sets.
pub(super) const EVENT_READ_ONLY: &[&str] = &[
    "bodyPreview",
    "cancelledOccurrences",
    "changeKey",
    "createdDateTime",
    "exceptionOccurrences",
    "hasAttachments",
    "iCalUId",
    "id",
    "isCancelled",
    "isDraft",
    "isOrganizer",
    "lastModifiedDateTime",
    "onlineMeeting",
    "onlineMeetingUrl",
    "organizer",
    "originalEndTimeZone",
    "originalStart",
    "originalStartTimeZone",
    "responseStatus",
    "seriesMasterId",
    "type",
    "webLink",
];

/// What a calendar is answered with.
pub(super) const CALENDAR: &[&str] = &[
    "allowedOnlineMeetingProviders",
    "canEdit",
    "canShare",
    "canViewPrivateItems",
    "changeKey",
    "color",
    "defaultOnlineMeetingProvider",
    "hexColor",
    "id",
    "isDefaultCalendar",
    "isRemovable",
    "isTallyingResponses",
    "name",
    "owner",
];

pub(super) const SUBSCRIPTION: Type = Type {
    name: "subscription",
    properties: &[
        ("changeType", Text),
        ("clientState", Text),
        ("expirationDateTime", Text),
        ("latestSupportedTlsVersion", Text),
        ("lifecycleNotificationUrl", Text),
        ("notificationUrl", Text),
        ("resource", Text),
    ],
};
