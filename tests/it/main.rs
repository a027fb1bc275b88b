//! Everything that needs the whole product: one binary, so that AWS is linked once.

mod contract;
mod google_sim;
