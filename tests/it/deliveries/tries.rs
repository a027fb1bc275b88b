//! One delivery, from the change that it tells of to its end.

use domain::{
    integration::{EventStatus, Integration, IntegrationEvent, Setup, Tally},
    webhook::{DeliveryState, WebhookStanding, WhyDead, WhySwitchedOff},
};
use serde_json::{Value, json};
use tests::aws::ApiError;

use super::{signing::verifies, *};
use crate::{queue, support::Kept};

pub(super) const QUEUE: &str = "kalends-local-deliveries";

const WAITS: &str = "/api/integrations/error-queue";

impl Hooked {
    async fn events(&self) -> Vec<IntegrationEvent> {
        self.store.integration_events(None, 50).await.unwrap()
    }

    async fn tally(&self) -> Tally {
        let known = self.store.integrations(self.world.clock.now()).await;
        known.unwrap().facts(Integration::Webhooks).tally
    }

    /// Every try fails, until there are no more.
    async fn exhaust(&self) {
        for hours in [0, 0, 1, 3, 6, 11, 16, 22, 27] {
            self.later(SignedDuration::from_hours(hours) + SignedDuration::from_mins(6))
                .await;
        }
    }
}

#[tokio::test]
async fn a_change_is_told_once_to_each_webhook_that_wants_it() {
    let hooked = Hooked::start().await;
    let other = Receiver::start().await.unwrap();
    let topics = [Topic::EntryDeleted, Topic::SyncFailed];
    add_webhook(&hooked.world, MIA, &other.url(), &topics).await;
    let bobs = Receiver::start().await.unwrap();
    add_webhook(
        &hooked.world,
        "bob@contoso.test",
        &bobs.url(),
        &Topic::OFFERED,
    )
    .await;

    let entry = hooked.create_entry("Mia's pump").await;
    hooked.settle().await;

    let [told] = &hooked.heard()[..] else {
        panic!("{:?}", hooked.heard())
    };
    assert!(verifies(told, &hooked.secret));
    assert_eq!(told.header("content-type"), "application/json");
    let delivery = hooked.delivery().await;
    assert_eq!(told.header("webhook-id"), delivery.id.to_string());
    let said = told.json();
    assert_eq!(said["type"], "schedule.entry.created");
    assert_eq!(said["data"], json!({ "entry": entry, "version": 1 }));
    assert_eq!(said.as_object().unwrap().len(), 3, "{said}");
    assert_eq!(delivery.state, DeliveryState::Succeeded);
    assert_eq!(hooked.events().await, []);
    let once = Tally {
        tried: 1,
        failed: 0,
    };
    assert_eq!(hooked.tally().await, once);
    assert!(other.heard().is_empty() && bobs.heard().is_empty());
}

