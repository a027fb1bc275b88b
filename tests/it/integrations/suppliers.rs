//! Subcontractors, and how their calendars stand.

use serde_json::json;
use tests::{person::Person, world::World};

use super::IVO;
use crate::support::{ADA, Connected, MIA};

const PORTAL: &str = "/portals/supplier";
const UWE: &str = "uwe@northwind.test";

async fn portal(person: &Person) -> String {
    person.get(PORTAL).await.unwrap().expect(200).unwrap().text
}

#[tokio::test]
async fn the_supplier_portal_shows_who_is_invited_who_joined_and_what_they_connected() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let page = portal(&ada).await;
    assert!(page.contains("Uwe Unger") && page.contains("No calendar connected yet"));
    assert!(!page.contains("Mia Moser"), "a team member is none");
    assert!(page.contains("href=\"/members/invite?role=USER\""));

    let uwe = Connected::with(world.clone(), UWE).await;
    Connected::with(world.clone(), MIA).await;
    let invite = json!({ "email": "sam@solder.test", "role": "USER" });
    let invited = ada.post("/api/v1/invites", &invite).await.unwrap();
    invited.expect(201).unwrap();
    let page = portal(&ada).await;
    assert!(page.contains(&format!("connection-{}", uwe.connection)));
    assert!(!page.contains("No calendar connected yet"));
    assert!(page.contains("sam@solder.test"));
    assert!(!page.contains(MIA));

    let ivo = Person::sign_in(&world, IVO).await.unwrap();
    let page = portal(&ivo).await;
    assert!(page.contains("u***@northwind.test") && !page.contains(UWE));
    assert!(page.contains("Uwe U."), "nobody's whole name");
    assert!(!page.contains("/members/invite"), "nothing to change");
    assert_eq!(uwe.person.get(PORTAL).await.unwrap().status, 403);
    let bob = Person::sign_in(&world, "bob@contoso.test").await.unwrap();
    assert!(!portal(&bob).await.contains("Uwe"));
}
