//! The one binary that every function deploys.

fn main() {}
