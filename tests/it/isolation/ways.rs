//! Every way in that there is, and which story holds it: nothing that comes in may reach from one tenant to another,
//! whatever it names. Routes are tried by themselves; what comes in otherwise names its tenant itself, or is proved to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{connection::Provider, id::TenantId, subscription::SubscriptionState};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::web::Need;
use tests::{
    aws::{QueueDepth, Template},
    world,
    world::World,
};

use super::BOB;
use crate::{
    queue::{reason_of, send},
    support::{Connected, Kept, MIA, http, put_item, visit},
};

enum Held {
    By(&'static [&'static str]),
    /// Nothing comes in there that could name anybody's.
    NoMatter(&'static str),
}

use Held::{By, NoMatter};

const MESSAGES: Held =
    By(&["a_message_for_another_tenants_connection_is_buried_and_changes_nothing"]);
const NOTICES: &str = "a_channel_token_says_nothing_of_another_tenants_channel";
const NO_INPUT: Held = NoMatter("a tick brings nothing: it reads what stands in the due index");
const PUBLIC: Held = NoMatter("the same for everybody");

/// By the function, and what it believes.
const WAYS: [(&str, Held); 18] = [
    (
        "any function: a session or an API key",
        By(&[
            "each_role_gets_where_the_table_lets_it_and_nowhere_else",
            "a_grant_opens_what_it_names_and_nothing_else",
            "a_key_gets_where_its_scope_names_and_nowhere_else",
            "every_address_with_an_id_of_another_tenant_is_refused_and_written_down",
            "an_id_of_another_tenant_in_a_request_is_refused_like_one_of_nothing",
            "a_list_does_not_go_on_where_another_tenants_list_stopped",
        ]),
    ),
    ("assets: the same for everyone", PUBLIC),
    (
        "deliveries: queue deliveries",
        By(&["a_message_that_names_another_tenants_delivery_sends_nothing"]),
    ),
    ("developer: the same for everyone", PUBLIC),
    ("due-sweep: schedule", NO_INPUT),
    ("identity: public keys", PUBLIC),
    // Beside the session.
    (
        "oauth-callback: an OAuth state",
        By(&["an_authorization_begun_by_somebody_else_is_refused"]),
    ),
    (
        "outbox-relay: stream",
        By(&["a_row_that_names_another_tenants_connection_asks_nothing_of_it"]),
    ),
    (
        "sign-in: a password or a refresh cookie",
        By(&["signing_in_never_goes_on_with_a_session_that_was_there_before"]),
    ),
    (
        "sign-in: the sealed token of an invite",
        By(&["a_token_that_was_made_up_or_altered_is_answered_alike_wherever_it_differs"]),
    ),
    ("subscriptions-renew: schedule", NO_INPUT),
    ("sync-worker: queue sync-google", MESSAGES),
    ("sync-worker: queue sync-interactive", MESSAGES),
    ("sync-worker: queue sync-microsoft", MESSAGES),
    (
        "tenant-purge: queue purge",
        By(&[
            "a_message_for_another_tenants_connection_is_buried_and_changes_nothing",
            "what_nobody_asked_to_be_deleted_is_not_whatever_a_message_says",
        ]),
    ),
    ("webhooks-google: a channel token", By(&[NOTICES])),
    ("webhooks-microsoft: a channel token", By(&[NOTICES])),
    (
        "webhooks-pubsub: a signature of Google, and a channel token",
        By(&["a_token_that_was_stolen_from_another_tenant_asks_for_nothing"]),
    ),
];

fn template() -> Template {
    let stage = BTreeMap::from([("Stage".to_owned(), "local".to_owned())]);
    Template::load(&stage, "http://queues.test").unwrap()
}

/// The event sources that the template gives to functions, and what routes believe.
fn ways() -> BTreeSet<String> {
    let mut ways = BTreeSet::new();
    for function in template().functions().unwrap() {
        let handler = &function.handler;
        let queues = function.queues.iter();
        ways.extend(queues.map(|mapping| format!("{handler}: queue {}", short(&mapping.queue))));
        ways.extend(
            function
                .streams
                .iter()
                .map(|_| format!("{handler}: stream")),
        );
        ways.extend(
            function
                .schedules
                .iter()
                .map(|_| format!("{handler}: schedule")),
        );
    }
    for (handler, routes) in world::functions() {
        let of = |route: &shared::web::Route| match route.gate.need {
            Need::Nobody(why) => format!("{handler}: {why}"),
            Need::SignedIn | Need::May(_) if route.path.starts_with("/oauth/") => {
                format!("{handler}: an OAuth state")
            }
            Need::SignedIn | Need::May(_) => "any function: a session or an API key".to_owned(),
        };
        ways.extend(routes.listed().iter().map(of));
    }
    ways
}