#[tokio::test]
async fn a_row_of_the_outbox_that_is_relayed_again_makes_no_second_delivery() {
    let hooked = Hooked::start().await;
    let away = || ApiError::new("InternalException", "away");
    hooked.world.aws.refuse_next("PutEvents", away());
    hooked.world.aws.refuse_next("PutEvents", away());
    hooked.create_entry("pump").await;
    hooked.settle().await;

    assert!(hooked.world.invocations()["outbox-relay"] > 1);
    assert_eq!(hooked.deliveries().await.len(), 1);
    assert_eq!(hooked.heard().len(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_arrives() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers(&[500, 302, 404]);
    hooked.create_entry("pump").await;
    hooked.settle().await;

    assert_eq!(
        hooked.heard().len(),
        3,
        "at once, after seconds and minutes"
    );
    assert_eq!(hooked.waiting().await, (1, 0));
    let none_yet = Tally {
        tried: 0,
        failed: 0,
    };
    assert_eq!(hooked.tally().await, none_yet);
    hooked.later(SignedDuration::from_mins(20)).await;
    assert_eq!(hooked.heard().len(), 3, "half an hour is longer");
    hooked.later(SignedDuration::from_mins(15)).await;

    let heard = hooked.heard();
    assert_eq!(heard.len(), 4);
    let one = |name: &str| {
        heard
            .iter()
            .map(|told| told.header(name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(one("webhook-id").len(), 1, "by it repeats are told");
    assert_eq!(one("webhook-timestamp").len(), 4);
    assert!(heard.iter().all(|told| verifies(told, &hooked.secret)));
    assert_eq!(hooked.delivery().await.attempts, 4);
    assert_eq!(hooked.waiting().await, (0, 0));
    let tally = Tally {
        tried: 1,
        failed: 0,
    };
    assert_eq!(hooked.tally().await, tally);
    let events = hooked.events().await;
    assert_eq!(
        events.len(),
        1,
        "the first failure alone is told: {events:#?}"
    );
    assert_eq!(events[0].status, EventStatus::Warning);
    assert_eq!(
        events[0].error_message.as_deref(),
        Some("The webhook answered 500.")
    );
}

#[tokio::test]
async fn what_never_arrives_is_a_dead_letter_that_can_be_tried_anew_from_the_log() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(503);
    hooked.receiver.says(r#"{"token":"abc","why":"we moved"}"#);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    hooked.exhaust().await;

    assert_eq!(hooked.heard().len(), 10);
    let why = WhyDead::Exhausted;
    assert_eq!(
        hooked.delivery().await.state,
        DeliveryState::DeadLetter { why }
    );
    assert_eq!(hooked.waiting().await, (0, 1));
    assert!(hooked.kept().await.webhook.is_active());
    let [dead, failed] = &hooked.events().await[..] else {
        panic!("{:#?}", hooked.events().await)
    };
    assert_eq!(
        (dead.status, failed.status),
        (EventStatus::Error, EventStatus::Warning)
    );
    assert_eq!(dead.retry_count, 9);
    let body = dead.request_body.as_deref().unwrap();
    assert!(body.contains("schedule.entry.created"), "{body}");
    let answer = dead.response_body.as_deref().unwrap();
    assert!(
        answer.contains("we moved") && !answer.contains("abc"),
        "{answer}"
    );
    let known = hooked
        .store
        .integrations(hooked.world.clock.now())
        .await
        .unwrap();
    assert_eq!(known.failed_24h(), 1, "as many as the log has errors");
    let queue = ada(&hooked.world).await.get(WAITS).await.unwrap().json();
    assert_eq!(
        queue,
        json!({ "items": [], "next_cursor": null, "deliveries": [{
            "webhook_id": hooked.webhook, "url": hooked.kept().await.webhook.url, "retrying": 0, "dead_letter": 1,
        }] }),
        "what is counted as dead is found there"
    );
    let details = format!("/api/integrations/logs/{}", dead.id);
    let shown = ada(&hooked.world).await.get(&details).await.unwrap();
    assert_eq!(shown.at("/can_retry"), "true", "{}", shown.text);

    hooked.receiver.usually_answers(200);
    let ada = ada(&hooked.world).await;
    let retried = ada.post(&format!("{details}/retry"), &Value::Null).await;
    assert_eq!(
        retried.unwrap().expect(202).unwrap().json(),
        json!({ "run": null })
    );
    hooked.settle().await;

    assert_eq!(hooked.heard().len(), 11);
    assert_eq!(hooked.delivery().await.state, DeliveryState::Succeeded);
    assert_eq!(hooked.waiting().await, (0, 0));
    let again = ada.post(&format!("{details}/retry"), &Value::Null).await;
    let again = again.unwrap().expect(409).unwrap();
    assert_eq!(again.at("/code"), "delivery_not_dead");
}

#[tokio::test]
async fn who_says_that_they_are_gone_is_told_nothing_more() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers(&[410]);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    hooked.create_entry("boiler").await;
    hooked.settle().await;

    assert_eq!(hooked.heard().len(), 1);
    let stands = hooked.kept().await.webhook;
    assert_eq!(stands.standing(), WebhookStanding::SwitchedOff);
    assert_eq!(stands.version, 2, "its owner sees that it changed");
    let why = WhyDead::SwitchedOff {
        why: WhySwitchedOff::Gone,
    };
    assert_eq!(
        hooked.delivery().await.state,
        DeliveryState::DeadLetter { why }
    );
    let known = hooked.store.integrations(hooked.world.clock.now()).await;
    let setup = Setup::Endpoints {
        active: 0,
        disabled: 0,
        switched_off: 1,
        retrying: 0,
    };
    assert_eq!(known.unwrap().facts(Integration::Webhooks).setup, setup);
    assert_eq!(hooked.events().await[0].status, EventStatus::Error);
}

#[tokio::test]
async fn a_webhook_that_takes_nothing_for_five_days_is_switched_off() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(500);
    for _ in 0..6 {
        hooked.create_entry("pump").await;
        hooked.settle().await;
        assert!(hooked.kept().await.webhook.is_active());
        hooked
            .later(SignedDuration::from_hours(24) - SignedDuration::from_mins(10))
            .await;
    }
    hooked.create_entry("boiler").await;
    hooked.settle().await;

    let state = hooked.kept().await.webhook.state;
    let why = WhySwitchedOff::Failing;
    assert!(matches!(state, WebhookState::SwitchedOff { why: found, .. } if found == why));
    // What still waited is set aside when its turn comes.
    hooked.later(SignedDuration::from_hours(30)).await;
    hooked.later(SignedDuration::from_hours(1)).await;
    let all = hooked.deliveries().await;
    let state = DeliveryState::DeadLetter {
        why: WhyDead::SwitchedOff { why },
    };
    assert!(all.iter().all(Delivery::is_dead), "{all:#?}");
    let last = all.iter().filter(|one| one.state == state).count();
    assert!(last > 1, "nobody disabled it: {all:#?}");
    let failed = hooked.events().await;
    let failed = failed.iter().filter(|one| one.status == EventStatus::Error);
    assert_eq!(failed.count(), all.len());
    let dead = u32::try_from(all.len()).unwrap();
    assert_eq!(hooked.waiting().await, (0, dead));
}

#[tokio::test]
async fn what_was_set_aside_with_a_disabled_webhook_is_tried_anew_once_it_is_enabled() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(503);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    let ada = ada(&hooked.world).await;
    let press = async |action: &str| {
        let path = format!("/api/v1/webhooks/{}/{action}", hooked.webhook);
        ada.post(&path, &Value::Null).await.unwrap()
    };
    press("disable").await.expect(200).unwrap();
    hooked.receiver.usually_answers(200);
    hooked.later(SignedDuration::from_hours(6)).await;
    let why = WhyDead::Disabled;
    assert_eq!(
        hooked.delivery().await.state,
        DeliveryState::DeadLetter { why }
    );

    let dead = &hooked.events().await[0];
    let details = format!("/api/integrations/logs/{}", dead.id);
    let shown = ada.get(&details).await.unwrap();
    assert_eq!(shown.at("/can_retry"), "true", "{}", shown.text);
    let retry = async || {
        let path = format!("{details}/retry");
        ada.post(&path, &Value::Null).await.unwrap()
    };
    let refused = retry().await.expect(409).unwrap();
    assert_eq!(refused.at("/code"), "webhook_disabled");
    press("enable").await.expect(200).unwrap();
    let page = format!("/integrations/logs/{}/retry", dead.id);
    let pressed = ada.submit(&page, &[("next", "/integrations/logs")]).await;
    pressed.unwrap().expect(303).unwrap();
    let log = ada.get("/integrations/logs").await.unwrap().text;
    assert!(log.contains("It is being tried again."), "{log}");
    hooked.settle().await;

    assert_eq!(hooked.delivery().await.state, DeliveryState::Succeeded);
}

#[tokio::test]
async fn what_waits_goes_with_its_webhook() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(500);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    assert_eq!(hooked.waiting().await, (1, 0));
    let told = hooked.heard().len();

    let note = noted(&hooked.world, Action::WebhookDeleted).await;
    let webhook = hooked.kept().await.webhook;
    hooked.store.delete_webhook(&webhook, &note).await.unwrap();

    assert_eq!(hooked.waiting().await, (0, 0));
    hooked.later(SignedDuration::from_mins(40)).await;
    assert_eq!(hooked.heard().len(), told);
    assert_eq!(hooked.deliveries().await, []);
}

#[tokio::test]
async fn a_dead_letter_is_forgotten_after_a_month_and_counts_no_more() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers(&[410]);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    assert_eq!(hooked.waiting().await, (0, 1));

    hooked.later(SignedDuration::from_hours(24 * 30)).await;

    assert_eq!(hooked.waiting().await, (0, 0));
    assert_eq!(hooked.deliveries().await, []);
}

