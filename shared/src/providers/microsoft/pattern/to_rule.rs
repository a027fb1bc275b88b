//! Every pattern as a rule of ours.

use jiff::civil::Weekday;

use super::{Days, Ends, INDICES, Index, Pattern, code, days_always};

impl Pattern {
    /// The recurrence line. Its end is a bare day, which is read as the whole of that day where the series is.
    pub fn line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let frequency = match &self.days {
            Days::Daily => "DAILY",
            Days::Weekly { days, first } => {
                parts.push(format!("BYDAY={}", codes(days)));
                // It means nothing where every week counts.
                if self.interval > 1 {
                    parts.push(format!("WKST={}", code(*first)));
                }
                "WEEKLY"
            }
            Days::MonthDay(day) => {
                // Some month has only 28.
                parts.extend(month_day(*day, 28));
                "MONTHLY"
            }
            Days::MonthWeekday(index, days) => {
                parts.extend(month_weekday(*index, days));
                "MONTHLY"
            }
            Days::YearDay { month, day } => {
                parts.push(format!("BYMONTH={month}"));
                parts.extend(month_day(*day, days_always(*month)));
                "YEARLY"
            }
            Days::YearWeekday { month, index, days } => {
                parts.push(format!("BYMONTH={month}"));
                parts.extend(month_weekday(*index, days));
                "YEARLY"
            }
        };
        let ends = match self.ends {
            Ends::Never => String::new(),
            Ends::After(count) => format!(";COUNT={count}"),
            Ends::On(day) => format!(";UNTIL={}", day.strftime("%Y%m%d")),
        };
        let parts = parts.join(";");
        let parts = if parts.is_empty() {
            parts
        } else {
            format!(";{parts}")
        };
        format!(
            "RRULE:FREQ={frequency}{ends};INTERVAL={}{parts}",
            self.interval
        )
    }
}

/// A rule leaves out months that are too short; Outlook takes their last day. The last of all days that may be it says
/// the same.
fn month_day(day: i8, always: i8) -> Vec<String> {
    if day <= always {
        return vec![format!("BYMONTHDAY={day}")];
    }
    vec![
        format!("BYMONTHDAY={}", last_days(day, always)),
        "BYSETPOS=-1".into(),
    ]
}

pub(super) fn last_days(day: i8, always: i8) -> String {
    let days: Vec<String> = (always..=day).map(|day| day.to_string()).collect();
    days.join(",")
}

fn month_weekday(index: Index, days: &[Weekday]) -> Vec<String> {
    let place = INDICES
        .iter()
        .find(|(known, ..)| *known == index)
        .map_or(1, |(.., place)| *place);
    match days {
        [day] => vec![format!("BYDAY={place}{}", code(*day))],
        days => vec![
            format!("BYDAY={}", codes(days)),
            format!("BYSETPOS={place}"),
        ],
    }
}

fn codes(days: &[Weekday]) -> String {
    let codes: Vec<&str> = days.iter().map(|day| code(*day)).collect();
    codes.join(",")
}
