//! Disconnecting an account: everything of it goes, nothing else does, whatever happens on the way.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Connected, google_visit, visit};

mod again;
mod everything;
mod trouble;

impl Connected {
    /// As a program asks for it; answers how far it has come.
    async fn disconnect(&self, remove_copies: bool) -> Value {
        let path = format!("/api/v1/connections/{}", self.connection);
        let body = json!({ "remove_copies": remove_copies });
        let answer = self.person.json(Method::DELETE, &path, &body).await;
        answer.unwrap().expect(202).unwrap().json()
    }

    async fn disconnection(&self) -> Value {
        self.api("/disconnection").await
    }

    /// Disconnects and waits for the receipt.
    async fn disconnect_whole(&self, remove_copies: bool) -> Value {
        self.disconnect(remove_copies).await;
        self.settle().await;
        self.receipt().await
    }

    async fn receipt(&self) -> Value {
        let ended = self.disconnection().await;
        assert_eq!(ended["state"], "over", "{ended:#}");
        ended["receipt"].clone()
    }

    /// What becomes of the grant where nothing is in the way.
    fn given_back(&self) -> Value {
        let revokes = self.world.habits().revokes;
        json!({ "outcome": if revokes { "withdrawn" } else { "by_hand" } })
    }

    /// How often the provider was asked to end the grant.
    async fn assert_revoked_once(&self) {
        let once = u64::from(self.world.habits().revokes);
        assert_eq!(self.calls("oauth.revoke").await, once);
    }
}

#[tokio::test]
async fn a_disconnected_account_is_left_as_it_is_and_no_longer_synced() {
    let mia = Connected::start().await;
    mia.calendar
        .insert(google_visit("theirs", 3))
        .await
        .unwrap();
    mia.create_entry(&visit("ours", 4)).await;
    mia.settle().await;

    let begun = mia.disconnect(false).await;
    assert_eq!(
        (&begun["state"], &begun["step"]),
        (&json!("running"), &json!("stop_notices"))
    );
    mia.settle().await;

    let receipt = mia.receipt().await;
    assert_eq!(receipt["subscriptions_stopped"], 1, "{receipt:#}");
    assert_eq!(
        (&receipt["copies_removed"], &receipt["copies_kept"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(receipt["access"], mia.given_back());
    assert_eq!(receipt["credential_deleted"], true);
    assert_eq!(mia.titles_there().await, ["ours", "theirs"]);
    assert_eq!(mia.titles_here().await, ["ours", "theirs"]);
    mia.assert_revoked_once().await;
    let list = mia.person.get("/api/v1/connections").await.unwrap().json();
    assert_eq!(list["items"], json!([]));

    mia.calendar.insert(google_visit("later", 5)).await.unwrap();
    mia.create_entry(&visit("late", 6)).await;
    mia.world
        .advance(jiff::SignedDuration::from_hours(2))
        .await
        .unwrap();
    assert_eq!(mia.titles_there().await, ["later", "ours", "theirs"]);
    assert_eq!(mia.titles_here().await, ["late", "ours", "theirs"]);
}

#[tokio::test]
async fn a_conflict_of_a_disconnected_account_is_not_called_settled() {
    let mia = Connected::start().await;
    let conflict = mia.fall_apart("pump", 3).await;
    let id = conflict["id"].as_str().unwrap();

    mia.disconnect_whole(false).await;

    let told = mia.person.get(&format!("/api/v1/conflicts/{id}")).await;
    assert_eq!(told.unwrap().expect(200).unwrap().at("/state"), "dropped");
    let page = mia.person.get(&format!("/conflicts/{id}")).await.unwrap();
    let page = page.expect(200).unwrap().text;
    assert!(page.contains("The account was disconnected, "), "{page}");
    assert!(!page.contains("agree again"), "{page}");
    let inbox = mia.person.get("/conflicts?state=settled").await.unwrap();
    assert!(
        inbox.text.contains("Account disconnected"),
        "{}",
        inbox.text
    );
    assert_eq!(mia.titles_here().await, ["pump, ours"]);
    assert_eq!(mia.titles_there().await, ["pump, theirs"]);
}

#[tokio::test]
async fn a_disconnection_that_is_asked_for_twice_is_the_same_one() {
    let mia = Connected::start().await;
    let path = format!("/api/v1/connections/{}", mia.connection);

    // Without a body nothing is removed.
    let first = mia.person.delete(&path).await.unwrap().expect(202).unwrap();
    let second = mia.disconnect(true).await;
    assert_eq!(first.json(), second);
    assert_eq!(first.header("location"), format!("{path}/disconnection"));
    mia.settle().await;
    let third = mia.disconnect(true).await;

    assert_eq!(
        (&third["state"], &third["remove_copies"]),
        (&json!("over"), &json!(false))
    );
    assert_eq!(third["asked_at"], second["asked_at"]);
    assert_eq!(third, mia.disconnection().await);
    mia.assert_revoked_once().await;
}

#[tokio::test]
async fn what_is_being_disconnected_can_be_looked_at_and_nothing_else() {
    let mia = Connected::start().await;
    mia.disconnect(false).await;
    let (api, page) = (
        format!("/api/v1/connections/{}", mia.connection),
        format!("/connections/{}", mia.connection),
    );

    mia.person.get(&api).await.unwrap().expect(200).unwrap();
    for action in ["sync", "pause", "resume", "items/retry"] {
        let answer = mia
            .person
            .post(&format!("{api}/{action}"), &json!({}))
            .await;
        let refused = answer.unwrap().expect(409).unwrap();
        assert_eq!(refused.at("/code"), "disconnecting", "{action}");
    }
    let none = json!({ "calendars": [] });
    let choice = mia
        .person
        .json(Method::PUT, &format!("{api}/calendars"), &none)
        .await;
    choice.unwrap().expect(409).unwrap();
    for action in ["sync", "reconnect", "settings"] {
        let answer = mia
            .person
            .submit(&format!("{page}/{action}"), &[])
            .await
            .unwrap();
        assert_eq!(answer.status, 409, "{action}: {}", answer.text);
    }
    let shown = mia.person.get(&page).await.unwrap().expect(200).unwrap();
    assert!(shown.text.contains("Disconnecting"), "{}", shown.text);
    assert!(!shown.text.contains(&format!("{}-sync", mia.connection)));
    let list = mia
        .person
        .get("/connections")
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    assert!(list.text.contains("Disconnecting"));
    assert!(!list.text.contains(&format!("{}-sync", mia.connection)));
}

#[tokio::test]
async fn a_receipt_is_shown_to_its_member_alone() {
    let mia = Connected::start().await;
    mia.disconnect_whole(false).await;
    let (api, page) = (
        format!("/api/v1/connections/{}", mia.connection),
        format!("/connections/{}", mia.connection),
    );
    mia.person.get(&page).await.unwrap().expect(200).unwrap();
    mia.person.get(&api).await.unwrap().expect(404).unwrap();

    for other in ["ada@northwind.test", "bob@contoso.test"] {
        let other = tests::person::Person::sign_in(&mia.world, other)
            .await
            .unwrap();
        for path in [
            format!("{api}/disconnection"),
            page.clone(),
            format!("{page}/disconnect"),
        ] {
            other.get(&path).await.unwrap().expect(404).unwrap();
        }
        other.delete(&api).await.unwrap().expect(404).unwrap();
    }
}
