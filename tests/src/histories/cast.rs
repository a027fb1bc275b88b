//! Who takes part: a tenant with two members and their connected accounts, and somebody of another tenant.

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use domain::{
    calendar::Calendar,
    connection::Provider,
    id::{ConnectionId, MemberId},
    member::{EmailAddress, Member, Role, Tenant},
    sync::moves::Account,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{ids, store::TenantStore};

use super::{
    applications::{Application, application},
    happenings::History,
};
use crate::{
    connected::Connected,
    person::Person,
    world::{World, demo_password_hash, joined},
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
    pub(super) bystander: Option<Bystander>,
    /// When people last opened a page, or signed in.
    opened_at: Mutex<Timestamp>,
}

pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) member: usize,
}

pub(super) struct Bystander {
    person: Person,
    store: TenantStore,
    connection: ConnectionId,
}

/// A connection of whichever tenant, and who looks after it.
pub(super) struct Kept<'a> {
    pub(super) person: &'a Person,
    pub(super) store: &'a TenantStore,
    pub(super) connection: ConnectionId,
}

/// A calendar at the provider, and what the product knows of it.
pub(super) struct Place {
    pub(super) provider: Provider,
    pub(super) account: String,
    pub(super) calendar: Calendar,
}

impl Cast {
    pub(super) async fn of(history: &History) -> anyhow::Result<Self> {
        let [of_accounts @ .., of_bystander] = history.providers;
        let world = World::start_with(of_bystander).await?;
        let ids = found(&world).await?;
        let mut members = Vec::new();
        for (email, id) in MEMBERS.into_iter().zip(ids) {
            members.push((Person::sign_in(&world, email).await?, id));
        }
        let store = world.tenant_of(MEMBERS[0]).await?;
        let bystander = if history.bystander {
            Some(Bystander::of(&world).await?)
        } else {
            None
        };
        let mut cast = Self {
            opened_at: Mutex::new(world.clock.now()),
            world,
            store,
            members,
            connections: Vec::new(),
            places: Vec::new(),
            bystander,
        };
        let accounts = history.accounts.iter().zip(of_accounts.iter().cycle());
        for (number, (account, provider)) in accounts.enumerate() {
            cast.connect(number, account, *provider).await?;
        }
        cast.world.settle().await?;
        Ok(cast)
    }

