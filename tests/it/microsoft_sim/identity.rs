//! The identity platform: who is let in, and what becomes of it.

mod asked;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use asked::{Asked, Field, VERIFIER, form, returned, value, wrong};

use super::harness::{ADA, EVENTS, REDIRECT};

#[tokio::test]
async fn a_person_consents_and_the_tokens_work() {
    let mut asked = Asked::start().await;
    let page = asked.page().await;
    assert!(
        page.text.contains("id=\"consent\"") && page.text.contains(ADA),
        "{}",
        page.text
    );
    let back = asked.decide(ADA, "allow").await;
    assert_eq!(value(&back, "state"), "opaque");

    let tokens = asked.redeem(value(&back, "code")).await.expect(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(
        tokens["scope"],
        "Calendars.ReadWrite User.Read openid profile"
    );
    let claims = tokens["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["preferred_username"], ADA);
    assert_eq!(claims["aud"], "client");
    tokens["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut asked.microsoft.token);
    let me = asked.microsoft.get("/v1.0/me").await;
    assert_eq!((&me["mail"], &me["id"]), (&json!(ADA), &claims["oid"]));
    asked.microsoft.get(EVENTS).await;
}

#[tokio::test]
async fn refreshing_gives_a_further_token_and_leaves_the_old_one() {
    let asked = Asked::start().await;
    let first = asked.refresh_token().await;
    let second = asked.refresh(&first).await.expect(200);
    assert_ne!(second["refresh_token"], json!(first));
    asked
        .refresh(second["refresh_token"].as_str().unwrap())
        .await
        .expect(200);
    asked.refresh(&first).await.expect(200);

    asked
        .microsoft
        .clock
        .advance(SignedDuration::from_hours(24 * 90))
        .unwrap();
    let late = asked.refresh(&first).await;
    assert_eq!(
        (late.status, wrong(&late)),
        (400, ("invalid_grant", 700_082))
    );
}

#[tokio::test]
async fn who_does_not_ask_for_offline_access_gets_nothing_to_refresh_with() {
    let asked = Asked::start().await.with("scope", "Calendars.Read");
    let tokens = asked.redeem(&asked.code().await).await.expect(200);
    assert_eq!(tokens.get("refresh_token"), None);
    assert_eq!(tokens.get("id_token"), None);
    let mut microsoft = asked.microsoft;
    tokens["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut microsoft.token);
    microsoft.get(EVENTS).await;
    let write = microsoft.call("POST", EVENTS, super::harness::at(9)).await;
    assert_eq!(write.code(), (403, "ErrorAccessDenied"));
    assert_eq!(
        microsoft.call("GET", "/v1.0/me", Value::Null).await.status,
        403
    );
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_at_its_own_tenant_and_with_its_verifier() {
    let mut asked = Asked::start().await;
    let code = asked.code().await;
    asked.redeem(&code).await.expect(200);
    assert_eq!(wrong(&asked.redeem(&code).await), ("invalid_grant", 54005));
    assert_eq!(
        wrong(&asked.redeem("made-up").await),
        ("invalid_grant", 9_002_313)
    );

    let code = asked.code().await;
    let other = "another-verifier-that-is-long-enough-to-be-one-01234";
    let with = |verifier| {
        [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ]
    };
    let mismatch = asked.token(&with(other)).await;
    assert_eq!(wrong(&mismatch), ("invalid_grant", 501_481));
    let missing = asked.token(&with(VERIFIER)[..3]).await;
    assert_eq!(wrong(&missing), ("invalid_grant", 501_481));
    asked.tenant = "organizations";
    assert_eq!(
        wrong(&asked.redeem(&code).await),
        ("invalid_grant", 700_005)
    );
    asked.tenant = "common";
    asked.redeem(&code).await.expect(200);

    let code = asked.code().await;
    asked
        .microsoft
        .clock
        .advance(SignedDuration::from_mins(10))
        .unwrap();
    assert_eq!(wrong(&asked.redeem(&code).await), ("invalid_grant", 70008));
}

#[tokio::test]
async fn a_person_may_decline_and_an_administrator_may_have_to_agree() {
    let asked = Asked::start().await;
    let back = asked.decide(ADA, "cancel").await;
    assert_eq!(value(&back, "error"), "access_denied");
    assert!(value(&back, "error_description").starts_with("AADSTS65004"));
    assert_eq!(value(&back, "state"), "opaque");
    let back = asked.decide(ADA, "needs_admin").await;
    assert!(value(&back, "error_description").starts_with("AADSTS90094"));
}

#[tokio::test]
async fn who_cannot_be_trusted_is_told_on_the_page_and_not_sent_back() {
    let cases = [
        ("client_id", "other", "AADSTS700016"),
        (
            "redirect_uri",
            "http://127.0.0.1:8787/oauth/microsoft/callback/",
            "AADSTS50011",
        ),
        ("scop", "typo", "AADSTS90014"),
    ];
    for (name, value, number) in cases {
        let page = Asked::start().await.with(name, value).page().await;
        assert_eq!(page.status, 400);
        assert!(page.text.contains(number), "{name}: {}", page.text);
    }
    let mut asked = Asked::start().await;
    asked.tenant = "fabrikam.test";
    assert!(asked.page().await.text.contains("AADSTS90002"));
}

#[tokio::test]
async fn a_mistake_of_the_application_is_sent_back_to_it() {
    let cases = [
        ("scope", "openid Calendar.Write", "invalid_scope"),
        ("response_type", "token", "invalid_request"),
        ("code_challenge", "short", "invalid_grant"),
        ("prompt", "now", "invalid_request"),
    ];
    for (name, wrong, error) in cases {
        let page = Asked::start().await.with(name, wrong).page().await;
        assert_eq!(value(&returned(&page), "error"), error, "{name}");
    }
}

#[tokio::test]
async fn who_has_consented_is_not_asked_again_unless_the_application_wants_it() {
    let asked = Asked::start()
        .await
        .with("login_hint", ADA)
        .with("prompt", "none");
    let before = returned(&asked.page().await);
    assert_eq!(value(&before, "error"), "interaction_required");
    asked.decide(ADA, "allow").await;
    let after = returned(&asked.page().await);
    assert!(!value(&after, "code").is_empty(), "{after:?}");
    let asked = asked.with("prompt", "select_account");
    assert_eq!(asked.page().await.status, 200);
    let nobody = asked
        .with("login_hint", "nobody@northwind.test")
        .with("prompt", "none");
    assert_eq!(
        value(&returned(&nobody.page().await), "error"),
        "login_required"
    );
}

#[tokio::test]
async fn a_tenants_own_door_is_for_its_own_people() {
    let mut asked = Asked::start().await;
    asked
        .microsoft
        .sim
        .add_account("bob@contoso.test", "Europe/Berlin");
    asked.tenant = "contoso.test";
    let page = asked.page().await;
    assert!(page.text.contains("bob@contoso.test") && !page.text.contains(ADA));
    let decided = form(&[("account", ADA), ("decision", "allow")]);
    let body = json!(format!("{}&{decided}", asked.query()));
    let path = "/contoso.test/oauth2/v2.0/authorize";
    let refused = asked.microsoft.call("POST", path, body).await;
    assert!(refused.text.contains("AADSTS50020"), "{}", refused.text);
}

#[tokio::test]
async fn the_application_must_prove_itself() {
    let asked = Asked::start().await;
    let cases: [(&[Field], u16, (&str, u64)); 5] = [
        (
            &[("client_secret", "guess")],
            401,
            ("invalid_client", 7_000_215),
        ),
        (
            &[("client_id", "other")],
            400,
            ("unauthorized_client", 700_016),
        ),
        (
            &[("grant_type", "password")],
            400,
            ("unsupported_grant_type", 70003),
        ),
        (&[], 400, ("invalid_request", 900_144)),
        (&[("resource", "x")], 400, ("invalid_request", 90014)),
    ];
    for (fields, status, expected) in cases {
        let answer = asked.token(fields).await;
        assert_eq!(
            (answer.status, wrong(&answer)),
            (status, expected),
            "{fields:?}"
        );
        assert!(answer.body["trace_id"].is_string() && answer.body["correlation_id"].is_string());
    }
}

#[tokio::test]
async fn what_ends_a_grant_is_said_by_its_number() {
    let cases = [
        (None, "invalid_grant", 50173, Value::Null),
        (Some("70008"), "invalid_grant", 70008, Value::Null),
        (
            Some("AADSTS65001"),
            "invalid_grant",
            65001,
            json!("consent_required"),
        ),
        (
            Some("50076"),
            "interaction_required",
            50076,
            json!("basic_action"),
        ),
        (
            Some("50079"),
            "interaction_required",
            50079,
            json!("basic_action"),
        ),
    ];
    for (reason, error, number, suberror) in cases {
        let asked = Asked::start().await;
        let refresh = asked.refresh_token().await;
        let mut fault = json!({ "name": "token_revoked", "scope": "oauth.token", "count": 1 });
        if let Some(reason) = reason {
            fault["reason"] = json!(reason);
        }
        asked.microsoft.fault(fault).await;
        let answer = asked.refresh(&refresh).await;
        assert_eq!(wrong(&answer), (error, number));
        assert_eq!(answer.body["suberror"], suberror);
        assert_eq!(
            answer.body["claims"].is_string(),
            error == "interaction_required"
        );
        assert_eq!(
            wrong(&asked.refresh(&refresh).await),
            (error, number),
            "it stays so"
        );
        let again = asked.refresh_token().await;
        asked.refresh(&again).await.expect(200);
    }
}

#[tokio::test]
async fn more_than_was_consented_to_is_not_given() {
    let asked = Asked::start()
        .await
        .with("scope", "offline_access Calendars.Read User.Read");
    let refresh = asked.refresh_token().await;
    let wish = |scope| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("scope", scope),
        ]
    };
    let less = asked.token(&wish("User.Read")).await.expect(200);
    assert_eq!(less["scope"], "User.Read");
    let more = asked.token(&wish("Calendars.ReadWrite")).await;
    assert_eq!(wrong(&more), ("invalid_grant", 65001));
    let whole = asked
        .refresh(less["refresh_token"].as_str().unwrap())
        .await
        .expect(200);
    assert_eq!(
        whole["scope"], "Calendars.Read User.Read",
        "the consent is carried on whole"
    );
}

#[tokio::test]
async fn the_token_endpoint_fails_and_loses_answers_on_request() {
    let asked = Asked::start().await;
    let refresh = asked.refresh_token().await;
    let fault = |name: &str| json!({ "name": name, "scope": "oauth.token", "count": 1 });
    asked.microsoft.fault(fault("server_error")).await;
    let failed = asked.refresh(&refresh).await;
    assert_eq!(
        (failed.status, wrong(&failed)),
        (503, ("temporarily_unavailable", 90033))
    );
    asked.microsoft.fault(fault("rate_limited")).await;
    let limited = asked.refresh(&refresh).await;
    assert_eq!(
        (limited.status, wrong(&limited)),
        (429, ("temporarily_unavailable", 90055))
    );
    asked.microsoft.fault(fault("drop_response")).await;
    assert_eq!(asked.refresh(&refresh).await.status, 0);
    asked.refresh(&refresh).await.expect(200);
}
