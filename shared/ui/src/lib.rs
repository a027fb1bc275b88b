//! HTML from view models, and the assets that go with it.

pub mod assets;

#[cfg(test)]
mod tests;
