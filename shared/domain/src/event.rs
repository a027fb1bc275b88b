//! Calendar events: the provider's record, in our terms.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    content::Content,
    failure::Refusal,
    series::{Changes, Exception, OriginalStart},
};

/// The provider's id of an event within its calendar. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalEventId(pub String);

impl fmt::Display for ExternalEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The provider's version of one event: compared for equality only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

/// The cross-system iCalendar identity. Not an id: several events may share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarEvent {
    pub external_id: ExternalEventId,
    pub uid: Option<Uid>,
    pub revision: Revision,
    /// When it was last changed, as the provider has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    pub content: Content,
}

/// One item of a provider's list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An event or a whole series. In a list of changes a series comes without its exceptions, which are changes of
    /// their own; asked for by its id it comes with them.
    Upserted(CalendarEvent),
    Removed(ExternalEventId),
    Occurrence(OccurrenceChange),
    /// The event exists, but we cannot hold it.
    Refused {
        external_id: ExternalEventId,
        title: String,
        refusal: Refusal,
    },
}

/// One occurrence that differs from its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccurrenceChange {
    /// The provider's id of this occurrence.
    pub external_id: ExternalEventId,
    pub series: ExternalEventId,
    pub original: OriginalStart,
    pub seen: OccurrenceSeen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OccurrenceSeen {
    Cancelled,
    /// As it takes place, with every field.
    Changed(Box<CalendarEvent>),
    /// It cannot be held; the rest of the series can.
    Refused {
        title: String,
        refusal: Refusal,
    },
}

impl Change {
    pub fn external_id(&self) -> &ExternalEventId {
        match self {
            Self::Upserted(event) => &event.external_id,
            Self::Occurrence(occurrence) => &occurrence.external_id,
            Self::Removed(external_id) | Self::Refused { external_id, .. } => external_id,
        }
    }
}

impl OccurrenceChange {
    /// The series with this occurrence as it was seen. What cannot be held leaves the series as it is.
    #[must_use]
    pub fn over(&self, series: Content) -> Content {
        match &self.seen {
            OccurrenceSeen::Cancelled => series.with_occurrence(self.original, None),
            OccurrenceSeen::Changed(event) => {
                let mut series = series.with_occurrence(self.original, Some(&event.content));
                if series.exceptions.get(self.original).is_none() {
                    let same = Exception::Changed(Changes::default());
                    series.exceptions.keep(self.original, same);
                }
                series
            }
            OccurrenceSeen::Refused { .. } => series,
        }
    }

    /// The occurrence as an event of its own, for a reader who cannot see its series.
    pub fn standing_alone(self) -> Change {
        let external_id = self.external_id;
        match self.seen {
            OccurrenceSeen::Cancelled => Change::Removed(external_id),
            // The identity is shared with all other occurrences, so that it identifies nothing.
            OccurrenceSeen::Changed(event) => Change::Upserted(CalendarEvent {
                uid: None,
                ..*event
            }),
            OccurrenceSeen::Refused { title, refusal } => Change::Refused {
                external_id,
                title,
                refusal,
            },
        }
    }
}