fn short(queue: &str) -> &str {
    queue.strip_prefix("kalends-local-").unwrap()
}

/// The text of all stories.
fn stories() -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("it")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    text
}

#[test]
fn every_way_in_is_held_by_a_story_or_has_a_reason() {
    let known: BTreeSet<String> = WAYS.iter().map(|(way, _)| (*way).to_owned()).collect();
    assert_eq!(known, ways());

    let stories = stories();
    for (way, held) in &WAYS {
        match held {
            By(names) => {
                assert!(!names.is_empty(), "{way}");
                for name in *names {
                    assert!(
                        stories.contains(&format!("async fn {name}()")),
                        "{way}: {name}"
                    );
                }
            }
            NoMatter(why) => assert!(!why.is_empty(), "{way}"),
        }
    }
}

/// A member of each of two tenants, connected.
async fn two_connected(provider: Provider) -> (Connected, Connected) {
    let world = World::start_with(provider).await.unwrap();
    let mia = Connected::with(world.clone(), MIA).await;
    let bob = Connected::with(world, BOB).await;
    (mia, bob)
}

async fn tenant(side: &Connected) -> TenantId {
    let store = side.world.tenant_of(&side.person.email).await.unwrap();
    store.id()
}

/// The consumed queues.
fn queues() -> Vec<String> {
    let functions = template().functions().unwrap();
    let queues = functions.into_iter().flat_map(|function| function.queues);
    let queues = queues.map(|mapping| mapping.queue);
    // That of deliveries names no connection, and has a story of its own.
    queues
        .filter(|queue| short(queue) != "deliveries")
        .collect()
}

fn message(queue: &str, tenant: TenantId, connection: &str) -> Value {
    match short(queue) {
        "purge" => json!({ "tenant": tenant, "connection": connection }),
        _ => json!({ "tenant": tenant, "connection": connection, "trigger": "notice" }),
    }
}

#[tokio::test]
async fn a_message_for_another_tenants_connection_is_buried_and_changes_nothing() {
    let (mia, bob) = two_connected(Provider::Google).await;
    let world = &mia.world;

    for queue in queues() {
        let before = Kept::of(world).await;
        for (owner, other) in [(&mia, &bob), (&bob, &mia)] {
            let foreign = message(&queue, tenant(owner).await, &other.connection);
            send(world, &queue, &foreign.to_string()).await;
        }
        world.settle().await.unwrap();

        // Two were sent, and each was sent to the dead letters once.
        let changed = Kept::of(world).await.differs_from(&before);
        assert_eq!(changed, ["4 messages".to_owned()].into(), "{queue}");
        let left = world.aws.queue_depth(&queue);
        assert_eq!(left, QueueDepth::default(), "{queue}");
        let dead = world.aws.receive(&format!("{queue}-dead"), 10);
        let reasons: Vec<_> = dead.iter().map(reason_of).collect();
        assert_eq!(
            reasons, ["the connection is another tenant's"; 2],
            "{queue}"
        );
    }
}

#[tokio::test]
async fn what_nobody_asked_to_be_deleted_is_not_whatever_a_message_says() {
    let (mia, bob) = two_connected(Provider::Google).await;
    let world = &mia.world;
    let queue = queues().into_iter().find(|queue| short(queue) == "purge");
    let queue = queue.unwrap();
    let before = Kept::of(world).await;

    let tenant = tenant(&bob).await;
    for message in [
        message(&queue, tenant, &bob.connection),
        json!({ "tenant": tenant }),
    ] {
        send(world, &queue, &message.to_string()).await;
    }
    world.settle().await.unwrap();

    let changed = Kept::of(world).await.differs_from(&before);
    assert_eq!(changed, ["2 messages".to_owned()].into());
    assert_eq!(world.aws.queue_depth(&queue), QueueDepth::default());
    bob.create_entry(&visit("ours", 4)).await;
    bob.settle().await;
    bob.event("ours").await;
}

