//! iCalendar files (RFC 5545).

mod lines;
mod parts;
mod read;
mod rules;
mod values;
mod vtimezone;
mod write;
mod zones;

pub use read::read;
pub use write::write;

/// What of ours iCalendar has no word for.
const STATUS_OF_OURS: &str = "X-KALENDS-STATUS";
/// The zone of a time that is written in UTC, because its zone shows it twice.
const ZONE_OF_OURS: &str = "X-KALENDS-TZID";
/// The second time that the clock shows it is meant: of a series, which cannot be in UTC.
const SECOND_PASS_OF_OURS: &str = "X-KALENDS-SECOND-PASS";

/// How far the clock of the zone is from UTC at these times, as a reader of its description has it.
#[cfg(test)]
pub(super) fn described(
    zone: &crate::time::Zone,
    from: jiff::Timestamp,
    to: Option<jiff::Timestamp>,
    times: &[jiff::Timestamp],
) -> Option<Vec<jiff::tz::Offset>> {
    let mut writer = lines::Writer::default();
    writer.line("BEGIN:VCALENDAR");
    vtimezone::write(&mut writer, zone, from, to);
    writer.line("END:VCALENDAR");
    let file = writer.done();
    let calendars = parts::calendars(&file, &mut super::Remarks::default()).ok()?;
    let onsets = rules::onsets(calendars.first()?.zones.first()?, *times.last()?)?;
    rules::offsets_at(&onsets, times)
}
