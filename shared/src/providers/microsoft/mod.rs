//! Microsoft Graph, calendars of Outlook.

pub mod pattern;
pub mod zones;