#[tokio::test]
async fn a_row_that_names_another_tenants_connection_asks_nothing_of_it() {
    let (mia, bob) = two_connected(Provider::Google).await;
    let world = &mia.world;
    let (id, at) = (tenant(&mia).await, world.clock.now());
    let text = |text: String| AttributeValue::S(text);
    let row = HashMap::from([
        ("PK".to_owned(), text(format!("T#{id}#OUT"))),
        (
            "SK".to_owned(),
            text("out_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8".into()),
        ),
        ("et".to_owned(), text("outbox".into())),
        ("t".to_owned(), text(id.to_string())),
        ("tenant".to_owned(), text(id.to_string())),
        ("name".to_owned(), text("ENTRY_UPDATED".into())),
        ("at".to_owned(), text(at.to_string())),
        ("detail".to_owned(), text("{}".into())),
        (
            "connections".to_owned(),
            AttributeValue::L(vec![text(bob.connection.clone())]),
        ),
    ]);
    let (before, told) = (Kept::of(world).await, world.aws.events_put().len());

    put_item(world, row).await;
    world.settle().await.unwrap();

    let changed = Kept::of(world).await.differs_from(&before);
    assert_eq!(changed.len(), 1, "the row itself: {changed:?}");
    assert!(changed.iter().all(|key| key.contains("#OUT")));
    // It was relayed, and holds up nothing behind it.
    assert_eq!(world.aws.events_put().len(), told + 1);
    mia.create_entry(&visit("pump", 4)).await;
    mia.settle().await;
    mia.event("pump").await;
}

/// What a provider would send: the token, beside the ids of a channel.
async fn notify(world: &World, token: &str, (channel, resource): (&str, &str)) -> StatusCode {
    let door = format!("/webhooks/{}", world.provider);
    let request = http().post(world.product_base.join(&door).unwrap());
    let request = match world.provider {
        Provider::Google => request
            .header("x-goog-resource-state", "exists")
            .header("x-goog-channel-token", token)
            .header("x-goog-channel-id", channel)
            .header("x-goog-resource-id", resource),
        Provider::Microsoft => request.json(&json!({ "value": [{
            "clientState": token, "subscriptionId": channel, "resource": resource, "changeType": "updated",
        }] })),
    };
    request.send().await.unwrap().status()
}

/// How often the connection was asked to look.
async fn asked(side: &Connected) -> u64 {
    let id = side.connection.parse().unwrap();
    let row = side.world.app.store.demand(id).await.unwrap();
    row.unwrap().demand.asked
}

/// The ids of the connection's channel, ours and the provider's.
async fn channel(side: &Connected) -> (String, String) {
    let store = side.world.tenant_of(&side.person.email).await.unwrap();
    let id = side.connection.parse().unwrap();
    let subscription = store.subscriptions(id).await.unwrap().remove(0);
    let SubscriptionState::Active { external_id, .. } = subscription.state else {
        panic!("{subscription:?}")
    };
    (subscription.id.to_string(), external_id)
}

#[tokio::test]
async fn a_channel_token_says_nothing_of_another_tenants_channel() {
    for provider in Provider::ALL {
        let (mia, bob) = two_connected(provider).await;
        let (ours, theirs) = (channel(&mia).await, channel(&bob).await);
        let tokens = mia.channel_tokens().await;
        let of_mia = tokens
            .iter()
            .find(|token| token.contains(&mia.connection[4..]));
        let token = of_mia.unwrap().as_str();
        let (ids, their_ids) = ((&*ours.0, &*ours.1), (&*theirs.0, &*theirs.1));

        // The connection, the subscription, or both are another's: that is not what was signed.
        let connection = (&mia.connection[4..], &bob.connection[4..]);
        let subscription = (&ids.0[4..], &their_ids.0[4..]);
        let one = token.replace(connection.0, connection.1);
        let other = token.replace(subscription.0, subscription.1);
        let both = one.replace(subscription.0, subscription.1);
        let refused = match provider {
            Provider::Google => StatusCode::NOT_FOUND,
            Provider::Microsoft => StatusCode::ACCEPTED,
        };
        let before = mia.world.aws.counters();
        for forged in [one, other, both] {
            assert_ne!(forged, token);
            for ids in [ids, their_ids] {
                assert_eq!(
                    notify(&mia.world, &forged, ids).await,
                    refused,
                    "{provider}"
                );
            }
        }
        assert_eq!(mia.world.aws.counters(), before, "{provider}");

        // What stands beside the token is not believed: it asks for its own connection, whatever it came with.
        let (of_mia, of_bob) = (asked(&mia).await, asked(&bob).await);
        let answered = notify(&mia.world, token, their_ids).await;
        assert!(answered.is_success(), "{provider}");
        assert_eq!(
            (asked(&mia).await, asked(&bob).await),
            (of_mia + 1, of_bob),
            "{provider}"
        );
    }
}
