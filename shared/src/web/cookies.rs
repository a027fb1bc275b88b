//! Cookies: names, attributes, reading.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;

use crate::config::Config;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The short proof of a session, read by every function.
    Access,
    /// Exchanged for the next one and a new proof; only `sign-in` looks at it.
    Refresh,
    /// Words about the last press, shown once.
    Flash,
}

impl Cookie {
    fn name(self, config: &Config) -> &'static str {
        // A browser takes the prefix only over TLS, which the local run does not have.
        match (self, config.insecure_cookies) {
            (Self::Access, false) => "__Host-kalends",
            (Self::Access, true) => "kalends",
            (Self::Refresh, false) => "__Host-kalends-refresh",
            (Self::Refresh, true) => "kalends-refresh",
            (Self::Flash, false) => "__Host-kalends-flash",
            (Self::Flash, true) => "kalends-flash",
        }
    }
}

/// The value of one of our cookies.
pub fn read(headers: &HeaderMap, config: &Config, cookie: Cookie) -> Option<String> {
    value(headers, cookie.name(config))
}

/// The value of a cookie that a script set, such as the theme.
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

pub fn set(config: &Config, cookie: Cookie, value: &str, lifetime: SignedDuration) -> HeaderValue {
    let secure = if config.insecure_cookies {
        ""
    } else {
        "; Secure"
    };
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        cookie.name(config),
        lifetime.as_secs()
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

pub fn clear(config: &Config, cookie: Cookie) -> HeaderValue {
    set(config, cookie, "", SignedDuration::ZERO)
}
