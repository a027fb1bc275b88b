//! As many connected people as a bench needs, each in an organisation of their own.

use domain::connection::Provider;
use serde_json::{Value, json};
use tests::{
    connected::Connected,
    person::Person,
    world::{DEMO_PASSWORD, World},
};

pub(crate) fn address(number: usize) -> String {
    format!("person{number}@company{number}.test")
}

pub(crate) async fn join(world: &World, number: usize) -> anyhow::Result<Connected> {
    join_at(world, world.provider, number).await
}

pub(crate) async fn join_at(
    world: &World,
    provider: Provider,
    number: usize,
) -> anyhow::Result<Connected> {
    let email = address(number);
    world.google.add_account(&email, "Europe/Berlin");
    world.microsoft.add_account(&email, "Europe/Berlin");
    let person = Person::stranger(world)?;
    let wish = json!({
        "account_type": "admin", "organization": format!("Company {number}"), "name": format!("Person {number}"),
        "email": email, "password": DEMO_PASSWORD,
    });
    let joined = person.post("/api/users/auth/signup", &wish).await?;
    joined.expect(201)?;
    Connected::at(world.clone(), provider, &email, Value::Null).await
}
