//! What people do in their calendars, in the providers' own applications.

use domain::{connection::Provider, content::Field, link::LinkState, sync::moves::OccurrenceEdit};
use serde_json::{Value, json};

use super::{
    Stage,
    applications::Application,
    ledger::{Origin, Removal, Spot, event_start, event_value, event_values, for_google},
    people::original,
};

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap_or_default().to_owned()
}

pub(super) fn is_whole(event: &Value) -> bool {
    event["status"] != "cancelled" && event["recurringEventId"].is_null()
}

impl Stage {
    /// What a calendar shows, exceptions of series as events of their own.
    pub(super) fn shown(&self, place: usize) -> anyhow::Result<Vec<Value>> {
        self.opened(place).shown()
    }

    fn opened(&self, place: usize) -> Box<dyn Application> {
        self.cast.places[place].opened(&self.cast.world)
    }

    /// Events and series of all calendars, in the order in which their originals came to be.
    pub(super) fn events(&self) -> anyhow::Result<Vec<(usize, Value)>> {
        let mut found = Vec::new();
        for place in 0..self.cast.places.len() {
            let mut here = Vec::new();
            for event in self.shown(place)?.into_iter().filter(is_whole) {
                let order = (Origin::of_event(&event)?, event["created"].to_string());
                here.push((order, event));
            }
            here.sort_by(|one, other| (&one.0, id(&one.1)).cmp(&(&other.0, id(&other.1))));
            found.extend(here.into_iter().map(|(_, event)| (place, event)));
        }
        Ok(found)
    }

    fn pick_event(&self, nth: u8) -> anyhow::Result<Option<(usize, Value)>> {
        let mut found = self.events()?;
        let index = usize::from(nth) % found.len().max(1);
        Ok((index < found.len()).then(|| found.swap_remove(index)))
    }

    fn exceptions_of(&self, place: usize, series: &Value) -> anyhow::Result<Vec<Value>> {
        let mut shown = self.shown(place)?;
        shown.retain(|event| event["recurringEventId"] == series["id"]);
        Ok(shown)
    }

    fn place(&self, number: u8) -> usize {
        usize::from(number) % self.cast.places.len()
    }

    pub(super) fn create_event(&mut self, calendar: u8, series: bool) -> anyhow::Result<()> {
        let place = self.place(calendar);
        let fresh = self.ledger.fresh(series);
        let (start, end) = for_google(fresh.start)?;
        let mut event = json!({
            "summary": fresh.title, "description": fresh.notes, "location": fresh.location,
            "start": start, "end": end,
            // Somebody whom nobody may write to.
            "attendees": [{ "email": "guest@elsewhere.test" }],
        });
        if series {
            event["recurrence"] = json!(fresh.recurrence);
        }
        let made = self.opened(place).insert(&event)?;
        self.ledger
            .events_by_person
            .push((place, id(&made), fresh.origin));
        Ok(())
    }

    fn rewording(&mut self, origin: Origin, field: Field, event: &Value) -> anyhow::Result<Value> {
        Ok(match field {
            Field::Title => json!({ "summary": self.ledger.word('t') }),
            Field::Notes => json!({ "description": self.ledger.word('n') }),
            Field::Location => json!({ "location": self.ledger.word('l') }),
            Field::Timing => {
                let (start, end) = for_google(self.ledger.start(origin))?;
                json!({ "start": start, "end": end })
            }
            Field::Private if event["visibility"] == "private" => {
                json!({ "visibility": "default" })
            }
            Field::Private => json!({ "visibility": "private" }),
        })
    }

    pub(super) fn edit_event(&mut self, nth: u8, field: Field) -> anyhow::Result<()> {
        let Some((place, event)) = self.pick_event(nth)? else {
            return Ok(());
        };
        let origin = Origin::of_event(&event)?;
        let old = event_value(&event, field)?;
        if field == Field::Timing && event["recurrence"].is_array() {
            // The old time is a choice too when the other side changed an occurrence meanwhile. Google drops what no
            // longer fits; its user sees it go.
            self.ledger.removes(old);
            for exception in self.exceptions_of(place, &event)? {
                self.lets_go(&event, &exception)?;
            }
        } else if let Some(old) = old {
            let spot = Spot::Event(place, id(&event));
            self.ledger.replaces(spot, origin, old);
        }
        let change = self.rewording(origin, field, &event)?;
        self.opened(place).patch(&id(&event), &change)
    }

    /// What an exception says and its series does not.
    fn lets_go(&mut self, series: &Value, exception: &Value) -> anyhow::Result<()> {
        if exception["status"] != "cancelled" {
            let kept = event_values(series)?;
            let own = event_values(exception)?.into_iter();
            self.ledger
                .removes(own.filter(|value| !kept.contains(value)));
        }
        Ok(())
    }

