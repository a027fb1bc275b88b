//! What goes wrong, and when.

use domain::connection::Provider;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    calendar_user::{calendar_user_at, operation},
    world::{CrashPoint, World},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// The provider does not want to subscribe us, or to prolong it.
    Refused,
    NoticesLost,
    /// The provider answers nothing.
    Away,
    /// The renewals die before they look.
    RenewalsDown,
}

impl Trouble {
    pub(super) const ALL: [Self; 5] = [
        Self::None,
        Self::Refused,
        Self::NoticesLost,
        Self::Away,
        Self::RenewalsDown,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused for 3 d",
            Self::NoticesLost => "notices lost 2 d",
            Self::Away => "away for 6 h",
            Self::RenewalsDown => "no renewals 1 d",
        }
    }

    /// How often it begins and how long it lasts. The times of day differ.
    fn rhythm(self) -> Option<(SignedDuration, SignedDuration)> {
        match self {
            Self::None => None,
            Self::Refused => Some((DAY * 15 + HOUR * 5, DAY * 3)),
            Self::NoticesLost => Some((DAY * 5 + HOUR * 7, DAY * 2)),
            Self::Away => Some((DAY * 6 + HOUR * 5, HOUR * 6)),
            Self::RenewalsDown => Some((DAY * 7 + HOUR * 5, DAY)),
        }
    }

    /// The spans of trouble within so long, in order.
    pub(super) fn spans(self, whole: SignedDuration) -> Vec<(SignedDuration, SignedDuration)> {
        let Some((every, last)) = self.rhythm() else {
            return Vec::new();
        };
        // The last one ends early enough to see what becomes of it.
        let begins = (0..).map(|nth| every * nth + DAY * 2);
        let spans = begins.map(|begin| (begin, begin + last));
        spans.take_while(|(_, end)| *end + DAY < whole).collect()
    }

    pub(super) async fn begins(self, world: &World, providers: &[Provider]) -> anyhow::Result<()> {
        for provider in providers {
            for fault in self.faults(*provider) {
                tell(world, *provider, Method::POST, &fault).await?;
            }
        }
        Ok(())
    }

    /// While it lasts, before anything else happens.
    pub(super) fn goes_on(self, world: &World) {
        match self {
            Self::RenewalsDown => world.crash_next_renewals(CrashPoint::before(1)),
            Self::None | Self::Refused | Self::NoticesLost | Self::Away => {}
        }
    }

    pub(super) async fn ends(self, world: &World, providers: &[Provider]) -> anyhow::Result<()> {
        world.unreached_point();
        for provider in providers {
            tell(world, *provider, Method::DELETE, &Value::Null).await?;
        }
        Ok(())
    }

    fn faults(self, provider: Provider) -> Vec<Value> {
        let refusal =
            |scope: &str| json!({ "name": "server_error", "status": 403, "scope": scope });
        match (self, provider) {
            (Self::None | Self::RenewalsDown, _) => Vec::new(),
            (Self::Refused, Provider::Google) => vec![refusal("events.watch")],
            (Self::Refused, Provider::Microsoft) => {
                let subscribe = operation(provider, "events.watch");
                vec![refusal(subscribe), refusal("subscriptions.update")]
            }
            (Self::NoticesLost, _) => vec![json!({ "name": "notification_drop" })],
            (Self::Away, _) => vec![json!({ "name": "server_error", "status": 503 })],
        }
    }
}

async fn tell(
    world: &World,
    provider: Provider,
    method: Method,
    body: &Value,
) -> anyhow::Result<()> {
    // Whose calendar it is does not matter to the simulator's controls.
    let anybody = calendar_user_at(world, provider, "mia@northwind.test")?;
    anybody.control(method, "faults", body).await?;
    Ok(())
}
