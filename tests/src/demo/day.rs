//! The day that the demo shows: what went well, what went wrong, and what waits for somebody.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context as _;
use domain::connection::Provider;
use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, time},
    tz::TimeZone,
};
use reqwest::Method;
use serde_json::json;

use super::{
    DANA, FINN, GUS, HANA, VERA,
    firm::{self, Side, here, there, with},
    reports::{self, Report},
    week,
};
use crate::world::{World, ZONE};

/// Whatever became due meanwhile is met as late as this: a day of minutes would take minutes to live.
const LEAP: SignedDuration = SignedDuration::from_hours(2);
/// In which notices arrive, and what they lead to is done.
const MOMENTS: [SignedDuration; 3] = [SignedDuration::from_secs(10); 3];

struct Day {
    world: World,
    until: Timestamp,
    today: Date,
    /// Dana's at Google, hers at Microsoft.
    dana: Side,
    office: Side,
    finn: Side,
    gus: Side,
    hana: Side,
    vera: Side,
    planned: BTreeMap<&'static str, String>,
    keys: BTreeMap<&'static str, String>,
    reports: VecDeque<Report>,
    /// Events that a provider keeps refusing, by their paths there.
    refused: Vec<String>,
    rested_at: Timestamp,
}

pub(super) async fn live(world: &World, until: Timestamp) -> anyhow::Result<()> {
    let mut day = Box::pin(Day::begin(world, until)).await?;
    Box::pin(day.what_never_works()).await?;
    Box::pin(day.what_is_settled()).await?;
    Box::pin(day.what_ends()).await?;
    Box::pin(day.what_waits()).await?;
    Box::pin(day.the_last_hour()).await
}

impl Day {
    /// Everybody joins, connects and plans.
    async fn begin(world: &World, until: Timestamp) -> anyhow::Result<Self> {
        let today = until.to_zoned(TimeZone::get(ZONE)?).date();
        let monday = today - i64::from(today.weekday().to_monday_zero_offset()).days();
        let ids = firm::found(world).await?;
        let gus = crate::calendar_user::calendar_user_at(world, Provider::Microsoft, GUS)?;
        for number in 1..=week::FLATS {
            let at = there(
                today + (6 + number).days(),
                [time(16, 0, 0, 0), time(16, 30, 0, 0)],
            )?;
            gus.insert(with(week::flat(number), &at)).await?;
        }
        let connect = async |provider, email| Side::connect(world, provider, email).await;
        let dana = connect(Provider::Google, DANA).await?;
        let (mut keys, names) = (
            BTreeMap::new(),
            [("comarch", "Comarch Optima"), ("edi", "EDI")],
        );
        for (connector, name) in names {
            let (_, key) = firm::key(&dana.person, name).await?;
            keys.insert(connector, key);
        }
        let mut day = Self {
            world: world.clone(),
            until,
            today,
            office: connect(Provider::Microsoft, DANA).await?,
            finn: connect(Provider::Google, FINN).await?,
            gus: connect(Provider::Microsoft, GUS).await?,
            hana: connect(Provider::Google, HANA).await?,
            vera: connect(Provider::Microsoft, VERA).await?,
            planned: week::plan(&dana, monday, &ids).await?,
            dana,
            keys,
            reports: reports::of_the_day()?,
            refused: Vec::new(),
            rested_at: world.clock.now(),
        };
        day.moments().await?;
        Ok(day)
    }

    /// Everything that is due now, until nothing is.
    async fn rest(&mut self) -> anyhow::Result<()> {
        while self.world.step().await? > 0 {}
        self.rested_at = self.world.clock.now();
        Ok(())
    }

    async fn moments(&mut self) -> anyhow::Result<()> {
        self.rest().await?;
        for moment in MOMENTS {
            self.world.clock.advance(moment)?;
            self.rest().await?;
        }
        Ok(())
    }

    /// Time goes by until so many minutes are left of the day.
    async fn goes_on(&mut self, minutes_left: i64) -> anyhow::Result<()> {
        loop {
            let next = self.reports.front().map(|report| report.minutes_left);
            let is_next = next.is_some_and(|next| next >= minutes_left);
            let stop = next.filter(|_| is_next).unwrap_or(minutes_left);
            self.wait(stop).await?;
            if !is_next {
                return Ok(());
            }
            let report = self.reports.pop_front().context("a report")?;
            let key = self.keys.get(report.connector).context("its key")?;
            firm::report(&self.world, key, report.connector, &report.what).await?;
        }
    }

