//! What must hold of everything the browser gets.

mod assets;