#[tokio::test]
async fn a_message_that_names_another_tenants_delivery_sends_nothing() {
    let hooked = Hooked::start().await;
    hooked.receiver.usually_answers(500);
    hooked.create_entry("pump").await;
    hooked.settle().await;
    let delivery = hooked.delivery().await;
    let bob = hooked.world.tenant_of("bob@contoso.test").await.unwrap();
    let (before, told) = (Kept::of(&hooked.world).await, hooked.heard().len());

    let message = json!({ "tenant": bob.id(), "webhook": hooked.webhook, "delivery": delivery.id });
    queue::send(&hooked.world, QUEUE, &message.to_string()).await;
    hooked.settle().await;

    assert_eq!(hooked.heard().len(), told);
    // But for the message itself, and where it was buried.
    let after = Kept::of(&hooked.world).await.differs_from(&before);
    assert_eq!(after.len(), 1, "{after:?}");
    let dead = hooked.world.aws.receive(&format!("{QUEUE}-dead"), 10);
    assert_eq!(
        queue::reason_of(&dead[0]),
        "the delivery is another tenant's"
    );
}

#[tokio::test]
async fn two_messages_for_one_try_send_it_at_most_twice_and_count_it_once() {
    let hooked = Hooked::start().await;
    hooked.create_entry("pump").await;
    hooked.settle().await;
    let delivery = hooked.delivery().await;
    let message =
        json!({ "tenant": hooked.store.id(), "webhook": hooked.webhook, "delivery": delivery.id });
    for _ in 0..3 {
        queue::send(&hooked.world, QUEUE, &message.to_string()).await;
    }
    hooked.settle().await;

    assert_eq!(
        hooked.heard().len(),
        1,
        "what has arrived is not sent again"
    );
    assert_eq!(hooked.tally().await.tried, 1);
    assert_eq!(hooked.world.aws.queue_depth(QUEUE).visible, 0);
}
