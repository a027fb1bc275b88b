//! Other sites: they cannot act for who is signed in here, sign anyone in, or be where our links lead.

use reqwest::{
    Method,
    header::{HeaderValue, SET_COOKIE},
};
use serde_json::json;
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use super::{Browser, LOG_IN, LOG_OUT, REFRESH, SIGN_UP, account};
use crate::support::{Kept, MIA, visit};

const ENTRIES: &str = "/api/v1/schedule/entries";
const EVIL: &str = "https://evil.test";

/// Creates an entry as `browser`, with other headers than its own.
async fn create(world: &World, browser: &Browser, headers: &[(&str, &str)]) -> Answer {
    let person = Person::stranger(world).unwrap();
    let request = person.request(Method::POST, ENTRIES).await.unwrap();
    let pairs: Vec<_> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let request = request.header("cookie", pairs.join("; "));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    person.send(request.json(&visit("pump", 4))).await.unwrap()
}

#[tokio::test]
async fn an_unsafe_request_proves_that_it_comes_from_our_own_pages() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    let elsewhere = Browser::signed_in(&world, MIA).await;
    let ours = world.product_base.origin().ascii_serialization();
    let other_port = format!("{ours}0");
    let token = ("x-csrf-token", mia.csrf.as_str());
    let before = Kept::of(&world).await;

    let rows: [(&str, Vec<(&str, &str)>); 10] = [
        ("csrf", vec![]),
        ("csrf", vec![("x-csrf-token", "")]),
        ("csrf", vec![("x-csrf-token", "AAAA")]),
        ("csrf", vec![("x-csrf-token", &elsewhere.csrf)]),
        (
            "csrf",
            vec![("origin", &ours), ("sec-fetch-site", "same-origin")],
        ),
        ("wrong_origin", vec![token, ("origin", EVIL)]),
        ("wrong_origin", vec![token, ("origin", "null")]),
        ("wrong_origin", vec![token, ("origin", &other_port)]),
        (
            "wrong_origin",
            vec![token, ("sec-fetch-site", "cross-site")],
        ),
        ("wrong_origin", vec![token, ("sec-fetch-site", "same-site")]),
    ];
    for (code, headers) in rows {
        let refused = create(&world, &mia, &headers).await;
        assert_eq!(refused.status, 403, "{headers:?}: {}", refused.text);
        assert_eq!(refused.at("/code"), code, "{headers:?}");
    }

    assert_eq!(Kept::of(&world).await.differs_from(&before), [].into());
    let whole = [token, ("origin", &ours), ("sec-fetch-site", "same-origin")];
    create(&world, &mia, &whole).await.expect(201).unwrap();
}

#[tokio::test]
async fn a_form_proves_it_in_a_field() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let other = Browser::signed_in(&world, "ada@northwind.test").await;
    let send = async |token: Option<&str>| {
        let request = mia.request(Method::POST, "/connections/connect").await;
        let (client, built) = request.unwrap().build_split();
        let mut built = built.unwrap();
        built.headers_mut().remove("x-csrf-token");
        built
            .headers_mut()
            .insert("accept", HeaderValue::from_static("text/html"));
        let fields: Vec<_> = [("provider", "google")]
            .into_iter()
            .chain(token.map(|token| ("csrf_token", token)))
            .collect();
        let request = reqwest::RequestBuilder::from_parts(client, built).form(&fields);
        mia.send(request).await.unwrap()
    };

    for wrong in [None, Some(""), Some("AAAA"), Some(other.csrf.as_str())] {
        let refused = send(wrong).await.expect(403).unwrap();
        assert!(refused.text.starts_with("<!DOCTYPE html>"), "{refused:?}");
        assert!(
            refused.text.contains("The page is out of date"),
            "{wrong:?}"
        );
    }
    let good = mia
        .submit("/connections/connect", &[("provider", "google")])
        .await;
    good.unwrap().expect(200).unwrap();
}

#[tokio::test]
async fn another_site_signs_nobody_in_or_out() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;
    let before = Kept::of(&world).await;
    let login = json!({ "email": MIA, "password": DEMO_PASSWORD });
    let account = account("eve@fabrikam.test", "a long enough one");
    let form = [("email", MIA), ("password", DEMO_PASSWORD)];

    for (name, value) in [("origin", EVIL), ("sec-fetch-site", "cross-site")] {
        for (path, body) in [
            (LOG_IN, &login),
            (SIGN_UP, &account),
            (REFRESH, &json!({})),
            (LOG_OUT, &json!({})),
        ] {
            let person = Person::stranger(&world).unwrap();
            let request = person.request(Method::POST, path).await.unwrap();
            let cookie = format!("kalends-refresh={}", mia.cookie("kalends-refresh"));
            let request = request.header(name, value).header("cookie", cookie);
            let refused = person.send(request.json(body)).await.unwrap();
            assert_eq!(refused.at("/code"), "wrong_origin", "{path}");
            assert!(refused.headers.get(SET_COOKIE).is_none(), "{path}");
        }
        for path in ["/sign-in", "/sign-up", "/sign-out"] {
            let person = Person::stranger(&world).unwrap();
            let request = person.request(Method::POST, path).await.unwrap();
            let refused = person
                .send(request.header(name, value).form(&form))
                .await
                .unwrap();
            assert_eq!(refused.status, 403, "{path}");
            assert!(refused.headers.get(SET_COOKIE).is_none(), "{path}");
        }
    }

    assert_eq!(Kept::of(&world).await.differs_from(&before), [].into());
    mia.refreshed(&world).await.expect(200).unwrap();
}

