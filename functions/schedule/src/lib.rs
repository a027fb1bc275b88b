//! Schedule entries.
