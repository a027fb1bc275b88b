//! Whether the provider calls us, and what shows that it does.

use axum::{Json as Answer, extract::State};
use domain::{
    calendar::Calendar,
    connection::Connection,
    id::CalendarId,
    subscription::{ALERT_AFTER, Subscription, SubscriptionState, Upkeep},
    sync::watch::{POLL_EVERY, SAFETY_POLL_EVERY},
};
use futures::future::try_join4;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{app::App, problem::Problem, store::Asked, sync::watch_of};

use crate::own::Own;

/// What is known of it.
pub(crate) struct Proof<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) calendars: &'a [Calendar],
    pub(crate) subscriptions: &'a [Subscription],
    pub(crate) asked: Option<&'a Asked>,
    pub(crate) upkeep: &'a Upkeep,
    pub(crate) now: Timestamp,
}

/// The state of the worst of the synced calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "NoticesState")]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// Nothing is synced.
    Off,
    /// A notice has come, and none was missed since.
    Proven,
    /// Subscribed, and nothing shows yet that notices arrive; or the provider does not call for this calendar.
    Unproven,
    /// It lapsed, or seeing to it fails again and again.
    Failing,
}

impl Standing {
    /// How long a change may go unnoticed at the most.
    pub(crate) fn polled_every(self) -> Option<SignedDuration> {
        match self {
            Self::Off => None,
            Self::Proven => Some(SAFETY_POLL_EVERY),
            Self::Unproven | Self::Failing => Some(POLL_EVERY),
        }
    }
}

impl Proof<'_> {
    pub(crate) fn standing(&self) -> Standing {
        if self.connection.idle().is_some() {
            return Standing::Off;
        }
        let synced = self.synced().map(|calendar| self.of(calendar));
        match synced.max() {
            None => Standing::Off,
            Some(_) if self.upkeep.failures >= ALERT_AFTER => Standing::Failing,
            Some(worst) => worst,
        }
    }

    fn synced(&self) -> impl Iterator<Item = &Calendar> {
        let selected = |calendar: &&Calendar| calendar.settings.selected;
        self.calendars.iter().filter(selected)
    }

    fn of(&self, calendar: &Calendar) -> Standing {
        let own = self.subscriptions.iter();
        let mut ends = own
            .filter(|subscription| subscription.covers(calendar.id))
            .filter_map(Subscription::expires_at)
            .peekable();
        let has_any = ends.peek().is_some();
        // One that lapsed is worse than one that never was.
        if has_any && ends.all(|end| end <= self.now) {
            return Standing::Failing;
        }
        let proven = self.asked.is_some_and(|asked| {
            let watch = watch_of(calendar.id, self.subscriptions, asked);
            watch.is_proven(asked.last_miss_at, self.now)
        });
        if proven {
            Standing::Proven
        } else {
            Standing::Unproven
        }
    }

    /// When the first subscription ends, if nobody renewed it.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        let ends = self.subscriptions.iter();
        ends.filter_map(Subscription::expires_at).min()
    }

    pub(crate) fn renew_at(&self) -> Option<Timestamp> {
        let renewals = self.subscriptions.iter();
        renewals.filter_map(Subscription::renew_at).min()
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Notices")]
pub(crate) struct NoticesAnswer {
    state: Standing,
    /// How often the provider is asked all the same.
    polled_every_s: Option<i64>,
    last_notice_at: Option<Timestamp>,
    /// When a look last found what no notice had told.
    last_miss_at: Option<Timestamp>,
    /// Since when the present refresh token is kept.
    refresh_token_since: Timestamp,
    failing: Option<FailingAnswer>,
    calendars: Vec<CalendarAnswer>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NoticesFailing")]
struct FailingAnswer {
    since: Option<Timestamp>,
    /// In a row.
    failures: u32,
    why: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NoticesOfCalendar")]
struct CalendarAnswer {
    id: CalendarId,
    name: String,
    state: Standing,
    /// The provider does not call for this calendar.
    silent: bool,
    subscriptions: Vec<SubscriptionAnswer>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NoticesSubscription")]
struct SubscriptionAnswer {
    since: Timestamp,
    heard_at: Option<Timestamp>,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

pub(crate) async fn show(
    State(app): State<App>,
    own: Own,
) -> Result<Answer<NoticesAnswer>, Problem> {
    let id = own.connection().id;
    let looks = try_join4(
        own.store.calendars(id),
        own.store.subscriptions(id),
        own.store.demand(id),
        own.store.upkeep(id),
    );
    let (calendars, subscriptions, asked, upkeep) = Box::pin(looks).await?;
    let proof = Proof {
        connection: own.connection(),
        calendars: &calendars,
        subscriptions: &subscriptions,
        asked: asked.as_ref(),
        upkeep: &upkeep.unwrap_or_default(),
        now: app.clock.now(),
    };
    Ok(Answer(proof.answer(own.row.secret.written_at)))
}

impl Proof<'_> {
    fn answer(&self, refresh_token_since: Timestamp) -> NoticesAnswer {
        let state = self.standing();
        let upkeep = self.upkeep;
        NoticesAnswer {
            state,
            polled_every_s: state.polled_every().map(|every| every.as_secs()),
            last_notice_at: self.asked.and_then(|asked| asked.last_notice_at),
            last_miss_at: self.asked.and_then(|asked| asked.last_miss_at),
            refresh_token_since,
            failing: (upkeep.failures > 0).then(|| FailingAnswer {
                since: upkeep.failing_since,
                failures: upkeep.failures,
                why: upkeep.why.clone(),
            }),
            calendars: self
                .synced()
                .map(|calendar| self.calendar_answer(calendar))
                .collect(),
        }
    }

    fn calendar_answer(&self, calendar: &Calendar) -> CalendarAnswer {
        let silent = &self.upkeep.silent;
        let subscriptions = self.subscriptions.iter();
        CalendarAnswer {
            id: calendar.id,
            name: calendar.name.clone(),
            state: self.of(calendar),
            silent: silent.contains(&Some(calendar.id)) || silent.contains(&None),
            subscriptions: subscriptions
                .filter(|own| own.covers(calendar.id))
                .filter_map(|own| self.subscription_answer(own))
                .collect(),
        }
    }

    fn subscription_answer(&self, own: &Subscription) -> Option<SubscriptionAnswer> {
        match own.state {
            SubscriptionState::Intended { .. } => None,
            SubscriptionState::Active {
                since,
                expires_at,
                renew_at,
                ..
            } => Some(SubscriptionAnswer {
                since,
                heard_at: self
                    .asked
                    .and_then(|asked| asked.heard.get(&own.id).copied()),
                renew_at,
                expires_at,
            }),
        }
    }
}
