//! Who is believed to push.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use ring::hmac;
use serde_json::{Value, json};
use shared::providers::google::pubsub::Expected;

use super::stage::{PUSHER, Relayed, envelope};
use crate::support::{control, http};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Relayed {
    /// The claims of a good proof with one that is another, or none.
    fn but(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        self.signed(&claims)
    }

    /// A good proof under another header.
    fn under(&self, header: &Value) -> String {
        let token = self.world.google.sign(header, &self.claims());
        format!("Bearer {token}")
    }

    /// The public keys, as anybody can have them.
    async fn public_keys(&self) -> Value {
        let url = self.world.google_base.join("/oauth2/v3/certs").unwrap();
        http().get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Proofs that nobody signed who may.
    async fn unsigned(&self) -> Vec<(&'static str, String)> {
        let kid = self.world.google.signing_kid();
        let good = self.proof();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (header, claims) = signed.rsplit_once('.').unwrap();
        let keys = self.public_keys().await;
        let modulus = keys["keys"][0]["n"].as_str().unwrap();
        let public = hmac::Key::new(hmac::HMAC_SHA256, modulus.as_bytes());
        let hs256 = part(&json!({ "alg": "HS256", "kid": kid }));
        let hs256 = format!("{hs256}.{claims}");
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&public, hs256.as_bytes()));
        let none = part(&json!({ "alg": "none", "kid": kid }));
        let eve = self.but("email", json!("eve@evil.test"));
        let eve = eve.split('.').nth(1).unwrap();
        let rs512 = json!({ "alg": "RS512", "kid": kid });
        let another = json!({ "alg": "RS256", "kid": "x" });
        vec![
            ("nothing", String::new()),
            ("another scheme", "Basic bm9ib2R5OnB1c2hlcw==".to_owned()),
            ("no token", "Bearer ".to_owned()),
            ("no JWT", "Bearer a.b.c".to_owned()),
            ("no signature", format!("{signed}.")),
            ("alg none", format!("Bearer {none}.{claims}.")),
            ("alg HS256", format!("Bearer {hs256}.{mac}")),
            ("alg RS512", self.under(&rs512)),
            ("no kid", self.under(&json!({ "alg": "RS256" }))),
            ("another kid", self.under(&another)),
            ("other claims", format!("{header}.{eve}.{signature}")),
        ]
    }

    /// Proofs that Google signed, of something else.
    fn of_something_else(&self) -> Vec<(&'static str, String)> {
        let now = self.world.clock.now().as_second();
        let (base, two) = (&self.world.product_base, json!([self.endpoint(), "x"]));
        let cases = [
            ("another audience", "aud", json!("https://evil.test/")),
            ("an audience without path", "aud", json!(base)),
            ("two audiences", "aud", two),
            ("no audience", "aud", Value::Null),
            ("another issuer", "iss", json!("https://evil.test")),
            ("no issuer", "iss", Value::Null),
            ("another account", "email", json!("eve@evil.test")),
            ("no account", "email", Value::Null),
            ("an unverified account", "email_verified", json!(false)),
            ("nobody says verified", "email_verified", Value::Null),
            ("expired", "exp", json!(now - 61)),
            ("no end", "exp", Value::Null),
            ("from the future", "iat", json!(now + 61)),
            ("no begin", "iat", Value::Null),
        ];
        let each = cases.into_iter();
        each.map(|(what, name, value)| (what, self.but(name, value)))
            .collect()
    }
}

#[tokio::test]
async fn whoever_proves_nothing_is_refused_and_costs_the_table_nothing() {
    let mia = Relayed::start().await;
    let token = mia.channel_token().await;
    let body = envelope(&mia.subscription(), "1", &token).to_string();
    let (before, rejected) = (mia.spent(), mia.measured("WebhookRejected"));

    let mut forged = mia.unsigned().await;
    forged.extend(mia.of_something_else());
    for (what, proof) in &forged {
        assert_eq!(mia.push(proof, body.clone()).await, 401, "{what}");
    }

    assert_eq!(mia.spent(), before);
    let counted = mia.measured("WebhookRejected") - rejected;
    assert_eq!(usize::try_from(counted), Ok(forged.len()));
    assert_eq!(mia.push(&mia.proof(), body).await, 204);
    assert_ne!(mia.spent(), before, "a good proof is believed");
}

