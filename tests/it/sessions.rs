//! Signing up, in and out, and what a browser holds in between.

mod elsewhere;
mod keys;
mod origin;
mod proof;
mod tries;

use jiff::SignedDuration;
use reqwest::{
    Method,
    header::{COOKIE, SET_COOKIE},
};
use serde_json::{Value, json};
use shared::{
    config::Config,
    web::cookies::{self, Cookie},
};
use tests::{
    person::{Answer, Person},
    world::{DEMO_PASSWORD, World},
};

use crate::support::{Kept, MIA};

const LOG_IN: &str = "/api/users/auth/login/";
const LOG_OUT: &str = "/api/users/auth/logout/";
const PROFILE: &str = "/api/users/auth/profile/";
const REFRESH: &str = "/api/users/auth/refresh/";
const SIGN_UP: &str = "/api/users/auth/signup/";

/// Cookies as they stand in a browser, to be looked at, copied and brought back later.
#[derive(Clone)]
struct Browser {
    cookies: Vec<(String, String)>,
    csrf: String,
}

impl Browser {
    fn of(answer: &Answer) -> Self {
        let set = answer.headers.get_all(SET_COOKIE).iter().map(|set| {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        Self {
            cookies: set.collect(),
            csrf: answer.at("/csrf_token"),
        }
    }

    async fn signed_in(world: &World, email: &str) -> Self {
        let answer = log_in(world, email, DEMO_PASSWORD).await;
        Self::of(&answer.expect(200).unwrap())
    }

    fn cookie(&self, name: &str) -> &str {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        &found.unwrap().1
    }

    /// With only one of its cookies.
    fn only(&self, name: &str) -> Self {
        let mut only = self.clone();
        only.cookies.retain(|(known, _)| known == name);
        only
    }

    async fn send(&self, world: &World, method: Method, path: &str) -> Answer {
        let person = Person::stranger(world).unwrap();
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = person.request(method, path).await.unwrap();
        let request = request
            .header(COOKIE, pairs.join("; "))
            .header("x-csrf-token", &self.csrf);
        person.send(request).await.unwrap()
    }

    async fn refreshed(&self, world: &World) -> Answer {
        self.send(world, Method::POST, REFRESH).await
    }
}

async fn log_in(world: &World, email: &str, password: &str) -> Answer {
    let login = json!({ "email": email, "password": password });
    Person::stranger(world)
        .unwrap()
        .post(LOG_IN, &login)
        .await
        .unwrap()
}

fn account(email: &str, password: &str) -> Value {
    json!({
        "account_type": "admin", "organization": "Fabrikam", "name": "Eve Evers",
        "email": email, "password": password,
    })
}

#[tokio::test]
async fn signing_up_founds_an_organisation_and_signs_its_first_member_in() {
    let world = World::start().await.unwrap();
    let eve = Person::stranger(&world).unwrap();

    let founded = eve
        .post(SIGN_UP, &account("Eve@Fabrikam.test", "twelve chars"))
        .await
        .unwrap()
        .expect(201)
        .unwrap();

    let profile = eve.get(PROFILE).await.unwrap().expect(200).unwrap();
    assert_eq!(profile.at("/role"), "ADMIN");
    assert_eq!(profile.at("/email"), "eve@fabrikam.test");
    assert_eq!(profile.at("/organization/name"), "Fabrikam");
    assert_eq!(profile.at("/id"), founded.at("/id"));
    let again = log_in(&world, "eve@fabrikam.test ", "twelve chars").await;
    assert_eq!(again.status, 200, "{again:?}");
}

#[tokio::test]
async fn a_password_has_twelve_characters_whatever_their_bytes() {
    let world = World::start().await.unwrap();
    let sign_up = async |password: &str| {
        let eve = Person::stranger(&world).unwrap();
        let form = account("eve@fabrikam.test", password);
        eve.post(SIGN_UP, &form).await.unwrap()
    };

    let short = sign_up("öööööööööööö".strip_suffix('ö').unwrap()).await;

    assert_eq!(
        short.expect(422).unwrap().at("/errors/0/pointer"),
        "/password"
    );
    sign_up("öööööööööööö").await.expect(201).unwrap();
}

#[tokio::test]
async fn an_address_signs_up_once_however_it_is_written() {
    let world = World::start().await.unwrap();
    let before = Kept::of(&world).await;

    for address in [MIA, "MIA@Northwind.test", " mia@northwind.test\n"] {
        let stranger = Person::stranger(&world).unwrap();
        let form = account(address, "another password");
        let refused = stranger.post(SIGN_UP, &form).await.unwrap();
        let refused = refused.expect(422).unwrap();
        assert_eq!(refused.at("/errors/0/pointer"), "/email");
        assert!(refused.headers.get(SET_COOKIE).is_none());
    }

    assert_eq!(Kept::of(&world).await.differs_from(&before), [].into());
    let theirs = log_in(&world, MIA, "another password").await;
    assert_eq!(theirs.status, 401);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let world = World::start().await.unwrap();
    let answer = log_in(&world, MIA, DEMO_PASSWORD).await;
    let set: Vec<&str> = answer
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|set| set.to_str().unwrap())
        .collect();

    assert_eq!(set.len(), 2, "{set:?}");
    for (line, name, seconds) in [
        (set[0], "kalends", 600),
        (set[1], "kalends-refresh", 30 * 24 * 3_600),
    ] {
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert!(pair.starts_with(&format!("{name}=")), "{line}");
        let expected = format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}");
        assert_eq!(attributes, expected);
    }
}

