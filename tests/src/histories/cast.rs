//! Who takes part: a tenant with two members and their connected accounts, and somebody of another tenant.

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use domain::{
    calendar::Calendar,
    connection::Provider,
    id::{ConnectionId, MemberId, TenantId},
    member::{EmailAddress, Member, Role, Tenant},
    sync::moves::Account,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{ids, store::TenantStore};

use crate::{
    calendar_user::{CalendarUser, calendar_user_at},
    connected::Connected,
    person::Person,
    world::{World, demo_password_hash},
};

pub(super) const ZONE: &str = "Europe/Berlin";
pub(super) const BYSTANDER: &str = "bob@contoso.test";
/// Much less than a session is proven for.
const PAGE_KEPT: SignedDuration = SignedDuration::from_mins(3);
const MEMBERS: [&str; 2] = ["first@histories.test", "second@histories.test"];

pub(super) struct Cast {
    pub(super) world: World,
    pub(super) store: TenantStore,
    pub(super) members: Vec<(Person, MemberId)>,
    pub(super) connections: Vec<Connection>,
    pub(super) places: Vec<Place>,
    /// Of another tenant, with a calendar of their own.
    pub(super) bystander: Option<Connected>,
    calendar: Box<dyn CalendarUser>,
    /// When people last opened a page.
    opened_at: Mutex<Timestamp>,
}

pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) member: usize,
}

/// A calendar at the provider, and what the product knows of it.
pub(super) struct Place {
    pub(super) account: String,
    pub(super) calendar: Calendar,
}

impl Cast {
    pub(super) async fn of(accounts: &[Account], bystander: bool) -> anyhow::Result<Self> {
        let world = World::start_with(Provider::Google).await?;
        let ids = found(&world).await?;
        let mut members = Vec::new();
        for (email, id) in MEMBERS.into_iter().zip(ids) {
            members.push((Person::sign_in(&world, email).await?, id));
        }
        let store = world.tenant_of(MEMBERS[0]).await?;
        let bystander = if bystander {
            Some(Connected::with_history(world.clone(), BYSTANDER, Value::Null).await?)
        } else {
            None
        };
        let mut cast = Self {
            opened_at: Mutex::new(world.clock.now()),
            calendar: calendar_user_at(&world, Provider::Google, BYSTANDER)?,
            world,
            store,
            members,
            connections: Vec::new(),
            places: Vec::new(),
            bystander,
        };
        for (number, account) in accounts.iter().enumerate() {
            cast.connect(number, account).await?;
        }
        cast.world.settle().await?;
        Ok(cast)
    }

    async fn connect(&mut self, number: usize, account: &Account) -> anyhow::Result<()> {
        let member = usize::from(account.member) % self.members.len();
        let person = &self.members[member].0;
        let address = format!("account{number}@google.test");
        self.world.google.add_account(&address, ZONE);
        let mut external = vec![address.clone()];
        for line in 1..account.calendars.len() {
            let name = format!("calendar {line}");
            external.push(self.world.google.add_calendar(&address, &name, ZONE));
        }
        let connection = person.connect_account(Provider::Google, &address).await?;
        let path = format!("/api/v1/connections/{connection}/calendars");
        let listed = person.get(&path).await?.expect(200)?.json();
        let listed = listed["calendars"].as_array().context("calendars")?;
        let mut lines = Vec::new();
        for (line, (direction, privacy, conflicts)) in account.calendars.iter().enumerate() {
            let known = listed
                .iter()
                .find(|one| one["external_id"] == external[line].as_str());
            lines.push(json!({
                "id": known.context("the calendar is listed")?["id"],
                "selected": true,
                "direction": direction,
                "history_days": null,
                "receives_new": direction.pushes() && usize::from(account.receiver) == line,
                "privacy": privacy,
                "conflicts": conflicts,
            }));
        }
        let body = json!({ "calendars": lines });
        let saved = person.json(Method::PUT, &path, &body).await?;
        anyhow::ensure!(saved.status.is_success(), "{}", saved.text);
        let id: ConnectionId = connection.parse()?;
        let known = self.store.calendars(id).await?;
        for external in external {
            let calendar = known.iter().find(|one| one.external_id == external);
            self.places.push(Place {
                account: address.clone(),
                calendar: calendar.context("the calendar is known")?.clone(),
            });
        }
        self.connections.push(Connection { id, member });
        Ok(())
    }

    /// Reading goes on with a session whose proof ran out.
    pub(super) async fn open_the_page_again(&self) -> anyhow::Result<()> {
        let now = self.world.clock.now();
        {
            let mut opened_at = self
                .opened_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if now < *opened_at + PAGE_KEPT {
                return Ok(());
            }
            *opened_at = now;
        }
        for (person, _) in &self.members {
            person.get("/api/users/auth/profile").await?.expect(200)?;
        }
        Ok(())
    }

    /// Asks for a sync as the button does.
    pub(super) async fn press_sync(&self, connection: &Connection) -> anyhow::Result<()> {
        let person = &self.members[connection.member].0;
        let path = format!("/api/v1/connections/{}/sync", connection.id);
        person.post(&path, &json!({})).await?.expect(202)?;
        Ok(())
    }

    /// The simulator's own controls.
    pub(super) async fn control(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        self.calendar.control(method, path, body).await
    }

    pub(super) fn bystander_acts(
        &self,
        method: &Method,
        rest: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        act(&self.world, (BYSTANDER, BYSTANDER), method, rest, body)
    }

    /// Every item of the table.
    pub(super) async fn rows(&self) -> anyhow::Result<Vec<Value>> {
        let table = &self.world.app.config.table;
        let dump = self.world.aws.dump_table(table).await?;
        let mut rows = Vec::new();
        for page in serde_json::Deserializer::from_str(&dump).into_iter::<Vec<Value>>() {
            rows.extend(page?);
        }
        Ok(rows)
    }
}

/// A tenant with two members who may do everything, so that either can assign the other.
async fn found(world: &World) -> anyhow::Result<[MemberId; 2]> {
    let hash = demo_password_hash()?;
    let now = world.clock.now();
    let tenant = Tenant {
        id: ids::mint(now, TenantId::from_parts),
        name: "Histories".into(),
        created_at: now,
    };
    let member = |email: &str| -> anyhow::Result<Member> {
        Ok(Member {
            id: ids::mint(now, MemberId::from_parts),
            tenant: tenant.id,
            email: EmailAddress::parse(email)?,
            name: email.into(),
            role: Role::Admin,
            mirrors: Vec::new(),
            version: 1,
            created_at: now,
        })
    };
    let (first, second) = (member(MEMBERS[0])?, member(MEMBERS[1])?);
    let store = &world.app.store;
    store.create_tenant(&tenant, &first, hash.clone()).await?;
    store.add_member(&second, hash).await?;
    Ok([first.id, second.id])
}

impl Place {
    /// What the owner of the calendar does there.
    pub(super) fn act(
        &self,
        world: &World,
        method: &Method,
        rest: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        act(
            world,
            (&self.account, &self.calendar.external_id),
            method,
            rest,
            body,
        )
    }
}

fn act(
    world: &World,
    (account, calendar): (&str, &str),
    method: &Method,
    rest: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    let path = format!("calendars/{calendar}/events{rest}");
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let done = world
        .google
        .act_as(account, method.clone(), path, query, body);
    done.map_err(|why| anyhow::anyhow!("{method} {path}: {why}"))
}
