//! Invites: made by an administrator, good once and for a week, and worth nothing to anybody else.

use domain::audit::{Actor, AuditEntry};
use futures::future::join;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    person::{Answer, Person},
    world::World,
};

use crate::support::{ADA, Kept, MIA};

const INVITES: &str = "/api/v1/invites";
const PROFILE: &str = "/api/users/auth/profile/";
const SIGN_UP: &str = "/api/users/auth/signup/";
const EVE: &str = "eve@northwind.test";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

struct Story {
    world: World,
    ada: Person,
}

impl Story {
    async fn start() -> Self {
        let world = World::start().await.unwrap();
        let ada = Person::sign_in(&world, ADA).await.unwrap();
        Self { world, ada }
    }

    async fn asked(&self, email: &str) -> Answer {
        let wanted = json!({ "email": email, "role": "TEAM_MEMBER" });
        self.ada.post(INVITES, &wanted).await.unwrap()
    }

    /// The id and the token of a new invite.
    async fn invite(&self, email: &str) -> (String, String) {
        let made = self.asked(email).await.expect(201).unwrap();
        let url: url::Url = made.at("/url").parse().unwrap();
        assert_eq!(url.path(), "/join");
        let (_, token) = url.query_pairs().next().unwrap();
        (made.at("/id"), token.into_owned())
    }

    async fn state(&self, id: &str) -> Value {
        let listed = self.ada.get(INVITES).await.unwrap().json();
        let items = listed["items"].as_array().unwrap();
        let found = items.iter().find(|one| one["id"] == id).unwrap();
        assert_eq!(found.get("url"), None, "the link is told once");
        found["state"].clone()
    }

    async fn revoke(&self, id: &str) -> Answer {
        self.ada.delete(&format!("{INVITES}/{id}")).await.unwrap()
    }

    async fn opened(&self, token: &str) -> Answer {
        let stranger = Person::stranger(&self.world).unwrap();
        stranger.get(&format!("/join?token={token}")).await.unwrap()
    }

    /// As a program signs up.
    async fn signed_up(&self, token: &str) -> Answer {
        let stranger = Person::stranger(&self.world).unwrap();
        stranger.post(SIGN_UP, &account(token)).await.unwrap()
    }

    async fn refused(&self) -> Vec<AuditEntry> {
        let tenant = self.world.tenant_of(ADA).await.unwrap();
        let mut lines = tenant.audit(None, 1_000).await.unwrap();
        lines.retain(|line| line.action.name() == "invite.refused");
        lines
    }
}

fn account(token: &str) -> Value {
    json!({
        "account_type": "team_member", "name": "Eve Evers", "password": "twelve chars", "invite": token,
    })
}

#[tokio::test]
async fn an_invite_leads_into_the_organisation_and_is_good_once() {
    let story = Story::start().await;
    let (id, token) = story.invite("Eve@Northwind.test").await;
    assert_eq!(story.state(&id).await, "pending");

    let page = story.opened(&token).await.expect(200).unwrap();
    for words in ["Join Northwind Field Service", EVE, "Team member"] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(!page.text.contains("name=\"email\"") && !page.text.contains("name=\"role\""));
    let eve = Person::stranger(&story.world).unwrap();
    let form = |password| {
        [
            ("token", token.as_str()),
            ("name", "Eve Evers"),
            ("password", password),
        ]
    };
    let short = eve.submit("/join", &form("short")).await.unwrap();
    assert!(short.expect(422).unwrap().text.contains("Use at least 12"));
    let joined = eve.submit("/join", &form("twelve chars")).await.unwrap();
    assert_eq!(
        joined.expect(303).unwrap().header("location"),
        "/connections"
    );

    let profile = eve.get(PROFILE).await.unwrap().expect(200).unwrap();
    assert_eq!(profile.at("/email"), EVE);
    assert_eq!(profile.at("/role"), "TEAM_MEMBER");
    assert_eq!(profile.at("/organization/name"), "Northwind Field Service");
    assert_eq!(story.state(&id).await, "accepted");
    let again = story.signed_up(&token).await.expect(403).unwrap();
    assert_eq!(again.at("/code"), "invite_used");
    assert!(
        story
            .opened(&token)
            .await
            .expect(410)
            .unwrap()
            .text
            .contains("has joined with this invite")
    );
    assert_eq!(story.revoke(&id).await.status, 409);
}

