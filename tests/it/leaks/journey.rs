//! The journey: two providers, both modes of the vault, and all that can go wrong with what is secret.

use domain::{connection::Provider, credential::VaultMode, webhook::Topic};
use jiff::SignedDuration;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::{
    person::Person,
    receiver::Receiver,
    world::{DEMO_PASSWORD, World},
};

use super::secrets::{Kind, Secrets};
use crate::deliveries::add_webhook;
use crate::support::{Connected, MIA, api_key, create_with_key, google_visit, visit};

const ADA: &str = "ada@northwind.test";
const MAX: &str = "max@northwind.test";
const ERNA: &str = "erna@fabrikam.test";
const PASSWORD: &str = "correct horse/battery+staple \"27\"";
const TYPOS: [&str; 2] = ["correct horse battery stapel", "kalends-dem0"];

/// Answers what was secret from the start, or typed on the way.
pub(super) async fn everything(world: &World) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add_vault(world);
    for password in TYPOS.into_iter().chain([PASSWORD, DEMO_PASSWORD]) {
        secrets.add(Kind::Password, password);
    }
    world.google.add_account(ERNA, "Europe/Berlin");
    world.microsoft.add_account(ERNA, "Europe/Berlin");
    Box::pin(sign_in_and_fail(world)).await;
    Box::pin(authorize_and_fail(world)).await;

    let mia = Box::pin(Connected::everything_at(world.clone())).await;
    let shown = mia.api("").await;
    assert_eq!(shown["has_refresh_token"], true);
    assert!(!shown.to_string().contains("kalends/local"), "{shown:#}");
    mia.press("resume").await.expect(202).unwrap();
    world.redeploy(VaultMode::Bundle).unwrap();
    let other = match world.provider {
        Provider::Google => Provider::Microsoft,
        Provider::Microsoft => Provider::Google,
    };
    let max = tests::connected::Connected::at(world.clone(), other, MAX, json!(30));
    let max: Connected = Box::pin(max).await.unwrap().into();
    max.calendar
        .insert(google_visit("theirs", 6))
        .await
        .unwrap();
    max.create_entry(&visit("ours", 7)).await;
    max.settle().await;
    Box::pin(look_everywhere(&mia)).await;

    Box::pin(revoke_and_reconnect(&mia)).await;
    world
        .aws
        .rotate_secret(&world.app.config.root_secret)
        .unwrap();
    secrets.add_vault(world);
    mia.later(SignedDuration::from_mins(6)).await;
    mia.calendar.insert(google_visit("late", 8)).await.unwrap();
    // Whatever is written again each week.
    mia.later(SignedDuration::from_hours(24 * 8)).await;
    mia.settle().await;
    Box::pin(disturb(world)).await;

    Box::pin(let_others_in(world, &mut secrets)).await;
    Box::pin(end(world)).await;
    secrets
}

/// A program with a key, and somebody who is invited.
async fn let_others_in(world: &World, secrets: &mut Secrets) {
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let scopes = ["schedule.write", "integrations.report"];
    let (id, key) = api_key(&ada, json!({ "scopes": scopes })).await;
    secrets.add(Kind::ApiKey, key.as_str());
    report_carelessly(world, &key).await;
    let receiver = hook(world, secrets).await;
    let pinned = json!({ "pinned": "business" });
    let pinned = ada.json(Method::PUT, "/api/integrations/pinned", &pinned);
    pinned.await.unwrap().expect(200).unwrap();
    for name in ["once", "once"] {
        let made = create_with_key(world, &key, name).await;
        made.expect(201).unwrap();
    }
    world.settle().await.unwrap();
    let heard = receiver.heard();
    assert!(heard.len() > 1, "{heard:?}");
    for name in ["authorization", "cookie"] {
        assert!(heard.iter().all(|told| told.header(name).is_empty()));
    }
    let new = json!({ "email": "zoe@northwind.test", "role": "VIEWER" });
    let invited = ada
        .post("/api/v1/invites", &new)
        .await
        .unwrap()
        .expect(201)
        .unwrap();
    let url = invited.at("/url");
    let (_, token) = url.split_once("token=").unwrap();
    secrets.add(Kind::Invite, token);
    let zoe = Person::stranger(world).unwrap();
    zoe.get(&format!("/join?token={token}"))
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let joining = json!({
        "account_type": "team_member", "name": "Zoe Zorn", "password": PASSWORD, "invite": token,
    });
    let path = "/api/users/auth/signup/";
    zoe.post(path, &joining).await.unwrap().expect(201).unwrap();
    let late = Person::stranger(world).unwrap();
    late.post(path, &joining)
        .await
        .unwrap()
        .expect(403)
        .unwrap();
    late.get(&format!("/join?token={token}x")).await.unwrap();
    for path in [
        "/integrations/api-keys",
        "/integrations/dashboard",
        "/integrations/edi",
        "/integrations/logs",
        "/members",
        "/ops/audit",
        "/api/v1/ops/audit",
        "/profile",
    ] {
        ada.get(path).await.unwrap().expect(200).unwrap();
    }
    ada.delete(&format!("/api/v1/api-keys/{id}"))
        .await
        .unwrap()
        .expect(204)
        .unwrap();
}

