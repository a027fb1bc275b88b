//! What befalls a notice before it is sent, and where notices may go.

use std::net::IpAddr;

use jiff::SignedDuration;
use url::{Host, Url};

use super::faults::{FaultName, Faults, Target};

/// The name that faults scope notices by.
pub(super) const NOTICE: &str = "notification";

/// What the switches say of one notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) dropped: bool,
    pub(super) delay: SignedDuration,
    /// Overtakes the one before it, or is held back until one can overtake it.
    pub(super) reordered: bool,
    pub(super) doubled: bool,
}

impl Fate {
    pub(super) fn of(faults: &mut Faults, target: &Target<'_>) -> Self {
        if faults.strike(FaultName::NotificationDrop, target).is_some() {
            return Self {
                dropped: true,
                ..Self::default()
            };
        }
        let mut strikes = |name| faults.strike(name, target);
        Self {
            dropped: false,
            delay: strikes(FaultName::NotificationDelay).map_or(SignedDuration::ZERO, |fault| {
                SignedDuration::try_from_secs_f64(fault.delay_s.unwrap_or(60.0))
                    .unwrap_or(SignedDuration::ZERO)
            }),
            reordered: strikes(FaultName::NotificationReorder).is_some(),
            doubled: strikes(FaultName::NotificationDuplicate).is_some(),
        }
    }
}

/// The providers take https with a valid certificate and nothing else. The one concession to a local run is plain http
/// on the loopback, where no certificate can be had.
pub(super) fn is_reachable(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}
