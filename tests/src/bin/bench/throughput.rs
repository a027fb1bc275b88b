//! How much of it in a second: decisions on one core, and events through a whole first sync.

use domain::{
    connection::Provider,
    content::{Content, Timing},
    event::{ExternalEventId, Revision},
    id::{CalendarId, ConnectionId, EntryId},
    link::{Base, EventLink, LinkState, Origin},
    recurrence::Recurrence,
    series::Exceptions,
    sync::{
        decide::decide,
        observe::{EntrySeen, EventSeen, Observation, Pair},
    },
    time::When,
};
use jiff::{SignedDuration, Timestamp, civil::date};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    calendar_user::calendar_user, clock::WorldClock, connected::Connected, person::Person,
    world::World,
};

use crate::{Measured, table::Table};

const MIA: &str = "mia@northwind.test";
/// Links decided at once, as many rounds, and the rate that is promised.
const LINKS: u32 = 20_000;
const ROUNDS: u32 = 50;
const DECIDED_PER_S_MIN: f64 = 1_000_000.0;
const EVENTS: u32 = 1_000;

pub(crate) async fn run(providers: &[Provider]) -> anyhow::Result<Measured> {
    let table = Table::begin(
        "Throughput",
        &[("what", 54), ("count", 9), ("per second", 12), ("goal", 12)],
    )?;
    let decided = decided_per_second()?;
    table.row(&[
        "unchanged links decided on one core".into(),
        (LINKS * ROUNDS).to_string(),
        format!("{decided:.0}"),
        format!("{DECIDED_PER_S_MIN:.0}"),
    ])?;
    let mut rows = vec![
        json!({ "what": "decide", "count": LINKS * ROUNDS, "per_second": decided, "goal": DECIDED_PER_S_MIN }),
    ];
    for provider in providers {
        rows.extend(first_syncs(&table, *provider).await?);
    }
    Ok(Measured {
        rows,
        good: decided >= DECIDED_PER_S_MIN,
    })
}

async fn first_syncs(table: &Table, provider: Provider) -> anyhow::Result<Vec<Value>> {
    let synced = Box::pin(first_sync_per_second(provider)).await?;
    table.row(&[
        format!("events of a first sync, end to end, {provider}"),
        EVENTS.to_string(),
        format!("{synced:.0}"),
        "-".into(),
    ])?;
    let mut rows = vec![
        json!({ "what": "first_sync", "provider": provider, "count": EVENTS, "per_second": synced }),
    ];
    for delay_ms in [0, 100] {
        let (calls, seconds) = Box::pin(first_sync_out(provider, delay_ms)).await?;
        let per_second = f64::from(EVENTS) / seconds;
        table.row(&[
            format!("entries first synced out at {delay_ms} ms, {calls} calls, {provider}"),
            EVENTS.to_string(),
            format!("{per_second:.0}"),
            "-".into(),
        ])?;
        rows.push(json!({
            "what": "first_sync_out", "provider": provider, "count": EVENTS, "delay_ms": delay_ms, "calls": calls,
            "seconds": seconds, "per_second": per_second,
        }));
    }
    Ok(rows)
}

/// A calendar in which nothing changed. Deciding consumes what was seen, so each round is prepared outside the count.
fn decided_per_second() -> anyhow::Result<f64> {
    let clock = WorldClock::system();
    let mut spent = SignedDuration::ZERO;
    for _ in 0..ROUNDS {
        let pairs = (0..LINKS).map(unchanged).collect();
        let seen = Observation {
            pairs,
            ..Observation::default()
        };
        let begun = clock.now();
        let plan = std::hint::black_box(decide(std::hint::black_box(seen)));
        spent += clock.now().duration_since(begun);
        anyhow::ensure!(plan.steps.is_empty() && plan.unchanged == LINKS);
    }
    Ok(f64::from(LINKS * ROUNDS) / spent.as_secs_f64())
}

