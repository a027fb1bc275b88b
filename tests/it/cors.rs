//! Pages of other sites: with a key, from where the organisation allows it, and never with cookies.

use domain::audit::Action;
use reqwest::{
    Method,
    header::{COOKIE, HeaderName, IF_MATCH, ORIGIN},
};
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use crate::{
    requests::routes::{NOWHERE, all},
    support::{ADA, Kept, api_key, is_use_of_key, visit},
};

const ENTRIES: &str = "/api/v1/schedule/entries";
const LIST: &str = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";
const ORIGINS: &str = "/api/v1/organization/origins";
const SITE: &str = "https://app.northwind.test";
const EVIL: &str = "https://evil.test";

async fn allow(admin: &Person, origins: &[&str]) -> Answer {
    let wanted = json!({ "origins": origins });
    let saved = admin.json(Method::PUT, ORIGINS, &wanted).await;
    saved.unwrap().expect(200).unwrap()
}

/// What a page of that site gets, whose browser sends these headers along.
async fn call(
    world: &World,
    (method, path): (Method, &str),
    origin: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let browser = Person::stranger(world).unwrap();
    let request = browser.request(method.clone(), path).await.unwrap();
    let request = request
        .header(ORIGIN, origin)
        .header("sec-fetch-site", "cross-site");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let request = match method {
        Method::POST => request.json(&visit("pump", 4)),
        _ => request,
    };
    browser.send(request).await.unwrap()
}

/// The answer's headers that browsers go by.
fn allowances(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

async fn preflight(world: &World, path: &str, origin: &str) -> Answer {
    let asks = [
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    call(world, (Method::OPTIONS, path), origin, &asks).await
}

#[tokio::test]
async fn a_preflight_is_answered_alike_for_every_site_and_costs_nothing() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    allow(&ada, &[SITE]).await;
    let before = world.aws.counters();

    let told = preflight(&world, ENTRIES, SITE).await.expect(204).unwrap();
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        (
            "access-control-allow-methods",
            "GET, POST, PUT, PATCH, DELETE",
        ),
        (
            "access-control-allow-headers",
            "authorization, content-type, if-match, idempotency-key",
        ),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(told.header(name), value);
    }
    assert_eq!(allowances(&told).len(), 4, "nothing of credentials");
    for route in all()
        .into_iter()
        .filter(|route| route.method != Method::OPTIONS)
    {
        let path = route.address(&NOWHERE);
        let asked = preflight(&world, &path, EVIL).await;
        if path.starts_with("/api/v1/") {
            assert_eq!(asked.status, 204, "{path}");
            assert_eq!(allowances(&asked), allowances(&told), "{path}");
        } else {
            assert!(asked.status.is_client_error(), "{path}");
            assert_eq!(allowances(&asked), [""; 0], "{path}");
        }
    }

    assert_eq!(world.aws.counters(), before);
}

#[tokio::test]
async fn a_page_of_a_site_that_is_not_allowed_gets_nothing_with_a_key() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();
    let scopes = json!({ "scopes": ["schedule.read", "schedule.write"] });
    let (_, key) = api_key(&ada, scopes).await;
    let with_key = format!("Bearer {key}");
    let with_key = [("authorization", &*with_key)];
    allow(&bob, &[SITE, EVIL]).await;
    let tried = async |origins: &[&str]| {
        let before = Kept::of(&world).await;
        for origin in origins {
            for (method, path) in [(Method::GET, LIST), (Method::POST, ENTRIES)] {
                let refused = call(&world, (method, path), origin, &with_key).await;
                assert_eq!(refused.status, 403, "{origin}");
                assert_eq!(refused.at("/code"), "origin_not_allowed", "{origin}");
                assert_eq!(allowances(&refused), [""; 0], "{origin}");
            }
        }
        let mut changed = Kept::of(&world).await.differs_from(&before);
        changed.retain(|key| !is_use_of_key(key));
        assert_eq!(changed, [].into());
    };

    // What another organisation allows means nothing here.
    tried(&[SITE, EVIL, "null", ""]).await;
    allow(&ada, &[SITE]).await;
    tried(&[
        EVIL,
        "null",
        "*",
        "HTTPS://app.northwind.test",
        "https://app.northwind.test/",
        "https://app.northwind.test:443",
        "http://app.northwind.test",
        "https://app.northwind.test.evil.test",
        "https://evil.app.northwind.test",
        "https://app.northwind.test, https://evil.test",
    ])
    .await;
    allow(&ada, &[]).await;
    tried(&[SITE]).await;

    let program = Person::stranger(&world).unwrap();
    let request = program.request(Method::GET, LIST).await.unwrap();
    let no_page = program.send(request.bearer_auth(&key)).await.unwrap();
    assert_eq!(allowances(&no_page.expect(200).unwrap()), [""; 0]);
}

