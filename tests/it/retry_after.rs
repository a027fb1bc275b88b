//! How long a provider asks to wait, in either of its ways.

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use shared::providers::retry_after::retry_after_s;

const NOW: &str = "Mon, 01 Mar 2027 08:00:00 GMT";

fn asked(value: &'static str, date: Option<&'static str>) -> Option<u64> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
    headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
    retry_after_s(&headers)
}

#[test]
fn a_wait_is_a_number_of_seconds_or_a_date() {
    assert_eq!(asked("17", None), Some(17));
    assert_eq!(asked("Mon, 01 Mar 2027 08:01:30 GMT", Some(NOW)), Some(90));
}

#[test]
fn what_is_neither_or_over_asks_for_nothing() {
    assert_eq!(asked("soon", Some(NOW)), None);
    assert_eq!(asked("-3", None), None);
    assert_eq!(asked("Mon, 01 Mar 2027 07:59:00 GMT", Some(NOW)), None);
    assert_eq!(asked("Mon, 01 Mar 2027 08:01:30 GMT", None), None);
    assert_eq!(retry_after_s(&HeaderMap::new()), None);
}