#[tokio::test]
async fn a_program_joins_with_an_invite_and_not_without() {
    let story = Story::start().await;
    let (_, token) = story.invite(EVE).await;
    let stranger = Person::stranger(&story.world).unwrap();
    let before = Kept::of(&story.world).await;

    let mut without = account("");
    without.as_object_mut().unwrap().remove("invite");
    let refused = stranger.post(SIGN_UP, &without).await.unwrap();
    assert_eq!(refused.expect(403).unwrap().at("/code"), "invite_required");
    let mut other = account(&token);
    other["email"] = json!("mallory@northwind.test");
    let refused = stranger.post(SIGN_UP, &other).await.unwrap();
    assert_eq!(
        refused.expect(422).unwrap().at("/errors/0/pointer"),
        "/email"
    );
    assert_eq!(
        Kept::of(&story.world).await.differs_from(&before),
        [].into()
    );

    let joined = story.signed_up(&token).await.expect(201).unwrap();
    assert_eq!(joined.at("/role"), "TEAM_MEMBER");
}

#[tokio::test]
async fn an_invite_that_is_over_says_how_and_that_is_written_down() {
    let story = Story::start().await;
    let (revoked, taken_back) = story.invite(EVE).await;
    story.revoke(&revoked).await.expect(204).unwrap();
    story.revoke(&revoked).await.expect(204).unwrap();
    assert_eq!(story.state(&revoked).await, "revoked");
    let (expired, too_old) = story.invite(EVE).await;
    story.world.clock.advance(WEEK).unwrap();

    for (token, code, words) in [
        (&taken_back, "invite_revoked", "took this invite back"),
        (&too_old, "invite_expired", "good for a week"),
    ] {
        let page = story.opened(token).await.expect(410).unwrap();
        assert!(page.text.contains(words), "{}", page.text);
        let refused = story.signed_up(token).await.expect(403).unwrap();
        assert_eq!(refused.at("/code"), code);
    }
    story.ada.get(PROFILE).await.unwrap();
    assert_eq!(story.state(&expired).await, "expired");
    let lines = story.refused().await;
    assert_eq!(lines.len(), 4);
    for line in lines {
        assert!(matches!(line.actor, Actor::Invited { ref email, .. } if email.as_str() == EVE));
    }
}

#[tokio::test]
async fn who_opens_an_ended_invite_over_and_over_fills_no_log() {
    let story = Story::start().await;
    let (id, token) = story.invite(EVE).await;
    let (other, of_another) = story.invite("mallory@northwind.test").await;
    for id in [&id, &other] {
        story.revoke(id).await.expect(204).unwrap();
    }

    for _ in 0..9 {
        story.opened(&token).await.expect(410).unwrap();
        story.signed_up(&token).await.expect(403).unwrap();
    }
    assert_eq!(story.refused().await.len(), 5);
    story.opened(&of_another).await.expect(410).unwrap();
    assert_eq!(
        story.refused().await.len(),
        6,
        "another invite has lines of its own"
    );
    let half_an_hour = SignedDuration::from_mins(30);
    story.world.clock.advance(half_an_hour).unwrap();
    story.opened(&token).await.expect(410).unwrap();

    assert_eq!(story.refused().await.len(), 7);
}

