//! A connection.

use domain::connection::Provider;

use super::connections::GOOGLE;
use super::{Sample, frame, frame_with};
use crate::components::{FieldError, Meaning, Moment};
use crate::layout::Section;
use crate::pages::confirmation::Confirmation;
use crate::pages::connection::{
    CalendarChoice, ConnectionPage, Facts, HeldChanges, ItemError, NextTry, Outcome, PreviewShown,
    Run, Settings, SubscriptionState, WhyPage, WhyRow, fields,
};
use crate::pages::connections::{AuthState, Progress, SyncState};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("connection", connection().render()),
        ("connection-new", new().render()),
        ("connection-first-sync", first_sync().render()),
        ("connection-action-required", action_required().render()),
        ("connection-paused", paused().render()),
        ("connection-why", why(Some(answers())).render()),
        ("connection-why-nothing", why(Some(Vec::new())).render()),
        (
            "connection-disconnect",
            Confirmation {
                frame: frame(),
                section: Section::Connections,
                confirm: ConnectionPage::disconnect(GOOGLE, "ada@northwind.test"),
            }
            .render(),
        ),
    ]
}

fn connection() -> ConnectionPage {
    ConnectionPage {
        frame: frame_with(Meaning::Ok, "Settings saved. A sync has started."),
        id: GOOGLE.to_owned(),
        provider: Provider::Google,
        account: "ada@northwind.test".to_owned(),
        auth: AuthState::Complete,
        subscription: SubscriptionState::Active,
        sync: SyncState::NeedsAttention { items: 3 },
        facts: facts(),
        last_error: None,
        conflicts: 2,
        settings: settings(),
        runs: runs(),
        attention: attention(),
        held: held(),
        preview: Vec::new(),
    }
}

fn why(answers: Option<Vec<WhyRow>>) -> WhyPage {
    WhyPage {
        frame: frame(),
        id: GOOGLE.to_owned(),
        account: "ada@northwind.test".to_owned(),
        query: "boiler".to_owned(),
        complete: answers.as_ref().is_some_and(Vec::is_empty),
        answers,
    }
}

fn answers() -> Vec<WhyRow> {
    vec![
        WhyRow {
            title: "Boiler inspection, Lindenstraße 12".to_owned(),
            is_well: true,
            words: "In sync with On call, ada@northwind.test.".to_owned(),
            entry: Some("ent_4".to_owned()),
            external_id: Some("k3v0q2m4a6b8c0".to_owned()),
        },
        WhyRow {
            title: "Boiler party".to_owned(),
            is_well: false,
            words: "Not synced: it ended before the history that this calendar imports.".to_owned(),
            entry: None,
            external_id: Some("p9d1f3h5j7l9n1".to_owned()),
        },
    ]
}

fn first_sync() -> ConnectionPage {
    ConnectionPage {
        frame: frame(),
        conflicts: 0,
        subscription: SubscriptionState::Polling { minutes: 15 },
        sync: SyncState::Running(Progress {
            done: 40,
            total: None,
        }),
        facts: Facts {
            last_sync: None,
            last_notice: None,
            last_miss: None,
            next_look: None,
            next_renewal: None,
            notices_until: None,
            ..facts()
        },
        runs: Vec::new(),
        attention: Vec::new(),
        held: Vec::new(),
        preview: previews(),
        ..connection()
    }
}

fn new() -> ConnectionPage {
    ConnectionPage {
        sync: SyncState::NeverRan,
        settings: Settings {
            calendars: Vec::new(),
            receives_new: String::new(),
            ..settings()
        },
        ..first_sync()
    }
}

fn action_required() -> ConnectionPage {
    ConnectionPage {
        frame: frame_with(
            Meaning::Error,
            "The sync could not start: Google asks for a new sign-in.",
        ),
        auth: AuthState::ActionRequired,
        subscription: SubscriptionState::Failing,
        sync: SyncState::Failing,
        facts: Facts {
            scopes: Vec::new(),
            token_since: None,
            notices_failing: Some(
                "Google Calendar could not be asked to tell us of changes: no answer. We look every 15 minutes instead and try again."
                    .to_owned(),
            ),
            ..facts()
        },
        last_error: Some(
            "Google withdrew our access on 1 March, most likely because the password was changed."
                .to_owned(),
        ),
        attention: Vec::new(),
        held: Vec::new(),
        preview: Vec::new(),
        ..connection()
    }
}

fn paused() -> ConnectionPage {
    ConnectionPage {
        frame: frame(),
        auth: AuthState::Paused,
        subscription: SubscriptionState::Off,
        sync: SyncState::Stopped,
        settings: unusual(),
        attention: Vec::new(),
        held: Vec::new(),
        preview: Vec::new(),
        ..connection()
    }
}

fn facts() -> Facts {
    Facts {
        scopes: vec![
            "See and edit events".to_owned(),
            "See the list of calendars".to_owned(),
        ],
        last_sync: Some(Moment::new(
            "2027-03-02T09:41:12Z",
            "2 March 2027, 10:41 Europe/Berlin",
        )),
        next_look: Some(Moment::new(
            "2027-03-02T09:56:12Z",
            "2 March 2027, 10:56 Europe/Berlin",
        )),
        next_renewal: Some(Moment::new(
            "2027-03-05T22:10:00Z",
            "5 March 2027, 23:10 Europe/Berlin",
        )),
        notices_until: Some(Moment::new(
            "2027-03-08T07:00:00Z",
            "8 March 2027, 08:00 Europe/Berlin",
        )),
        notices_failing: None,
        last_notice: Some(Moment::new(
            "2027-03-02T09:41:09Z",
            "2 March 2027, 10:41 Europe/Berlin",
        )),
        last_miss: None,
        token_since: Some(Moment::new(
            "2027-03-02T09:02:00Z",
            "2 March 2027, 10:02 Europe/Berlin",
        )),
    }
}

