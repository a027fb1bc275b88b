//! What a provider is asked to tell us of.

use domain::{calendar::Calendar, id::CalendarId};

use crate::providers::SubscribesTo;

/// What is to be subscribed to, or no longer.
pub(super) struct Target<'a> {
    pub(super) calendar: Option<CalendarId>,
    /// In whose name the provider is asked; absent where nobody wants to be called any longer.
    pub(super) wanted: Option<&'a Calendar>,
}

pub(super) fn targets(to: SubscribesTo, calendars: &[Calendar]) -> Vec<Target<'_>> {
    match to {
        SubscribesTo::OneCalendar => calendars
            .iter()
            .map(|calendar| Target {
                calendar: Some(calendar.id),
                wanted: calendar.settings.selected.then_some(calendar),
            })
            .collect(),
        SubscribesTo::TheAccount => vec![Target {
            calendar: None,
            wanted: calendars.iter().find(|calendar| calendar.settings.selected),
        }],
    }
}
