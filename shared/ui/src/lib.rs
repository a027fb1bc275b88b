//! HTML from view models, and the assets that go with it.

pub mod assets;
pub mod components;
pub mod icons;
pub mod layout;
pub mod routes;

#[cfg(test)]
mod tests;

pub use maud::Markup;
