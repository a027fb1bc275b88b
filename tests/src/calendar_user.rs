//! A person at their own calendar, with whichever provider a story is told of. Every story is told in the words of Google's
//! events; at another provider a translator stands between.

mod google;
mod outlook;

use async_trait::async_trait;
use domain::connection::Provider;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{CrashPoint, DEMO_MEMBERS, UnknownPoint, World};
pub use google::GoogleUser;
use outlook::OutlookUser;
pub(crate) use outlook::words as outlook_words;

#[async_trait]
pub trait CalendarUser: Send + Sync {
    async fn insert(&self, event: Value) -> anyhow::Result<Value>;

    /// The same, and whoever is invited gets a mail.
    async fn invite(&self, event: Value) -> anyhow::Result<Value>;

    async fn patch(&self, id: &str, change: Value) -> anyhow::Result<Value>;

    async fn delete(&self, id: &str) -> anyhow::Result<Value>;

    /// A deleted event is shown as cancelled.
    async fn get(&self, id: &str) -> anyhow::Result<Value>;

    /// The calendar's events that are not deleted, with the occurrences that differ from their series.
    async fn events(&self) -> anyhow::Result<Vec<Value>>;

    /// Everything that happens in a span of time, each occurrence of a series by itself, in order of start.
    async fn occurrences(&self, from: &str, to: &str) -> anyhow::Result<Vec<Value>>;

    /// Where programs find an event, in the provider's API.
    async fn path_of(&self, id: &str) -> anyhow::Result<String>;

    /// How many calls the person has made: what the request log holds beside the product's.
    fn calls(&self) -> u64;

    /// The simulator's own controls.
    async fn control(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value>;

    /// What the calendar shows in 2027.
    async fn shown_in_2027(&self) -> anyhow::Result<Vec<Value>> {
        self.occurrences("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
            .await
    }
}

/// Stories that cannot be told of another provider, and why. They are told of Google, whichever is asked for.
pub const ONLY_AT_GOOGLE: [(&str, &str); 3] = [
    (
        "attacks::an_event_that_claims_to_be_another_entry_changes_nothing_of_it",
        "what a person writes beside an event has other words at Graph, which the translator lacks",
    ),
    (
        "occurrences::brought_back::a_cancelled_occurrence_is_brought_back",
        "Outlook keeps a cancelled occurrence cancelled; what becomes of the wish is a story of its own",
    ),
    (
        "occurrences::brought_back::what_is_no_longer_left_out_takes_place_there",
        "the same wish, said by a rule",
    ),
];

/// The owner of `account`, at the account's own calendar, with the provider that the world's stories are told of.
pub fn calendar_user(world: &World, account: &str) -> anyhow::Result<Box<dyn CalendarUser>> {
    calendar_user_at(world, world.provider, account)
}

pub fn calendar_user_at(
    world: &World,
    provider: Provider,
    account: &str,
) -> anyhow::Result<Box<dyn CalendarUser>> {
    Ok(match provider {
        Provider::Google => Box::new(GoogleUser::of(world, account)?),
        Provider::Microsoft => Box::new(OutlookUser::of(world, account)?),
    })
}

/// What a provider calls the operation that Google calls so.
pub fn operation(provider: Provider, google: &str) -> &str {
    match provider {
        Provider::Google => google,
        Provider::Microsoft => match google {
            "calendarList.list" => "calendars.list",
            "events.insert" => "events.create",
            "events.list" => "calendarView.delta",
            "events.patch" => "events.update",
            "events.watch" => "subscriptions.create",
            "channels.stop" => "subscriptions.delete",
            // The others have the same name, or none.
            other => other,
        },
    }
}

/// What stories have to know of a provider, because it decides what something costs or what it can become.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Habits {
    /// The provider gives an event its id, so that a copy whose answer was lost is looked for before it is made again.
    pub gives_ids: bool,
    /// Events that are created in one call.
    pub creates_at_once: u64,
    /// A list of changes does not say all of a series: each is read by itself.
    pub reads_each_series: bool,
    /// A rule does not say what it leaves out: each such occurrence is deleted by itself.
    pub leaves_out_one_by_one: bool,
    /// Whoever changes a meeting writes to its guests; there is no way to ask for silence.
    pub tells_guests: bool,
    /// A time can be the second pass of an hour that the clocks repeat.
    pub knows_second_pass: bool,
    /// An application can give back what it was granted.
    pub revokes: bool,
    /// How the provider asks for patience, beside 429.
    pub refusals_for_haste: [(u16, &'static str); 2],
}

impl World {
    pub fn habits(&self) -> Habits {
        match self.provider {
            Provider::Google => Habits {
                gives_ids: false,
                creates_at_once: 50,
                reads_each_series: false,
                leaves_out_one_by_one: false,
                tells_guests: false,
                knows_second_pass: true,
                revokes: true,
                refusals_for_haste: [(403, "userRateLimitExceeded"), (403, "quotaExceeded")],
            },
            Provider::Microsoft => Habits {
                gives_ids: true,
                creates_at_once: 20,
                reads_each_series: true,
                leaves_out_one_by_one: true,
                tells_guests: true,
                knows_second_pass: false,
                revokes: false,
                refusals_for_haste: [(503, "ApplicationThrottled"), (509, "activityLimitReached")],
            },
        }
    }

    /// Before or after the worker's request for what Google calls so.
    pub fn crash_point(&self, moment: &str, google: &str) -> Result<CrashPoint, UnknownPoint> {
        let operation = operation(self.provider, google);
        format!("{moment}:{}.{operation}", self.provider).parse()
    }

    /// The provider takes far fewer calls than usual of an account, or as many as it always does.
    pub async fn limit_calls(&self, is_tight: bool) -> anyhow::Result<()> {
        let quota = match (self.provider, is_tight) {
            (Provider::Google, true) => json!({ "per_minute_per_user": 30 }),
            (Provider::Google, false) => json!({ "per_minute_per_user": null }),
            (Provider::Microsoft, true) => json!({ "per_ten_minutes": 80 }),
            (Provider::Microsoft, false) => json!({ "per_ten_minutes": 10_000 }),
        };
        let anybody = calendar_user(self, DEMO_MEMBERS[0].2)?;
        anybody.control(Method::POST, "quota", &quota).await?;
        Ok(())
    }
}
