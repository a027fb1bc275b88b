//! Every sample page is snapshotted and held to the rules of all pages.

mod assets;
mod markup;
mod pages;
mod rules;
