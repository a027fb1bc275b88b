//! The list of connections.

use domain::connection::Provider;

use super::{Sample, frame};
use crate::components::Moment;
use crate::layout::{Frame, Theme};
use crate::pages::connections::{AuthState, Card, Connections, Progress, SyncState};

pub(super) const GOOGLE: &str = "con_01K9Z3V7Q2M4A6B8C0D2E4F6G8";

pub(super) fn samples() -> Vec<Sample> {
    let dark = Frame {
        theme: Theme::Dark,
        live: Some("/live".to_owned()),
        ..frame()
    };
    vec![
        ("connections", list(cards()).render()),
        (
            "connections-dark",
            Connections {
                frame: dark,
                ..list(cards())
            }
            .render(),
        ),
        ("connections-empty", list(Vec::new()).render()),
        (
            "connections-unavailable",
            Connections {
                available: Vec::new(),
                ..list(Vec::new())
            }
            .render(),
        ),
    ]
}

fn list(cards: Vec<Card>) -> Connections {
    Connections {
        frame: frame(),
        cards,
        available: vec![Provider::Google],
    }
}

fn cards() -> Vec<Card> {
    let soon = Some(Moment::new(
        "2027-03-02T09:41:12Z",
        "2 March 2027, 10:41 Europe/Berlin",
    ));
    let running = SyncState::Running(Progress {
        done: 120,
        total: Some(312),
    });
    vec![
        card(
            GOOGLE,
            Provider::Google,
            "ada@northwind.test",
            AuthState::Complete,
            SyncState::UpToDate,
            soon.clone(),
            None,
        ),
        card(
            "con_2",
            Provider::Google,
            "dispatch@northwind.test",
            AuthState::Complete,
            running,
            soon.clone(),
            None,
        ),
        card(
            "con_3",
            Provider::Microsoft,
            "ada.lindgren@northwind-field-service.test",
            AuthState::ActionRequired,
            SyncState::Failing,
            soon.clone(),
            Some(
                "Microsoft asks for a new sign-in since the password was changed. Reconnect to go on; nothing was deleted.",
            ),
        ),
        card(
            "con_4",
            Provider::Google,
            "crew@northwind.test",
            AuthState::Complete,
            SyncState::NeedsAttention { items: 2 },
            soon,
            None,
        ),
        card(
            "con_5",
            Provider::Google,
            "winter@northwind.test",
            AuthState::Paused,
            SyncState::NeverRan,
            None,
            None,
        ),
        card(
            "con_6",
            Provider::Google,
            "spring@northwind.test",
            AuthState::Complete,
            SyncState::Queued,
            None,
            None,
        ),
    ]
}

fn card(
    id: &str,
    provider: Provider,
    account: &str,
    auth: AuthState,
    sync: SyncState,
    last_sync: Option<Moment>,
    last_error: Option<&str>,
) -> Card {
    Card {
        id: id.to_owned(),
        provider,
        account: account.to_owned(),
        auth,
        sync,
        last_sync,
        last_error: last_error.map(str::to_owned),
    }
}
