//! A tenant whose notices take the way over a topic of its own, set up by the command.

use std::{io::Cursor, ops::Deref, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{connection::Provider, id::ConnectionId};
use jiff::SignedDuration;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tests::world::World;
use webhooks_pubsub::command::{self, Surroundings};

use crate::support::{Connected, MIA, control, http, requests};

pub(super) const PROJECT: &str = "northwind-notices";
pub(super) const ADMIN: &str = "admin@northwind-notices.iam.gserviceaccount.com";
pub(super) const PUBLISHER: &str = "publisher@northwind-notices.iam.gserviceaccount.com";
pub(super) const PUSHER: &str = "pusher@northwind-notices.iam.gserviceaccount.com";

/// What the command ended with, and what it printed.
pub(super) struct Ended {
    pub(super) code: u8,
    pub(super) text: String,
}

/// A world in which accounts at Google are there, and no way yet.
pub(super) async fn world() -> World {
    with_accounts(World::start_with(Provider::Google).await.unwrap()).await
}

pub(super) async fn with_accounts(world: World) -> World {
    service_account(&world, ADMIN, &["roles/pubsub.admin"]).await;
    service_account(&world, PUBLISHER, &[]).await;
    world
}

/// The file with the account's key.
pub(super) async fn service_account(world: &World, email: &str, roles: &[&str]) -> String {
    let account = json!({ "email": email, "project": PROJECT, "roles": roles });
    control(world, "service_accounts", &account)
        .await
        .to_string()
}

pub(super) async fn tenant(world: &World, member: &str) -> String {
    world.tenant_of(member).await.unwrap().id().to_string()
}

/// Runs the command with `key` on its input.
pub(super) async fn run(world: &World, key: &str, arguments: &[&str]) -> Ended {
    let google = world.google_base.clone();
    let aws = world.aws_base.to_string();
    let variable = move |name: &'static str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "INSECURE_COOKIES" => {
            Some("local".to_owned())
        }
        "AWS_ENDPOINT_URL" => Some(aws.clone()),
        "GOOGLE_TOKEN_URL" => Some(format!("{google}token")),
        "GOOGLE_PUBSUB_URL" => Some(google.to_string()),
        _ => None,
    };
    let mut output = Vec::new();
    let surroundings = Surroundings {
        variable: &variable,
        clock: Arc::new(world.clock.clone()),
        input: &mut Cursor::new(key.to_owned()),
        output: &mut output,
    };
    let arguments = arguments.iter().map(Into::into);
    let code = command::run(arguments, surroundings).await;
    let text = String::from_utf8(output).unwrap();
    assert!(!text.contains("PRIVATE KEY"), "{text}");
    Ended { code, text }
}

/// `create`, `show` or `remove` for the tenant of this member, with what else is said.
pub(super) async fn way(world: &World, action: &str, member: &str, more: &[&str]) -> Ended {
    let key = service_account(world, ADMIN, &[]).await;
    let tenant = tenant(world, member).await;
    let url = world.product_base.as_str().trim_end_matches('/');
    let mut arguments = vec![
        action,
        "--tenant",
        &tenant,
        "--project",
        PROJECT,
        "--stage",
        "local",
        "--url",
        url,
        "--key",
        "-",
    ];
    arguments.extend(more);
    run(world, &key, &arguments).await
}

/// A call of Pub/Sub's by the administrator.
pub(super) async fn admin(world: &World, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let token = control(world, "token", &json!({ "account": ADMIN })).await;
    let url = world.google_base.join(&format!("/v1/{path}")).unwrap();
    let request = http().request(method.parse().unwrap(), url);
    let mut request = request.bearer_auth(token["access_token"].as_str().unwrap());
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// The way for the tenant of this member, the first of all.
pub(super) async fn set_up(world: &World, member: &str) {
    let file = key_file(&service_account(world, PUBLISHER, &[]).await);
    let more = [
        "--publisher-key",
        file.to_str().unwrap(),
        "--push-account",
        PUSHER,
    ];
    let ended = way(world, "create", member, &more).await;
    std::fs::remove_file(file).unwrap();
    assert_eq!(ended.code, 0, "{}", ended.text);
}

pub(super) fn key_file(key: &str) -> std::path::PathBuf {
    let name = format!("kalends-key-{}.json", shared::ids::opaque());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, key).unwrap();
    path
}

