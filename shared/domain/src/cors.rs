//! Which sites' pages may call the API with a key (CORS). A program on a server has no site, and is not asked for one.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where a page comes from, as its browser says it: scheme, host and port, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebOrigin(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    #[error(
        "Write where the page comes from as its browser does: https://app.example.com, without a path."
    )]
    Malformed,
    #[error("Only https is allowed. Pages under development may come from http://localhost.")]
    Insecure,
}

/// The name of a host in DNS, or an address of version 4.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
/// Nobody on the way can put another page there.
const HOSTS_OF_THIS_MACHINE: [&str; 2] = ["localhost", "127.0.0.1"];

impl WebOrigin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebOrigin {
    type Err = NotAnOrigin;

    /// As people write it too: in capitals, with the port that goes without saying, with a slash at the end.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_suffix('/').unwrap_or(&text);
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin::Malformed)?;
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(NotAnOrigin::Malformed),
        };
        let port = port.map(read_port).transpose()?;
        if !is_host(host) {
            return Err(NotAnOrigin::Malformed);
        }
        if scheme == "http" && !HOSTS_OF_THIS_MACHINE.contains(&host) {
            return Err(NotAnOrigin::Insecure);
        }
        Ok(Self(match port.filter(|port| *port != usual) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

fn read_port(text: &str) -> Result<u16, NotAnOrigin> {
    let port: u16 = text.parse().map_err(|_| NotAnOrigin::Malformed)?;
    let is_plain = port > 0 && port.to_string() == text;
    is_plain.then_some(port).ok_or(NotAnOrigin::Malformed)
}

/// Names in other scripts are given as browsers send them, beginning with `xn--`.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= HOST_BYTES_MAX && host.split('.').all(is_label)
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WebOrigin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        text.parse()
    }
}

impl From<WebOrigin> for String {
    fn from(origin: WebOrigin) -> Self {
        origin.0
    }
}

/// Those that an organisation allows. None, until an administrator says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedOrigins {
    pub origins: BTreeSet<WebOrigin>,
    /// 0 where nobody ever said anything.
    pub version: u64,
}

impl AllowedOrigins {
    pub const MAX: usize = 20;

    /// `origin` as a browser sends it: written any other way it is none of them.
    pub fn allow(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.0 == origin)
    }

    pub fn is_unsaid(&self) -> bool {
        self.version == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (given, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            (" HTTPS://App.Example.com/ ", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            (
                "https://app.example.com:8443",
                "https://app.example.com:8443",
            ),
            (
                "https://xn--mnchen-3ya.example",
                "https://xn--mnchen-3ya.example",
            ),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ] {
            let read: WebOrigin = given.parse().unwrap();
            assert_eq!(read.as_str(), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*.example.com",
            "https://app.example.com/path",
            "https://app.example.com//",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://ada@app.example.com",
            "https://app.example.com:",
            "https://app.example.com:0",
            "https://app.example.com:+443",
            "https://app.example.com:65536",
            "https://app..example.com",
            "https://-app.example.com",
            "https://münchen.example",
            "https://app.example.com\nhttps://evil.example",
            "ftp://app.example.com",
            "javascript://app.example.com",
        ] {
            assert_eq!(
                wrong.parse::<WebOrigin>(),
                Err(NotAnOrigin::Malformed),
                "{wrong:?}"
            );
        }
        for insecure in [
            "http://app.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
        ] {
            let refused = insecure.parse::<WebOrigin>();
            assert_eq!(refused, Err(NotAnOrigin::Insecure), "{insecure}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_itself_and_allowed_as_itself_alone(
            text in "(https|http)://[a-zA-Z0-9.-]{1,20}(:[0-9]{1,5})?/?", other in "[ -~]{0,30}",
        ) {
            let Ok(origin) = text.parse::<WebOrigin>() else {
                return Ok(());
            };
            prop_assert_eq!(origin.as_str().parse(), Ok(origin.clone()));
            let allowed = AllowedOrigins { origins: [origin.clone()].into(), version: 1 };
            prop_assert!(allowed.allow(origin.as_str()));
            prop_assert_eq!(allowed.allow(&other), other == origin.as_str());
            let prefixed = format!("{origin}x");
            prop_assert!(!allowed.allow(&prefixed));
            prop_assert!(!AllowedOrigins::default().allow(origin.as_str()));
        }
    }
}