#[tokio::test]
async fn a_page_of_an_allowed_site_calls_and_reads_with_a_key() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    allow(&ada, &["http://localhost:5173", SITE]).await;
    let scopes = json!({ "scopes": ["schedule.write"], "requests_per_minute": 3 });
    let (_, key) = api_key(&ada, scopes).await;
    let with_key = format!("Bearer {key}");
    let with_key = [("authorization", &*with_key)];
    let readable = |answer: &Answer, origin: &str| {
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("vary"), "origin");
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.contains("etag") && exposed.contains("x-request-id"));
        assert_eq!(allowances(answer).len(), 2, "nothing of credentials");
    };

    for origin in [SITE, "http://localhost:5173"] {
        let made = call(&world, (Method::POST, ENTRIES), origin, &with_key).await;
        readable(&made.expect(201).unwrap(), origin);
    }
    // A page is told why it was refused, too.
    let beyond = call(&world, (Method::GET, LIST), SITE, &with_key).await;
    readable(&beyond.expect(403).unwrap(), SITE);
    let hasty = call(&world, (Method::POST, ENTRIES), SITE, &with_key).await;
    readable(&hasty.expect(429).unwrap(), SITE);
    let nobodys = [("authorization", "Bearer kalends_made-up")];
    let refused = call(&world, (Method::POST, ENTRIES), SITE, &nobodys).await;
    assert_eq!(allowances(&refused.expect(401).unwrap()), [""; 0]);
}

/// The cookies of a signed-in browser, and its proof of origin.
async fn cookies_of(world: &World, email: &str) -> (String, String) {
    let login = json!({ "email": email, "password": DEMO_PASSWORD });
    let stranger = Person::stranger(world).unwrap();
    let came = stranger.post("/api/users/auth/login/", &login).await;
    let came = came.unwrap().expect(200).unwrap();
    let set = came.headers.get_all("set-cookie").iter();
    let pairs = set.map(|set| set.to_str().unwrap().split(';').next().unwrap());
    (pairs.collect::<Vec<_>>().join("; "), came.at("/csrf_token"))
}

#[tokio::test]
async fn no_answer_to_cookies_can_be_read_by_another_site() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    allow(&ada, &[SITE]).await;
    let scopes = json!({ "scopes": ["schedule.read", "schedule.write"] });
    let (_, key) = api_key(&ada, scopes).await;
    let (cookies, csrf) = cookies_of(&world, ADA).await;
    let with_key = format!("Bearer {key}");
    let both = [
        ("authorization", &*with_key),
        ("cookie", &*cookies),
        ("x-csrf-token", &*csrf),
    ];

    let read = call(&world, (Method::GET, LIST), SITE, &both).await;
    assert_eq!(allowances(&read.expect(200).unwrap()), [""; 0]);
    let before = Kept::of(&world).await;
    for headers in [&both[..], &both[1..]] {
        let refused = call(&world, (Method::POST, ENTRIES), SITE, headers).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.at("/code"), "wrong_origin");
        assert_eq!(allowances(&refused), [""; 0]);
    }
    let stray = call(&world, (Method::GET, LIST), EVIL, &both).await;
    assert_eq!(stray.at("/code"), "origin_not_allowed");
    let safe = all()
        .into_iter()
        .filter(|route| route.method == Method::GET);
    for route in safe {
        let path = route.address(&NOWHERE);
        let request = ada.request(Method::GET, &path).await.unwrap();
        let with_cookies = request.try_clone().unwrap().header(COOKIE, &cookies);
        for request in [request, with_cookies] {
            let answer = ada.send_once(request.header(ORIGIN, SITE)).await.unwrap();
            assert_eq!(allowances(&answer), [""; 0], "{path}");
        }
    }
    let mut changed = Kept::of(&world).await.differs_from(&before);
    changed.retain(|key| !is_use_of_key(key));
    assert_eq!(changed, [].into());
}