/// A webhook that is told, and fails at first.
async fn hook(world: &World, secrets: &mut Secrets) -> Receiver {
    let receiver = Receiver::start().await.unwrap();
    receiver.answers(&[500]);
    let (_, secret) = add_webhook(world, MIA, &receiver.url(), &Topic::OFFERED).await;
    let (_, secret) = secret.expose().split_once('_').unwrap();
    secrets.add(Kind::WebhookSecret, secret);
    receiver
}

/// A connector tells what it sent, its key and all.
async fn report_carelessly(world: &World, key: &str) {
    let program = Person::stranger(world).unwrap();
    let path = "/api/v1/integrations/edi/events";
    let asked = program.request(Method::POST, path).await.unwrap();
    let report = json!({
        "status": "error",
        "event_type": "order.received",
        "message": format!("Refused with {key}"),
        "error_message": format!("401 for Bearer {key}"),
        "request_body": { "headers": { "Authorization": format!("Bearer {key}") }, "note": key },
        "response_body": format!("no such key: {key}"),
    });
    let made = program.send(asked.bearer_auth(key).json(&report)).await;
    made.unwrap().expect(201).unwrap();
}

async fn end(world: &World) {
    let max = Person::sign_in(world, MAX).await.unwrap();
    let begun = max.get("/api/v1/connections").await.unwrap().json();
    let own = begun["items"][0]["id"].as_str().unwrap().to_owned();
    let gone = max.delete(&format!("/api/v1/connections/{own}")).await;
    gone.unwrap().expect(202).unwrap();
    world.settle().await.unwrap();
    let ada = Person::sign_in(world, ADA).await.unwrap();
    let body = json!({ "name": "Northwind Field Service", "remove_copies": true });
    let asked = ada
        .json(Method::DELETE, "/api/v1/organization", &body)
        .await;
    asked.unwrap().expect(202).unwrap();
    world.settle().await.unwrap();
    world.advance(SignedDuration::from_mins(20)).await.unwrap();
}

async fn sign_in_and_fail(world: &World) {
    let sign_up = json!({
        "account_type": "admin", "organization": "Fabrikam Heating", "name": "Erna Ernst", "email": ERNA,
        "password": PASSWORD,
    });
    let erna = Person::stranger(world).unwrap();
    let path = "/api/users/auth/signup/";
    let signed_up = erna.post(path, &sign_up).await.unwrap();
    signed_up.expect(201).unwrap();
    let twice = erna.post(path, &sign_up).await.unwrap();
    assert!(twice.status.is_client_error(), "{}", twice.text);
    for (email, password) in [
        (ERNA, TYPOS[0]),
        (MIA, TYPOS[1]),
        ("nobody@x.test", TYPOS[0]),
    ] {
        let login = json!({ "email": email, "password": password });
        let refused = Person::stranger(world).unwrap();
        let refused = refused.post("/api/users/auth/login/", &login).await;
        refused.unwrap().expect(401).unwrap();
        let stranger = Person::stranger(world).unwrap();
        let typed = [("email", email), ("password", password)];
        let again = stranger.submit("/sign-in", &typed).await.unwrap();
        assert!(again.status.is_client_error(), "{}", again.status);
    }
    let broken = json!({ "email": ERNA, "password": [PASSWORD] });
    let broken = erna.post("/api/users/auth/login/", &broken).await.unwrap();
    assert!(broken.status.is_client_error(), "{}", broken.text);
    let login = json!({ "email": ERNA, "password": PASSWORD });
    let erna = Person::stranger(world).unwrap();
    let signed_in = erna.post("/api/users/auth/login/", &login).await;
    let csrf = signed_in.unwrap().expect(200).unwrap().at("/csrf_token");
    let as_erna = async |path: &str| {
        let request = erna.request(Method::POST, path).await.unwrap();
        erna.send(request.header("x-csrf-token", csrf.as_str()))
            .await
            .unwrap()
    };
    let again = as_erna("/api/users/auth/refresh/").await;
    again.expect(200).unwrap();
    as_erna("/api/users/auth/logout/").await;
    let forged = erna.request(Method::GET, "/schedule").await.unwrap();
    let forged = forged.header(header::COOKIE, "kalends=eyJhbGciOiJub25lIn0.e30.");
    erna.send(forged).await.unwrap();
}

