//! An organisation in the middle of its day: a plumbing and heating firm whose day is lived through the product's own API
//! and at the simulated calendars, and which goes on being busy while somebody wants it to.

mod activity;
mod day;
mod firm;
mod reports;
mod week;

use std::path::Path;

use anyhow::Context as _;
use domain::member::{EmailAddress, Role};
use jiff::{SignedDuration, Timestamp};

use crate::world::World;
pub use activity::{Activity, Happening, drawn_from};

pub const ORGANIZATION: &str = "Fabrikam Mechanical";
/// How long before it is shown the day begins: what failed at its begin has been given up by its end.
pub const LASTS: SignedDuration = SignedDuration::from_hours(26);

pub const DANA: &str = "dana@fabrikam.test";
pub const FINN: &str = "finn@fabrikam.test";
pub const GUS: &str = "gus@fabrikam.test";
pub const HANA: &str = "hana@fabrikam.test";
pub const VERA: &str = "vera@fabrikam.test";

/// Name, address, role; the first founds the organisation and invites the others.
pub const MEMBERS: [(&str, &str, Role); 5] = [
    ("Dana Dorn", DANA, Role::Admin),
    ("Finn Fischer", FINN, Role::TeamMember),
    ("Gus Gruber", GUS, Role::TeamMember),
    ("Hana Huber", HANA, Role::ItManager),
    ("Vera Vogt", VERA, Role::Viewer),
];

/// Beside what is kept of a world while the demo's day is lived in it.
const BEGUN: &str = "demo-begun";

/// Lives the day that ends now, in a world whose virtual clock stands at its begin.
pub async fn live(world: &World, until: Timestamp) -> anyhow::Result<()> {
    Box::pin(day::live(world, until)).await
}

/// The people and the calendars that the activity is about, without a day behind them.
pub async fn move_in(world: &World) -> anyhow::Result<()> {
    firm::found(world).await?;
    for (provider, email) in activity::SIDES {
        firm::Side::connect(world, provider, email).await?;
    }
    Ok(())
}

/// Whether this organisation is in a world.
pub async fn is_in(world: &World) -> anyhow::Result<bool> {
    let dana = EmailAddress::parse(DANA)?;
    Ok(world.app.store.find_login(&dana).await?.is_some())
}

/// Whether the day is to be lived in this directory: it is where nothing was kept before, for the day begins in the past.
/// What is left of a day that was broken off is thrown away first.
pub fn begins_in(directory: &Path) -> anyhow::Result<bool> {
    let begun = directory.join(BEGUN);
    if begun.exists() {
        let empty = || format!("empty {}", directory.display());
        std::fs::remove_dir_all(directory).with_context(empty)?;
        std::fs::create_dir_all(directory)?;
    }
    let is_new = std::fs::read_dir(directory)?.next().is_none();
    if is_new {
        std::fs::write(&begun, [])?;
    }
    Ok(is_new)
}

/// The day is over, and all of it is kept.
pub fn ended_in(directory: &Path) -> anyhow::Result<()> {
    Ok(std::fs::remove_file(directory.join(BEGUN))?)
}