    pub(super) fn edit_event_occurrence(
        &mut self,
        nth: u8,
        which: u8,
        edit: OccurrenceEdit,
    ) -> anyhow::Result<()> {
        let found = self.pick_event(nth)?;
        let Some((place, series)) = found.filter(|(_, event)| event["recurrence"].is_array())
        else {
            return Ok(());
        };
        let at = original(event_start(&series)?, which)?;
        let which = format!("{}_{at}", id(&series));
        let there = self.opened(place).get(&which);
        let Some(now) = there.ok().filter(|now| now["status"] != "cancelled") else {
            return Ok(());
        };
        let field = match edit {
            OccurrenceEdit::Retitle => Field::Title,
            OccurrenceEdit::Move => Field::Timing,
            OccurrenceEdit::Cancel => {
                self.lets_go(&series, &now)?;
                return self.opened(place).delete(&which);
            }
        };
        let old = event_value(&now, field)?;
        let of_series = event_value(&series, field)?;
        self.ledger
            .removes(old.filter(|old| of_series.as_ref() != Some(old)));
        let before = self.ledger.written.clone();
        let passes = self.cast.places[place].provider == Provider::Google;
        let change = if field == Field::Timing && !passes {
            // Outlook lets no occurrence pass its neighbours.
            let (start, end) = for_google(self.ledger.later_that_day(event_start(&now)?))?;
            json!({ "start": start, "end": end })
        } else {
            self.rewording(Origin::of_event(&series)?, field, &now)?
        };
        let said = self.ledger.written.difference(&before).cloned();
        // What a calendar keeps to itself we were never shown, and must not keep.
        if !self.hidden(place).is_empty() {
            self.unshown.extend(said);
        }
        self.opened(place).patch(&which, &change)
    }

    pub(super) fn delete_event(&mut self, nth: u8) -> anyhow::Result<()> {
        let Some((place, event)) = self.pick_event(nth)? else {
            return Ok(());
        };
        let origin = Origin::of_event(&event)?;
        if self.is_by_person(place, &id(&event)) {
            let member = self.cast.places[place].calendar.member;
            self.ledger.removed.insert(Removal::Event(origin, member));
        }
        for exception in self.exceptions_of(place, &event)? {
            self.lets_go(&event, &exception)?;
        }
        self.ledger.removes(event_values(&event)?);
        self.takes_away(place, &event)
    }

    fn takes_away(&mut self, place: usize, event: &Value) -> anyhow::Result<()> {
        let id = id(event);
        self.opened(place).delete(&id)?;
        self.ledger.takes_away(place, id);
        Ok(())
    }

    pub(super) fn is_by_person(&self, place: usize, id: &str) -> bool {
        let own = |(at, known, _): &(usize, String, Origin)| *at == place && known == id;
        self.ledger.events_by_person.iter().any(own)
    }

    /// The same meeting in another calendar. A move takes it from where it was.
    pub(super) async fn put_elsewhere(
        &mut self,
        nth: u8,
        target: u8,
        moved: bool,
    ) -> anyhow::Result<()> {
        let Some((from, event)) = self.pick_event(nth)? else {
            return Ok(());
        };
        // One of the calendars may be another tenant's.
        let others = usize::from(!moved && self.cast.bystander.is_some());
        let to = usize::from(target) % (self.cast.places.len() + others);
        if to == self.cast.places.len() {
            return self.give_away(&event).await;
        }
        let connection = |place: usize| self.cast.places[place].calendar.connection;
        if from == to || (moved && connection(from) != connection(to)) {
            return Ok(());
        }
        let same = |one: &Value| is_whole(one) && one["iCalUID"] == event["iCalUID"];
        // Exceptions would have to go along; what matters here is seen without them.
        if self.shown(to)?.iter().any(same) || !self.exceptions_of(from, &event)?.is_empty() {
            return Ok(());
        }
        // Of a copy whose create was never answered no identity is known: gone elsewhere, it is another event.
        let known = [domain::event::ExternalEventId(id(&event))];
        let calendar = self.cast.places[from].calendar.id;
        let links = self.cast.store.links_of_events(calendar, &known).await?;
        if links
            .iter()
            .any(|link| matches!(link.state, LinkState::Pending { .. }))
        {
            return Ok(());
        }
        let by_person = self.is_by_person(from, &id(&event)) || !moved;
        let put = if moved {
            let calendar = &self.cast.places[to].calendar.external_id;
            let put = self.opened(from).put_into(&event, calendar)?;
            self.ledger.takes_away(from, id(&event));
            put
        } else {
            self.opened(to).import(&event)?
        };
        if by_person {
            let origin = Origin::of_event(&event)?;
            self.ledger.events_by_person.push((to, put, origin));
        }
        Ok(())
    }

    pub(super) async fn shown_to_bystander(&self) -> anyhow::Result<Vec<Value>> {
        match self.cast.bystanders().await? {
            None => Ok(Vec::new()),
            Some(opened) => opened.shown(),
        }
    }

    /// Somebody of another tenant is invited: their copy is theirs, and nothing of it ours from then on.
    async fn give_away(&mut self, event: &Value) -> anyhow::Result<()> {
        let Some(opened) = self.cast.bystanders().await? else {
            return Ok(());
        };
        let same = |one: &Value| one["iCalUID"] == event["iCalUID"];
        if opened.shown()?.iter().any(same) {
            return Ok(());
        }
        self.ledger.given_away.extend(event_values(event)?);
        opened.import(event)?;
        Ok(())
    }
}