#[tokio::test]
async fn a_token_that_was_made_up_or_altered_is_answered_alike_wherever_it_differs() {
    let story = Story::start().await;
    let (_, token) = story.invite(EVE).await;
    let before = Kept::of(&story.world).await;
    let made_up = story.opened("made.up").await.expect(404).unwrap();
    let refused = story.signed_up("made.up").await.expect(403).unwrap();
    assert_eq!(refused.at("/code"), "invite_unknown");

    for place in (0..token.len()).step_by(7) {
        let mut letters: Vec<char> = token.chars().collect();
        letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
        let altered: String = letters.into_iter().collect();
        let page = story.opened(&altered).await.expect(404).unwrap();
        assert_eq!(page.said(), made_up.said(), "{place}");
        let told = story.signed_up(&altered).await.expect(403).unwrap();
        assert_eq!(told.at("/code"), "invite_unknown", "{place}");
    }
    assert_eq!(story.opened(&"A".repeat(9_000)).await.status, 404);

    assert_eq!(
        Kept::of(&story.world).await.differs_from(&before),
        [].into()
    );
    assert_eq!(story.refused().await.len(), 0);
    story.signed_up(&token).await.expect(201).unwrap();
}

#[tokio::test]
async fn of_two_who_use_an_invite_at_once_one_joins() {
    let story = Story::start().await;
    let (_, token) = story.invite(EVE).await;

    let (one, other) = join(story.signed_up(&token), story.signed_up(&token)).await;

    let mut said = [one.status.as_u16(), other.status.as_u16()];
    said.sort_unstable();
    assert_eq!(said, [201, 403]);
    let listed = story.ada.get("/api/v1/members").await.unwrap().json();
    let eves = listed["items"].as_array().unwrap().iter();
    assert_eq!(eves.filter(|one| one["email"] == EVE).count(), 1);
}

#[tokio::test]
async fn a_link_goes_on_after_a_rotation_and_is_kept_nowhere() {
    let story = Story::start().await;
    let (_, token) = story.invite(EVE).await;
    let stored = story.world.everything_stored().await.unwrap();
    assert!(!stored.contains(&token) && stored.contains(EVE));

    let root = &story.world.app.config.root_secret;
    story.world.aws.rotate_secret(root).unwrap();
    story
        .world
        .clock
        .advance(SignedDuration::from_mins(6))
        .unwrap();

    story.signed_up(&token).await.expect(201).unwrap();
}

#[tokio::test]
async fn an_inviter_learns_who_is_a_member_of_their_own_organisation_only() {
    let story = Story::start().await;

    let own = story.asked(MIA).await.expect(409).unwrap();
    assert_eq!(own.at("/code"), "already_member");
    let (_, token) = story.invite("bob@contoso.test").await;
    let again = story.asked("bob@contoso.test").await.expect(409).unwrap();
    assert_eq!(again.at("/code"), "already_invited");

    // Whoever holds the link may know.
    let page = story.opened(&token).await.expect(409).unwrap();
    assert!(
        page.text
            .contains("There is already a member with this e-mail address")
    );
    let refused = story.signed_up(&token).await.expect(403).unwrap();
    assert_eq!(refused.at("/code"), "already_member");
}

#[tokio::test]
async fn invites_are_the_administrators() {
    let story = Story::start().await;
    let (id, _) = story.invite(EVE).await;
    let mia = Person::sign_in(&story.world, MIA).await.unwrap();
    let before = Kept::of(&story.world).await;

    let wanted = json!({ "email": "mallory@northwind.test", "role": "ADMIN" });
    assert_eq!(mia.post(INVITES, &wanted).await.unwrap().status, 403);
    let path = format!("{INVITES}/{id}");
    let revoked = mia.json(Method::DELETE, &path, &Value::Null).await.unwrap();
    assert_eq!(revoked.status, 403);
    for page in [INVITES, "/members/invite", "/members"] {
        assert_eq!(mia.get(page).await.unwrap().status, 403, "{page}");
    }

    assert_eq!(
        Kept::of(&story.world).await.differs_from(&before),
        [].into()
    );
}
