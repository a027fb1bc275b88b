//! Microsoft Graph, calendars of Outlook.

pub mod zones;
