//! HTML from view models, and the assets that go with it.
//!
//! A page is a plain struct of strings, numbers and enums with a `render` method. It decides nothing:
//! whoever builds it has asked the domain and formatted the answer.

pub mod assets;
pub mod components;
pub mod icons;
pub mod layout;
pub mod pages;
pub mod routes;
pub mod samples;

#[cfg(test)]
mod tests;

pub use maud::Markup;