/// Authorizations that come to nothing, at both providers.
async fn authorize_and_fail(world: &World) {
    for provider in Provider::ALL {
        let mia = Person::sign_in(world, MIA).await.unwrap();
        let begun = async || {
            let begun = json!({ "provider": provider });
            let begun = mia.post("/api/v1/connections", &begun).await.unwrap();
            begun.expect(201).unwrap().at("/authorize_url")
        };
        let refused = mia.consent(&begun().await, &[("decision", "cancel")]).await;
        mia.get(&refused.unwrap()).await.unwrap();
        // Another's, and one that is used twice.
        let back = mia.consent(&begun().await, &[]).await.unwrap();
        let ada = Person::sign_in(world, ADA).await.unwrap();
        ada.get(&back).await.unwrap().expect(400).unwrap();
        mia.get(&back).await.unwrap().expect(400).unwrap();
        let back = mia.consent(&begun().await, &[]).await.unwrap();
        let stranger = Person::stranger(world).unwrap();
        let led = stranger.get(&back).await.unwrap().expect(303).unwrap();
        let on = stranger.get(led.header("location")).await.unwrap();
        assert!(!on.status.is_server_error(), "{}", on.text);
        // The provider does not know the code, or fails.
        let wrong = back.replace("code=", "code=x");
        mia.get(&wrong).await.unwrap();
        let back = mia.consent(&begun().await, &[]).await.unwrap();
        let base = match provider {
            Provider::Google => &world.google_base,
            Provider::Microsoft => &world.microsoft_base,
        };
        let faults = base.join("/_sim/faults").unwrap();
        let fault = json!({ "name": "server_error", "scope": "oauth.token", "count": 1 });
        let set = crate::support::http()
            .post(faults)
            .json(&fault)
            .send()
            .await;
        assert!(set.unwrap().status().is_success());
        mia.get(&back).await.unwrap().expect(502).unwrap();
        let back = mia.consent(&begun().await, &[]).await.unwrap();
        world.clock.advance(SignedDuration::from_mins(11)).unwrap();
        let again = mia.post("/api/users/auth/refresh/", &json!({})).await;
        again.unwrap().expect(200).unwrap();
        let late = mia.get(&back).await.unwrap().expect(400).unwrap();
        assert!(late.text.contains("took too long"), "{}", late.text);
    }
}

/// Pages and answers, also of what is not there or not understood.
async fn look_everywhere(mia: &Connected) {
    let connection = format!("/connections/{}", mia.connection);
    for path in [
        "/",
        "/schedule",
        "/connections",
        &connection,
        "/conflicts",
        "/organization",
        "/sign-in",
        "/no-such-page",
        "/connections/con_0",
        "/api/v1/connections",
        "/api/v1/connections/con_0",
        "/api/v1/schedule/entries?from=x",
        "/api/v1/conflicts",
        "/api/users/auth/profile",
    ] {
        mia.person.get(path).await.unwrap();
    }
    for rest in ["", "/calendars", "/runs", "/items", "/holds"] {
        mia.api(rest).await;
    }
    for body in [
        json!(null),
        json!({ "title": 7 }),
        json!({ "start": "tomorrow" }),
    ] {
        let answer = mia.person.post("/api/v1/schedule/entries", &body).await;
        assert!(answer.unwrap().status.is_client_error());
    }
    let request = mia.person.request(Method::POST, "/api/v1/schedule/entries");
    let request = request.await.unwrap().header("x-csrf-token", "wrong");
    mia.person.send(request.json(&json!({}))).await.unwrap();
}

async fn revoke_and_reconnect(mia: &Connected) {
    let revoked = json!({ "name": "token_revoked", "scope": MIA, "count": 1 });
    mia.fault(&revoked).await;
    mia.press_sync().await.unwrap();
    mia.settle().await;
    assert_eq!(mia.api("").await["needs_reauth"], true);
    let again = mia.person.connect(mia.world.provider).await.unwrap();
    assert_eq!(again, mia.connection);
    mia.settle().await;
}

/// Messages that make no sense, and services that are away.
async fn disturb(world: &World) {
    let mia = Person::sign_in(world, MIA).await.unwrap();
    let store = world.tenant_of(MIA).await.unwrap();
    let connections: Value = mia.get("/api/v1/connections").await.unwrap().json();
    let connection = connections["items"][0]["id"].as_str().unwrap();
    store
        .forget_cached_token(connection.parse().unwrap())
        .await
        .unwrap();
    for operation in [
        "GetSecretValue",
        "PutSecretValue",
        "TransactWriteItems",
        "SendMessage",
    ] {
        for _ in 0..4 {
            let away = tests::aws::ApiError::new("InternalServiceError", "try again");
            world.aws.refuse_next(operation, away);
        }
        let path = format!("/api/v1/connections/{connection}/sync");
        mia.post(&path, &json!({})).await.unwrap();
        let failed = world.settle().await;
        world.aws.refuse_nothing();
        failed.unwrap();
    }
}