fn settings() -> Settings {
    let calendar =
        |id: &str, name: &str, remark: &str, selected, direction: &str, read_only| CalendarChoice {
            id: id.to_owned(),
            name: name.to_owned(),
            remark: remark.to_owned(),
            selected,
            direction: direction.to_owned(),
            privacy: "full".to_owned(),
            conflicts: "ask".to_owned(),
            read_only,
        };
    Settings {
        version: 7,
        calendars: vec![
            calendar(
                "cal_1",
                "Ada Lindgren",
                "Primary",
                true,
                "bidirectional",
                false,
            ),
            CalendarChoice {
                privacy: "busy_only".to_owned(),
                conflicts: "newest_wins".to_owned(),
                ..calendar("cal_2", "On call", "", true, "to_external", false)
            },
            calendar(
                "cal_3",
                "Public holidays in Germany",
                "Read only at Google",
                false,
                "from_external",
                true,
            ),
        ],
        history_days: "30".to_owned(),
        receives_new: "cal_1".to_owned(),
        errors: Vec::new(),
    }
}

/// What the form's own lists do not hold, and a choice that was refused.
fn unusual() -> Settings {
    Settings {
        history_days: String::new(),
        receives_new: "cal_2".to_owned(),
        errors: vec![
            FieldError::new(
                &fields::direction("cal_1"),
                "This calendar is read only: it can only be synced from the calendar.",
            ),
            FieldError::new(
                fields::RECEIVES_NEW,
                "New entries can only go to a calendar that is synced and written to.",
            ),
        ],
        ..settings()
    }
}

fn runs() -> Vec<Run> {
    let run = |trigger: &str,
               minute: &str,
               duration: &str,
               [pulled, pushed, deleted, conflicts]: [u32; 4],
               outcome| Run {
        trigger: trigger.to_owned(),
        started: Moment::new(
            &format!("2027-03-02T09:{minute}:09Z"),
            &format!("2 Mar, 10:{minute}:09"),
        ),
        duration: duration.to_owned(),
        pulled,
        pushed,
        deleted,
        conflicts,
        outcome,
    };
    vec![
        run("Sync now", "42", "", [0, 0, 0, 0], Outcome::Queued),
        run(
            "Calendar notice",
            "41",
            "0.9 s",
            [1, 0, 0, 0],
            Outcome::Partly { failed: 2 },
        ),
        run(
            "Schedule change",
            "22",
            "0.6 s",
            [0, 2, 0, 0],
            Outcome::Done,
        ),
        run("Sync now", "05", "1.4 s", [3, 1, 1, 1], Outcome::Done),
        run(
            "Setup",
            "03",
            "24.8 s",
            [2000, 0, 0, 0],
            Outcome::Continues("On call is large: the next run goes on with it".to_owned()),
        ),
        run(
            "Poll",
            "02",
            "0.0 s",
            [0, 0, 0, 0],
            Outcome::Skipped("paused".to_owned()),
        ),
        run(
            "Poll",
            "01",
            "30.0 s",
            [0, 0, 0, 0],
            Outcome::Failed("Google did not answer in time".to_owned()),
        ),
    ]
}

fn previews() -> Vec<PreviewShown> {
    vec![PreviewShown {
        calendar: "Work".into(),
        entries_created: 312,
        events_created: 4,
        changed: 0,
        deleted: 0,
        conflicts: 0,
        refused: 2,
        sample: vec![("Boiler service".into(), "create the entry".into())],
        whole: true,
    }]
}

fn held() -> Vec<HeldChanges> {
    vec![HeldChanges {
        id: "hld_00000000010000000000000001".into(),
        version: 1,
        what: "214 events are gone from Work".into(),
        sample: vec![
            ("Boiler service".into(), "delete the entry".into()),
            (String::new(), "delete the entry".into()),
        ],
        more: 212,
        confirm: "Delete them on the other side too",
        consequence: "214 entries are deleted from the schedule. Under Deleted entries each can be brought back for 30 days."
            .to_owned(),
        decided: None,
    }]
}

fn attention() -> Vec<ItemError> {
    let seen = Moment::new("2027-03-02T09:41:10Z", "2 March 2027, 10:41 Europe/Berlin");
    vec![
        ItemError {
            id: "itm_1".to_owned(),
            title: "Boiler inspection, Lindenstraße 12".to_owned(),
            external_id: "k3v0q2m4a6b8c0".to_owned(),
            entry: Some("ent_4".to_owned()),
            reason: "Changed here and in Google at the same time. Choose which time to keep."
                .to_owned(),
            attempts: 1,
            last_seen: seen.clone(),
            next: NextTry::At(Moment::new(
                "2027-03-02T09:57:10Z",
                "2 March 2027, 10:57 Europe/Berlin",
            )),
        },
        ItemError {
            id: "itm_3".to_owned(),
            title: "Night shift".to_owned(),
            external_id: "c2e4g6i8k0m2o4".to_owned(),
            entry: None,
            reason: "Could not change the event: the provider had a transient failure (503 backendError)".to_owned(),
            attempts: 8,
            last_seen: seen.clone(),
            next: NextTry::GivenUp,
        },
        ItemError {
            id: "itm_2".to_owned(),
            title: "Quarterly review".to_owned(),
            external_id: "p9d1f3h5j7l9n1".to_owned(),
            entry: None,
            reason: "Google refuses the change: only the organiser may move this meeting."
                .to_owned(),
            attempts: 5,
            last_seen: seen,
            next: NextTry::WhenItChanges,
        },
    ]
}