fn unchanged(number: u32) -> Pair {
    let day = date(2027, 3, 2);
    let content = Content {
        title: format!("visit {number}"),
        notes: "second floor, ring twice".into(),
        location: "Mill Lane 3".into(),
        timing: Timing {
            when: When::AllDay {
                start: day,
                end: date(2027, 3, 3),
            },
            recurrence: Recurrence::none(),
        },
        private: false,
        exceptions: Exceptions::default(),
    };
    let revision = Revision(format!("\"{number}\""));
    let base = Base::new(1, content.clone(), revision.clone(), content.clone());
    let random = u128::from(number);
    let link = EventLink {
        entry: EntryId::from_parts(1, random),
        connection: ConnectionId::from_parts(1, 2),
        calendar: CalendarId::from_parts(1, 3),
        external_id: ExternalEventId(format!("event{number}")),
        uid: None,
        origin: Origin::Event,
        state: LinkState::Linked { base, sent: None },
        version: 1,
    };
    Pair {
        link,
        entry: EntrySeen::Present {
            version: 1,
            content: content.clone(),
            changed_at: Timestamp::UNIX_EPOCH,
            shared: false,
            origin: Origin::Event,
        },
        event: EventSeen::Present {
            revision,
            content,
            changed_at: None,
        },
    }
}

/// From the choice of the calendar to the last entry, with the emulated table in the same process.
async fn first_sync_per_second(provider: Provider) -> anyhow::Result<f64> {
    let world = World::start_with(provider).await?;
    let calendar = calendar_user(&world, MIA)?;
    for number in 0..EVENTS {
        calendar.insert(event(number)).await?;
    }
    let clock = WorldClock::system();
    let begun: Timestamp = clock.now();
    let mia = Connected::with_history(world, MIA, Value::Null).await?;
    let spent = clock.now().duration_since(begun);
    let runs = mia.api("/runs").await?;
    let runs = runs["items"].as_array().cloned().unwrap_or_default();
    let created: u64 = runs
        .iter()
        .filter_map(|run| run["counts"]["entries_created"].as_u64())
        .sum();
    anyhow::ensure!(created == u64::from(EVENTS), "{created} entries");
    Ok(f64::from(EVENTS) / spent.as_secs_f64())
}

/// The other way: a schedule is written into an empty calendar whose provider takes so long for each call. Calls and
/// seconds, until everything is quiet.
async fn first_sync_out(provider: Provider, delay_ms: u32) -> anyhow::Result<(u64, f64)> {
    let world = World::start_with(provider).await?;
    let mia = Person::sign_in(&world, MIA).await?;
    for number in 0..EVENTS {
        mia.post("/api/v1/schedule/entries", &entry(number))
            .await?
            .expect(201)?;
    }
    let calendar = calendar_user(&world, MIA)?;
    let slow = json!({ "name": "slow", "scope": MIA, "delay_s": f64::from(delay_ms) / 1_000.0 });
    calendar.control(Method::POST, "faults", &slow).await?;
    let clock = WorldClock::system();
    let (begun, before) = (clock.now(), world.provider_calls());
    Connected::with_history(world.clone(), MIA, Value::Null).await?;
    let spent = clock.now().duration_since(begun);
    let calls = world.provider_calls() - before;
    calendar
        .control(Method::DELETE, "faults", &Value::Null)
        .await?;
    let there = calendar.events().await?.len();
    anyhow::ensure!(there == EVENTS as usize, "{there} events");
    Ok((calls, spent.as_secs_f64()))
}

fn entry(number: u32) -> Value {
    let day = 1 + number % 28;
    let at = |hour: u32| json!({ "local": format!("2027-03-{day:02}T{hour:02}:00:00"), "zone": "Europe/Berlin" });
    json!({ "title": format!("visit {number}"), "start": at(10), "end": at(11) })
}

fn event(number: u32) -> Value {
    let day = 1 + number % 28;
    let at = |hour: u32| json!({ "dateTime": format!("2027-03-{day:02}T{hour:02}:00:00+01:00"), "timeZone": "Europe/Berlin" });
    let mut event = json!({ "summary": format!("visit {number}"), "start": at(10), "end": at(11) });
    if number.is_multiple_of(5) {
        event["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
    }
    event
}