#[tokio::test]
async fn a_proof_of_either_issuer_holds_exactly_in_its_time() {
    let mia = Relayed::start().await;
    let endpoint = mia.endpoint();
    let expected = Expected {
        audience: &endpoint,
        account: PUSHER,
    };
    let now = mia.world.clock.now();
    let mut runner = TestRunner::deterministic();
    let cases = (-200i64..200, -200i64..200, proptest::bool::ANY);
    for _ in 0..256 {
        let (issued, expires, is_short) = cases.new_tree(&mut runner).unwrap().current();
        let mut claims = mia.claims();
        claims["iat"] = json!(now.as_second() + issued);
        claims["exp"] = json!(now.as_second() + expires);
        if is_short {
            claims["iss"] = json!("accounts.google.com");
        }
        let proof = mia.signed(&claims);
        let proof = proof.trim_start_matches("Bearer ");
        let verified = mia.world.app.pubsub.verify(proof, expected, now).await;
        let holds = issued <= 60 && expires > -60;
        assert_eq!(verified.is_ok(), holds, "{issued} {expires}: {verified:?}");
    }
}

#[tokio::test]
async fn a_thousand_names_of_keys_make_one_request_for_keys_a_minute() {
    let mia = Relayed::start().await;
    let claims = part(&mia.claims());
    for minute in 1..=2u64 {
        for number in 0..1_000u64 {
            let header = part(&json!({ "alg": "RS256", "kid": format!("{minute}-{number}") }));
            let proof = format!("Bearer {header}.{claims}.AAAA");
            assert_eq!(mia.push(&proof, "{}").await, 401);
        }
        assert_eq!(mia.operations("oauth2.certs").await, minute);
        mia.wait(60);
    }
    // Neither did that make us forget the keys that there are.
    assert_eq!(mia.call("1").await, 204);
}

#[tokio::test]
async fn a_new_key_of_googles_is_known_with_the_next_message() {
    let mia = Relayed::start().await;
    assert_eq!(mia.call("1").await, 204);
    for id in ["2", "3", "4"] {
        mia.wait(60);
        control(&mia.world, "signing_key", &Value::Null).await;
        assert_eq!(mia.call(id).await, 204, "message {id}");
    }
    assert_eq!(mia.operations("oauth2.certs").await, 4);
}

#[tokio::test]
async fn known_keys_are_kept_as_long_as_google_says() {
    let mia = Relayed::start().await;
    for id in 0..10 {
        assert_eq!(mia.call(&id.to_string()).await, 204);
        mia.wait(1_500);
    }
    // The simulator says 20,000 seconds; 15,000 went by.
    assert_eq!(mia.operations("oauth2.certs").await, 1);
    mia.wait(6_000);
    assert_eq!(mia.call("later").await, 204);
    assert_eq!(mia.operations("oauth2.certs").await, 2);
}

#[tokio::test]
async fn keys_that_cannot_be_read_anew_are_used_for_a_day() {
    let mia = Relayed::start().await;
    assert_eq!(mia.call("1").await, 204);
    mia.fault(&json!({ "name": "server_error", "scope": "oauth2.certs" }))
        .await;

    mia.wait(23 * 60 * 60);
    assert_eq!(mia.call("2").await, 204);
    let unknown = mia.under(&json!({ "alg": "RS256", "kid": "new" }));
    assert_eq!(mia.push(&unknown, "{}").await, 503, "nobody can tell");
    mia.wait(2 * 60 * 60);
    assert_eq!(mia.call("3").await, 503);
}

#[tokio::test]
async fn keys_that_never_could_be_read_make_pubsub_deliver_again() {
    let mia = Relayed::start().await;
    mia.fault(&json!({ "name": "server_error", "scope": "oauth2.certs", "count": 1 }))
        .await;
    let before = mia.spent();
    assert_eq!(mia.call("1").await, 503);
    assert_eq!(mia.call("1").await, 503, "asked again too soon");
    assert_eq!(mia.operations("oauth2.certs").await, 1);
    assert_eq!(mia.spent(), before);
    mia.wait(60);
    assert_eq!(mia.call("1").await, 204);
}