    async fn connect(
        &mut self,
        number: usize,
        account: &Account,
        provider: Provider,
    ) -> anyhow::Result<()> {
        let member = usize::from(account.member) % self.members.len();
        let person = &self.members[member].0;
        let address = format!("account{number}@{provider}.test");
        let names = (1..account.calendars.len()).map(|line| format!("calendar {line}"));
        let further: Vec<String> = match provider {
            Provider::Google => {
                let google = &self.world.google;
                google.add_account(&address, ZONE);
                names
                    .map(|name| google.add_calendar(&address, &name, ZONE))
                    .collect()
            }
            Provider::Microsoft => {
                let microsoft = &self.world.microsoft;
                microsoft.add_account(&address, ZONE);
                names
                    .map(|name| microsoft.add_calendar(&address, &name))
                    .collect()
            }
        };
        let connection = person.connect_account(provider, &address).await?;
        let path = format!("/api/v1/connections/{connection}/calendars");
        let listed = person.get(&path).await?.expect(200)?.json();
        let listed = listed["calendars"].as_array().context("calendars")?;
        let primary = listed.iter().find(|one| one["primary"] == true);
        let primary = primary.and_then(|one| one["external_id"].as_str());
        let mut external = vec![primary.context("a primary calendar")?.to_owned()];
        external.extend(further);
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
                provider,
                account: address.clone(),
                calendar: calendar.context("the calendar is known")?.clone(),
            });
        }
        self.connections.push(Connection { id, member });
        Ok(())
    }

    /// With a new proof, also where the old one would still do for a while: it has to last until the page is opened again.
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
        let members = self.members.iter().map(|(person, _)| person);
        for person in members.chain(self.bystander.iter().map(|one| &one.person)) {
            let answer = person
                .post("/api/users/auth/refresh/", &Value::Null)
                .await?;
            answer.expect(200)?;
        }
        Ok(())
    }

    fn kept(&self, connection: &Connection) -> Kept<'_> {
        Kept {
            person: &self.members[connection.member].0,
            store: &self.store,
            connection: connection.id,
        }
    }

    /// Everybody's connections, the bystander's among them.
    pub(super) fn all_kept(&self) -> impl Iterator<Item = Kept<'_>> {
        let bystander = self.bystander.iter().map(|bystander| Kept {
            person: &bystander.person,
            store: &bystander.store,
            connection: bystander.connection,
        });
        let members = self.connections.iter().map(|one| self.kept(one));
        members.chain(bystander)
    }

    /// The owner of one of the members' connections asks for a sync.
    pub(super) async fn press_sync(&self, connection: &Connection) -> anyhow::Result<()> {
        self.kept(connection).press_sync().await
    }

    /// Those that take part.
    pub(super) fn providers(&self) -> Vec<Provider> {
        let bystander = self.bystander.iter().map(|_| self.world.provider);
        let places = self.places.iter().map(|place| place.provider);
        let used: Vec<Provider> = bystander.chain(places).collect();
        let mut known = Provider::ALL.to_vec();
        known.retain(|provider| used.contains(provider));
        known
    }

    /// The simulator's own controls.
    pub(super) async fn control(
        &self,
        provider: Provider,
        method: Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let base = match provider {
            Provider::Google => &self.world.google_base,
            Provider::Microsoft => &self.world.microsoft_base,
        };
        let url = base.join(&format!("/_sim/{path}"))?;
        let request = self.world.people_http.request(method, url).json(body);
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        anyhow::ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The bystander's own calendar.
    pub(super) async fn bystanders(&self) -> anyhow::Result<Option<Box<dyn Application>>> {
        let Some(bystander) = &self.bystander else {
            return Ok(None);
        };
        let known = bystander.store.calendars(bystander.connection).await?;
        let calendar = known.iter().find(|one| one.primary);
        let calendar = &calendar.context("a primary calendar")?.external_id;
        let provider = self.world.provider;
        Ok(Some(application(
            &self.world,
            provider,
            BYSTANDER,
            calendar,
        )))
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
    let tenant = Tenant::new(ids::mint_tenant(now), "Histories".into(), now);
    let member = |email: &str| -> anyhow::Result<Member> {
        let id = ids::mint(tenant.id, now, MemberId::from_parts);
        let address = EmailAddress::parse(email)?;
        Ok(Member::new(
            id,
            tenant.id,
            address,
            email.into(),
            Role::Admin,
            now,
        ))
    };
    let (first, second) = (member(MEMBERS[0])?, member(MEMBERS[1])?);
    let store = &world.app.store;
    store
        .create_tenant(&tenant, &first, hash.clone(), &joined(&first))
        .await?;
    store.add_member(&second, hash, &joined(&second)).await?;
    Ok([first.id, second.id])
}

impl Bystander {
    async fn of(world: &World) -> anyhow::Result<Self> {
        let connected = Connected::with_history(world.clone(), BYSTANDER, Value::Null).await?;
        Ok(Self {
            store: world.tenant_of(BYSTANDER).await?,
            connection: connected.connection.parse()?,
            person: connected.person,
        })
    }
}

impl Kept<'_> {
    /// Asks for a sync as the button does.
    pub(super) async fn press_sync(&self) -> anyhow::Result<()> {
        let path = format!("/api/v1/connections/{}/sync", self.connection);
        self.person.post(&path, &json!({})).await?.expect(202)?;
        Ok(())
    }
}

impl Place {
    /// As its owner opens it.
    pub(super) fn opened(&self, world: &World) -> Box<dyn Application> {
        let calendar = &self.calendar.external_id;
        application(world, self.provider, &self.account, calendar)
    }
}
