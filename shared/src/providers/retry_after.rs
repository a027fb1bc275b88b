//! How long a provider asks to wait.

use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// Seconds of `Retry-After`, which is a number of them or a date ([RFC 9110, section 10.2.3]). A date is taken against the
/// answer's own: the two clocks need not agree.
///
/// [RFC 9110, section 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    let said = |name: HeaderName| headers.get(name)?.to_str().ok();
    let asked = said(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(seconds);
    }
    let date = |text| rfc2822::parse(text).ok();
    let (until, now) = (date(asked)?, date(said(DATE)?)?);
    u64::try_from(now.duration_until(&until).as_secs()).ok()
}