/// Mia, whose tenant has a way.
pub(super) struct Relayed {
    mia: Connected,
    tenant: String,
}

impl Deref for Relayed {
    type Target = Connected;

    fn deref(&self) -> &Connected {
        &self.mia
    }
}

impl Relayed {
    pub(super) async fn start() -> Self {
        let world = world().await;
        set_up(&world, MIA).await;
        Self::of(world).await
    }

    pub(super) async fn of(world: World) -> Self {
        let mia = Connected::with(world, MIA).await;
        let tenant = tenant(&mia.world, MIA).await;
        Self { mia, tenant }
    }

    pub(super) fn subscription(&self) -> String {
        format!(
            "projects/{PROJECT}/subscriptions/kalends-local-{}",
            self.tenant
        )
    }

    pub(super) fn endpoint(&self) -> String {
        format!("{}webhooks/google/pubsub", self.world.product_base)
    }

    /// The token of the connection's channel, as Google was given it.
    pub(super) async fn channel_token(&self) -> String {
        let url = self.world.google_base.join("/_sim/state").unwrap();
        let state: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        let token = &state["channels"][0]["token"];
        token.as_str().unwrap().to_owned()
    }

    /// What goes with a push of this very moment.
    pub(super) fn claims(&self) -> Value {
        let now = self.world.clock.now().as_second();
        json!({
            "aud": self.endpoint(), "azp": "1", "email": PUSHER, "email_verified": true,
            "exp": now + 3600, "iat": now, "iss": "https://accounts.google.com", "sub": "1",
        })
    }

    pub(super) fn signed(&self, claims: &Value) -> String {
        let google = &self.world.google;
        let header = json!({ "alg": "RS256", "kid": google.signing_kid(), "typ": "JWT" });
        format!("Bearer {}", google.sign(&header, claims))
    }

    pub(super) fn proof(&self) -> String {
        self.signed(&self.claims())
    }

    pub(super) async fn push(&self, proof: &str, body: impl Into<reqwest::Body>) -> u16 {
        let request = self.world.people_http.post(self.endpoint()).body(body);
        let request = request.header(CONTENT_TYPE, "application/json");
        let request = match proof {
            "" => request,
            proof => request.header(AUTHORIZATION, proof),
        };
        request.send().await.unwrap().status().as_u16()
    }

    /// The connection's channel calls, as message of this id.
    pub(super) async fn call(&self, id: &str) -> u16 {
        let body = envelope(&self.subscription(), id, &self.channel_token().await);
        self.push(&self.proof(), body.to_string()).await
    }

    /// How often a look at the connection was asked for.
    pub(super) async fn asked(&self) -> u64 {
        let connection: ConnectionId = self.connection.parse().unwrap();
        let asked = self.world.app.store.demand(connection).await.unwrap();
        asked.unwrap().demand.asked
    }

    pub(super) async fn operations(&self, name: &str) -> u64 {
        let all = requests(&self.world).await;
        all["operations"][name].as_u64().unwrap_or_default()
    }

    pub(super) fn measured(&self, name: &str) -> i64 {
        let measured = self.world.measured();
        measured.get(name).copied().unwrap_or_default()
    }

    /// Nobody asks meanwhile.
    pub(super) fn wait(&self, seconds: i64) {
        let by = SignedDuration::from_secs(seconds);
        self.world.clock.advance(by).unwrap();
    }

    /// Table requests and messages since, of both.
    pub(super) fn spent(&self) -> (u64, u64) {
        let counters = self.world.aws.counters();
        (counters.table_requests, counters.queue_sends)
    }
}

pub(super) fn envelope(subscription: &str, id: &str, text: &str) -> Value {
    json!({
        "message": {
            "data": STANDARD.encode(text), "messageId": id, "message_id": id,
            "publishTime": "2027-03-01T08:00:00.749Z", "publish_time": "2027-03-01T08:00:00.749Z",
        },
        "subscription": subscription,
    })
}