    async fn wait(&mut self, minutes_left: i64) -> anyhow::Result<()> {
        let then = self.until - SignedDuration::from_mins(minutes_left);
        loop {
            let now = self.world.clock.now();
            if now >= then {
                return Ok(());
            }
            let stop = then.min(self.rested_at + LEAP);
            self.world.clock.advance(stop.duration_since(now))?;
            if stop < then {
                self.rest().await?;
            }
        }
    }

    fn planned(&self, title: &str) -> anyhow::Result<String> {
        let id = self.planned.get(title).cloned();
        id.with_context(|| format!("nobody has planned {title:?}"))
    }

    /// From now on the provider refuses whatever is asked of this event.
    async fn refuses(&mut self, side: fn(&Self) -> &Side, title: &str) -> anyhow::Result<()> {
        let side = side(self);
        let event = side.event(title).await?;
        let path = side.calendar.path_of(&event).await?;
        side.fault(&json!({ "name": "server_error", "scope": path }))
            .await?;
        self.refused.push(path);
        Ok(())
    }

    /// The provider of this account is out of order for one sync.
    async fn fails_once(&mut self, side: fn(&Self) -> &Side) -> anyhow::Result<()> {
        let out = json!({ "name": "server_error", "scope": side(self).account });
        side(self).fault(&out).await?;
        side(self).press("sync").await?.expect(202)?;
        self.rest().await?;
        side(self).no_more_faults().await?;
        if side(self).provider == Provider::Google {
            for path in &self.refused {
                let fault = json!({ "name": "server_error", "scope": path });
                side(self).fault(&fault).await?;
            }
        }
        self.moments().await
    }

    /// It is given up in the end: eight attempts take most of the day.
    async fn what_never_works(&mut self) -> anyhow::Result<()> {
        let title = "Heat pump commissioning, Schiller School";
        self.refuses(|day| &day.finn, title).await?;
        let late = json!({ "notes": "Bring the long ladder. The caretaker has the key." });
        self.finn.change(&self.planned(title)?, &late).await?;
        self.moments().await?;
        self.goes_on(1_290).await?;
        self.fails_once(|day| &day.office).await?;
        self.goes_on(860).await
    }

    /// A conflict that Dana decides, and a sync that fails and is mended by the next.
    async fn what_is_settled(&mut self) -> anyhow::Result<()> {
        let title = "Boiler service, Hartmann";
        let (event, entry) = (self.finn.event(title).await?, self.planned(title)?);
        let theirs = json!({ "location": "Linden Street 12, back yard" });
        self.finn.calendar.patch(&event, theirs).await?;
        let ours = json!({ "location": "Linden Street 12, third floor" });
        self.dana.change(&entry, &ours).await?;
        self.moments().await?;
        self.goes_on(800).await?;
        self.dana.person.is_back().await?;
        let open = self.dana.person.get("/api/v1/conflicts").await?;
        let open = open.expect(200)?;
        let path = format!("/api/v1/conflicts/{}/resolve", open.at("/items/0/id"));
        let version = open.json()["items"][0]["version"].clone();
        let decision = json!({ "keep": "external", "version": version });
        let decided = self.dana.person.post(&path, &decision).await?;
        decided.expect(200)?;
        self.moments().await?;
        self.goes_on(640).await?;
        self.fails_once(|day| &day.dana).await
    }

    /// An account that is taken away again, one whose authorisation ends, one that is paused; files come and go.
    async fn what_ends(&mut self) -> anyhow::Result<()> {
        self.goes_on(520).await?;
        let second = Side::connect(&self.world, Provider::Google, VERA).await?;
        self.goes_on(470).await?;
        let path = format!("/api/v1/connections/{}", second.connection);
        second.person.is_back().await?;
        second.person.delete(&path).await?.expect(202)?;
        self.moments().await?;
        self.goes_on(400).await?;
        let revoked = json!({ "name": "token_revoked", "scope": HANA, "count": 1 });
        self.hana.fault(&revoked).await?;
        self.hana.press("sync").await?.expect(202)?;
        self.moments().await?;
        self.goes_on(330).await?;
        self.vera.press("pause").await?.expect(200)?;
        self.files().await?;
        self.moments().await?;
        self.goes_on(240).await?;
        self.fails_once(|day| &day.office).await
    }

