//! Customers' webhooks: what they are told, how often, how it is signed, and where it never goes.

mod api;
mod crash;
mod outside;
mod pages;
mod signing;
mod tries;

use std::collections::BTreeSet;

use domain::{
    audit::{Action, Actor, AuditEntry, Outcome},
    id::{AuditId, WebhookId},
    member::EmailAddress,
    webhook::{Delivery, Topic, Webhook, WebhookState},
};
use jiff::SignedDuration;
use shared::{
    crypto::Secret,
    store::{KeptWebhook, SealedSecrets, TenantStore},
    webhook,
};
use tests::{
    person::Person,
    receiver::{Delivered, Receiver},
    world::World,
};

use crate::support::{MIA, visit};

/// A tenant with a webhook, and whoever listens at it.
pub(crate) struct Hooked {
    pub(crate) world: World,
    pub(crate) store: TenantStore,
    pub(crate) receiver: Receiver,
    pub(crate) webhook: WebhookId,
    pub(crate) secret: Secret,
}

/// For what is written past the functions.
pub(crate) async fn noted(world: &World, action: Action) -> AuditEntry {
    let (tenant, now) = (world.tenant_of(MIA).await.unwrap().id(), world.clock.now());
    let email = EmailAddress::parse(MIA).unwrap();
    let login = world.app.store.find_login(&email).await.unwrap().unwrap();
    AuditEntry {
        id: shared::ids::mint(tenant, now, AuditId::from_parts),
        at: now,
        actor: Actor::Unproven {
            member: login.member,
        },
        action,
        outcome: Outcome::Succeeded,
        resource: None,
        before: None,
        after: None,
        pii_accessed: Vec::new(),
        request_id: "story".into(),
        ip: None,
        user_agent: None,
    }
}

pub(crate) async fn add_webhook(
    world: &World,
    email: &str,
    url: &str,
    topics: &[Topic],
) -> (WebhookId, Secret) {
    let store = world.tenant_of(email).await.unwrap();
    let now = world.clock.now();
    let id = shared::ids::mint(store.id(), now, WebhookId::from_parts);
    let secret = webhook::mint();
    let kept = KeptWebhook {
        webhook: Webhook {
            id,
            url: url.to_owned(),
            description: "Dispatch".into(),
            topics: topics.iter().copied().collect::<BTreeSet<_>>(),
            state: WebhookState::Active {
                failing_since: None,
            },
            created_at: now,
            version: 1,
        },
        secrets: SealedSecrets {
            current: webhook::seal(&world.app, store.id(), id, &secret)
                .await
                .unwrap(),
            before: None,
        },
    };
    let note = noted(world, Action::WebhookCreated).await;
    store.create_webhook(&kept, &note).await.unwrap();
    (id, secret)
}

impl Hooked {
    pub(crate) async fn start() -> Self {
        let world = World::start().await.unwrap();
        let receiver = Receiver::start().await.unwrap();
        let (webhook, secret) =
            add_webhook(&world, MIA, &receiver.url(), &[Topic::EntryCreated]).await;
        Self {
            store: world.tenant_of(MIA).await.unwrap(),
            world,
            receiver,
            webhook,
            secret,
        }
    }

    /// Something that its webhook is told.
    pub(crate) async fn create_entry(&self, title: &str) -> String {
        let mia = Person::sign_in(&self.world, MIA).await.unwrap();
        let made = mia.post("/api/v1/schedule/entries", &visit(title, 4)).await;
        made.unwrap().expect(201).unwrap().at("/id")
    }

    pub(crate) async fn settle(&self) {
        self.world.settle().await.unwrap();
    }

    /// The clock jumps, and what became due is done.
    pub(crate) async fn later(&self, by: SignedDuration) {
        self.world.clock.advance(by).unwrap();
        let minutes = SignedDuration::from_mins(2);
        self.world.advance(minutes).await.unwrap();
    }

    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        let all = self.store.deliveries(self.webhook, None, 1_000).await;
        all.unwrap()
    }

    /// The only one.
    pub(crate) async fn delivery(&self) -> Delivery {
        let mut all = self.deliveries().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub(crate) async fn kept(&self) -> KeptWebhook {
        self.store.webhook(self.webhook).await.unwrap().unwrap()
    }

    /// What is waiting for another try, and what is given up, as a dashboard says it.
    pub(crate) async fn waiting(&self) -> (u32, u32) {
        let known = self.store.integrations(self.world.clock.now()).await;
        let known = known.unwrap();
        (known.retrying(), known.dead())
    }

    pub(crate) fn heard(&self) -> Vec<Delivered> {
        self.receiver.heard()
    }
}

pub(crate) async fn ada(world: &World) -> Person {
    Person::sign_in(world, crate::support::ADA).await.unwrap()
}