#[tokio::test]
async fn an_administrator_says_which_sites_may_and_nobody_overwrites_another_unseen() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let first = ada.get(ORIGINS).await.unwrap().expect(200).unwrap();
    assert_eq!(first.json(), json!({ "origins": [], "version": 0 }));
    let put = async |tag: &str, origins: Value| {
        let request = ada.request(Method::PUT, ORIGINS).await.unwrap();
        let request = request.header(IF_MATCH, tag);
        ada.send(request.json(&json!({ "origins": origins })))
            .await
            .unwrap()
    };

    let tag = first.header("etag");
    let saved = put(tag, json!(["HTTPS://App.Northwind.test/", SITE])).await;
    let saved = saved.expect(200).unwrap();
    assert_eq!(saved.json(), json!({ "origins": [SITE], "version": 1 }));
    let late = put(tag, json!([EVIL])).await.expect(412).unwrap();
    assert_eq!(late.at("/code"), "version");
    let wrong = put(
        saved.header("etag"),
        json!([SITE, "*", "http://app.northwind.test"]),
    )
    .await;
    let wrong = wrong.expect(422).unwrap();
    assert_eq!(wrong.at("/errors/0/pointer"), "/origins/1");
    assert_eq!(wrong.at("/errors/1/pointer"), "/origins/2");
    let many: Vec<_> = (0..21).map(|one| format!("https://a{one}.test")).collect();
    let too_many = put(saved.header("etag"), json!(many))
        .await
        .expect(422)
        .unwrap();
    assert_eq!(too_many.at("/errors/0/pointer"), "/origins");

    let page = ada.get("/organization").await.unwrap().expect(200).unwrap();
    assert!(page.text.contains(&format!("\n{SITE}</textarea>")));
    let form = |origins, version| [("origins", origins), ("version", version)];
    let path = "/organization/origins";
    let wrong = ada
        .submit(path, &form("https://a.test\nnull", "1"))
        .await
        .unwrap();
    let wrong = wrong.expect(422).unwrap();
    assert!(wrong.text.contains("null: Write where the page comes from"));
    assert!(
        wrong.text.contains("https://a.test\nnull</textarea>"),
        "it is typed once"
    );
    let two = format!("{SITE}\r\n\r\n https://a.test \r\n");
    let saved = ada.submit(path, &form(&two, "1")).await.unwrap();
    saved.expect(303).unwrap();
    let late = ada
        .submit(path, &form("", "1"))
        .await
        .unwrap()
        .expect(303)
        .unwrap();
    let page = ada.get(late.header("location")).await.unwrap();
    assert!(page.text.contains("Somebody was faster"), "{}", page.text);
    assert!(
        page.text
            .contains("https://a.test\nhttps://app.northwind.test</textarea>")
    );

    let tenant = world.tenant_of(ADA).await.unwrap();
    let mut lines = tenant.audit(None, 1_000).await.unwrap();
    lines.retain(|line| line.action == Action::OriginsChanged);
    assert_eq!(lines.len(), 2);
    // Lines of one millisecond stand in any order.
    let first = lines
        .iter()
        .find(|line| line.before == Some(json!({ "origins": [] })));
    assert_eq!(first.unwrap().after, Some(json!({ "origins": [SITE] })));
}