    async fn files(&self) -> anyhow::Result<()> {
        let person = &self.dana.person;
        person.is_back().await?;
        let (from, to) = (self.today - 7.days(), self.today + 14.days());
        let path =
            format!("/api/v1/schedule/export?format=csv&from={from}T00:00:00Z&to={to}T00:00:00Z");
        person.get(&path).await?.expect(200)?;
        let day = self.today + 3.days();
        let compact = day.strftime("%Y%m%d");
        let file = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:fair@trade.example\r\nSUMMARY:Trade fair: heat pumps\r\n\
             DTSTART;TZID={ZONE}:{compact}T180000\r\nDURATION:PT2H\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
             SUMMARY:Without a time\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let import = person.request(Method::POST, "/api/v1/schedule/import");
        let import = import.await?.header("content-type", "text/calendar");
        person.send(import.body(file)).await?.expect(200)?;
        Ok(())
    }

    /// A conflict, and a deletion of so much at once that it is held.
    async fn what_waits(&mut self) -> anyhow::Result<()> {
        self.goes_on(200).await?;
        let title = "Water softener, Hotel Anker";
        let event = self.finn.event(title).await?;
        let there_at = there(
            self.next_thursday(),
            [time(13, 0, 0, 0), time(15, 30, 0, 0)],
        )?;
        let theirs =
            json!({ "location": "Harbour Street 1, cellar door", "description": "Ring twice." });
        let theirs = with(theirs, &there_at);
        self.finn.calendar.patch(&event, theirs).await?;
        let here_at = here(
            self.next_thursday(),
            [time(10, 30, 0, 0), time(13, 0, 0, 0)],
        );
        let ours = with(
            json!({ "location": "Harbour Street 3, through the kitchen" }),
            &here_at,
        );
        let entry = self.planned(title)?;
        self.dana.change(&entry, &ours).await?;
        self.moments().await?;
        self.goes_on(120).await?;
        for event in self.gus.calendar.events().await? {
            let is_flat = event["summary"]
                .as_str()
                .is_some_and(|title| title.starts_with("Meter reading"));
            if let Some(id) = event["id"].as_str().filter(|_| is_flat) {
                self.gus.calendar.delete(id).await?;
            }
        }
        self.moments().await
    }

    /// Small things on both sides, one of which the provider does not take yet.
    async fn the_last_hour(&mut self) -> anyhow::Result<()> {
        self.goes_on(70).await?;
        let title = "No hot water, Café Morgen";
        self.refuses(|day| &day.finn, title).await?;
        let closed = json!({ "status": "completed", "notes": "Ignition board replaced." });
        self.finn.change(&self.planned(title)?, &closed).await?;
        self.moments().await?;
        self.goes_on(55).await?;
        let at = there(
            self.today + 1.days(),
            [time(17, 0, 0, 0), time(18, 0, 0, 0)],
        )?;
        let visit = with(json!({ "summary": "Look at the cellar, Moreau" }), &at);
        self.dana.calendar.insert(visit).await?;
        self.moments().await?;
        self.goes_on(40).await?;
        let moved = json!({ "location": "Canal Street 77, ring at Petrov" });
        let entry = self.planned("Thermostat does not answer, Petrov")?;
        self.gus.change(&entry, &moved).await?;
        self.moments().await?;
        self.goes_on(20).await?;
        let event = self.dana.event("Quote: bathroom for two, Moreau").await?;
        let notes = json!({ "description": "She wants a level shower." });
        self.dana.calendar.patch(&event, notes).await?;
        self.moments().await?;
        self.goes_on(14).await?;
        self.dana.person.is_back().await?;
        let first = json!({ "pinned": "business" });
        let pinned = self
            .dana
            .person
            .json(Method::PUT, "/api/integrations/pinned", &first);
        pinned.await?.expect(200)?;
        self.gus.press("sync").await?.expect(202)?;
        self.moments().await?;
        self.goes_on(0).await
    }

    fn next_thursday(&self) -> Date {
        let from_monday = i64::from(self.today.weekday().to_monday_zero_offset());
        self.today + (10 - from_monday).days()
    }
}