const AWAY: [&str; 14] = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "evil.test",
    " //evil.test",
    "/\t/evil.test",
    "/\r\n/evil.test",
    "/schedule\r\nSet-Cookie: kalends=x",
    "/\u{0}/evil.test",
    "/ﬀ/evil.test",
];

#[tokio::test]
async fn a_part_of_a_page_leads_back_to_the_page_and_never_away() {
    let world = World::start().await.unwrap();
    let stranger = Person::stranger(&world).unwrap();
    let part = "/sign-in/continue?next=%2Fnotifications%2Fcount";

    for (page, led_to) in [
        (
            "/schedule?week=2026-11-23#now",
            "/sign-in?next=%2Fschedule%3Fweek%3D2026-11-23",
        ),
        ("/", "/sign-in"),
        ("//evil.example/", "/sign-in"),
        ("/\\evil.example/", "/sign-in"),
    ] {
        let asked = stranger.request(Method::GET, part).await.unwrap();
        let asked = asked
            .header("hx-request", "true")
            .header("hx-current-url", format!("https://elsewhere.example{page}"));
        let led = stranger.send(asked).await.unwrap().expect(200).unwrap();
        assert_eq!(led.header("hx-redirect"), led_to, "{page}");
    }
}

#[tokio::test]
async fn an_address_to_go_on_to_never_leads_away() {
    let world = World::start().await.unwrap();
    let mut mia = Browser::signed_in(&world, MIA).await;

    for away in AWAY {
        let query = url::form_urlencoded::byte_serialize(away.as_bytes()).collect::<String>();
        let stranger = Person::stranger(&world).unwrap();
        let shown = stranger
            .get(&format!("/sign-in?next={query}"))
            .await
            .unwrap();
        assert!(!shown.text.contains("evil"), "{away:?}");
        let asked = stranger
            .get(&format!("/sign-in/continue?next={query}"))
            .await
            .unwrap();
        assert_eq!(asked.header("location"), "/sign-in", "{away:?}");
        let fields = [("email", MIA), ("password", DEMO_PASSWORD), ("next", away)];
        let led = stranger
            .submit("/sign-in", &fields)
            .await
            .unwrap()
            .expect(303)
            .unwrap();
        assert_eq!(led.header("location"), "/", "{away:?}");

        let path = format!("/sign-in/continue?next={query}");
        let led = mia
            .send(&world, Method::GET, &path)
            .await
            .expect(303)
            .unwrap();
        assert_eq!(led.header("location"), "/schedule", "{away:?}");
        mia = Browser::of(&led);
    }
    let stranger = Person::stranger(&world).unwrap();
    let fields = [
        ("email", MIA),
        ("password", DEMO_PASSWORD),
        ("next", "/schedule?week=2027-03-01"),
    ];
    let led = stranger
        .submit("/sign-in", &fields)
        .await
        .unwrap()
        .expect(303)
        .unwrap();
    assert_eq!(led.header("location"), "/schedule?week=2027-03-01");
}

/// What the page carries on to its form.
fn next_of(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"next\" value=\"").unwrap();
    let (next, _) = rest.split_once('"').unwrap();
    next.replace("&amp;", "&")
}

/// Where a browser would be led.
fn led(world: &World, answer: &Answer) -> url::Url {
    let base = &world.product_base;
    base.join(answer.header("location")).unwrap()
}

async fn confirm(mia: &Person, next: &str) -> Answer {
    let fields = [("password", DEMO_PASSWORD), ("next", next)];
    let confirmed = mia.submit("/sign-in/confirm", &fields).await.unwrap();
    confirmed.expect(303).unwrap()
}

#[tokio::test]
async fn giving_the_password_again_leads_back_to_our_own_pages_only() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let ours = world.product_base.origin();

    for away in AWAY
        .into_iter()
        .chain(["data:text/html,evil", "/\t\\evil.test"])
    {
        let query = url::form_urlencoded::byte_serialize(away.as_bytes()).collect::<String>();
        let shown = mia
            .get(&format!("/sign-in/confirm?next={query}"))
            .await
            .unwrap();
        assert_eq!(
            next_of(&shown.expect(200).unwrap()),
            "/schedule",
            "{away:?}"
        );
        let answer = confirm(&mia, away).await;
        assert_eq!(answer.header("location"), "/", "{away:?}");
    }

    // A form was sent too late; where it stood is what its browser says.
    world.clock.advance(shared::web::CONFIRMED_FOR).unwrap();
    mia.post(REFRESH, &json!({})).await.unwrap();
    for from in [
        "//evil.test/x",
        "https://evil.test//evil.test/x",
        "https://evil.test/\\evil.test/x",
        "https://evil.test/%2F/evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "data://evil.test//evil.test",
        "evil.test",
        "",
    ] {
        let request = mia.request(Method::POST, "/connections/connect").await;
        let request = request.unwrap().header("referer", from);
        let late = mia.send_once(request.form(&[("provider", "google")])).await;
        let late = late.unwrap().expect(303).unwrap();
        let page = mia.get(late.header("location")).await.unwrap();
        let next = next_of(&page.expect(200).unwrap());
        assert_eq!(led(&world, &late).origin(), ours, "{from:?}");
        let back = world.product_base.join(&next).unwrap();
        assert_eq!(back.origin(), ours, "{from:?} leads to {next:?}");
    }
    let answer = confirm(&mia, "/schedule?week=2027-03-01").await;
    assert_eq!(answer.header("location"), "/schedule?week=2027-03-01");
}
