//! Every page in every state worth looking at: for the snapshots, the rules and the gallery.
//! Nothing that is deployed calls this, so nothing deployed carries it.

mod api;
mod conflicts;
mod connection;
mod connections;
mod disconnection;
mod exchange;
mod history;
mod integrations;
mod members;
mod notifications;
mod organization;
mod profile;
mod schedule;
mod security;
mod signed_out;
mod webhooks;

use domain::member::Role;
use maud::Markup;

use crate::components::{Csrf, Meaning};
use crate::layout::{Frame, Theme, Toast};

/// A page by the name of its state.
pub type Sample = (&'static str, Markup);

pub fn all() -> Vec<Sample> {
    [
        signed_out::samples(),
        api::samples(),
        conflicts::samples(),
        connections::samples(),
        connection::samples(),
        disconnection::samples(),
        schedule::samples(),
        notifications::samples(),
        integrations::samples(),
        exchange::samples(),
        organization::samples(),
        security::samples(),
        members::samples(),
        profile::samples(),
        webhooks::samples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn frame() -> Frame {
    Frame {
        theme: Theme::System,
        csrf: csrf(),
        member: "Ada Lindgren".to_owned(),
        organization: "Northwind Field Service".to_owned(),
        permissions: Role::Admin.permissions(),
        toasts: Vec::new(),
        conflicts: 0,
        live: None,
    }
}

fn frame_with(meaning: Meaning, words: &str) -> Frame {
    Frame {
        toasts: vec![Toast {
            meaning,
            words: words.to_owned(),
        }],
        ..frame()
    }
}

fn csrf() -> Csrf {
    Csrf("b64-sample".to_owned())
}