#[tokio::test]
async fn deployed_cookies_belong_to_one_host_and_travel_encrypted() {
    let world = World::start().await.unwrap();
    let local = world.app.config.clone();
    let at = |base: &str, insecure_cookies| Config {
        public_base: base.parse().unwrap(),
        insecure_cookies,
        ..local.clone()
    };
    let deployed = at("https://kalends.example.com", false);
    deployed.check().unwrap();

    for (cookie, name) in [
        (Cookie::Access, "__Host-kalends"),
        (Cookie::Refresh, "__Host-kalends-refresh"),
        (Cookie::Flash, "__Host-kalends-flash"),
    ] {
        let set = cookies::set(&deployed, cookie, "x", SignedDuration::from_secs(9));
        let expected = format!("{name}=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=9; Secure");
        assert_eq!(set, expected);
    }
    for (base, insecure_cookies) in [
        ("https://kalends.example.com", true),
        ("http://kalends.example.com", true),
        ("http://127.0.0.1.example.com", true),
        ("http://kalends.example.com", false),
        ("http://127.0.0.1", false),
    ] {
        assert!(
            at(base, insecure_cookies).check().is_err(),
            "{base} {insecure_cookies}"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_wherever_its_cookies_were_copied_to() {
    let world = World::start().await.unwrap();
    let first = Browser::signed_in(&world, MIA).await;
    let second = Browser::of(&first.refreshed(&world).await.expect(200).unwrap());
    let elsewhere = Browser::signed_in(&world, MIA).await;

    let out = second.send(&world, Method::POST, LOG_OUT).await;

    let cleared = Browser::of(&out.expect(204).unwrap());
    assert_eq!(cleared.cookie("kalends"), "");
    assert_eq!(cleared.cookie("kalends-refresh"), "");
    for copy in [&first, &second] {
        assert_eq!(copy.refreshed(&world).await.status, 401);
    }
    for copy in [&first, &second] {
        assert_eq!(copy.send(&world, Method::GET, PROFILE).await.status, 401);
    }
    assert_eq!(
        elsewhere.send(&world, Method::GET, PROFILE).await.status,
        200
    );
}

#[tokio::test]
async fn signing_out_with_the_proof_alone_ends_the_session_too() {
    let world = World::start().await.unwrap();
    let mia = Browser::signed_in(&world, MIA).await;

    let out = mia
        .only("kalends")
        .send(&world, Method::POST, LOG_OUT)
        .await;

    out.expect(204).unwrap();
    assert_eq!(mia.refreshed(&world).await.status, 401);
}
