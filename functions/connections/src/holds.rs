//! What the brakes hold: shown to the calendar's owner, who confirms it or has it put back.

use axum::{Json as Answer, extract::State, response::Response};
use domain::{
    audit::Action,
    calendar::Calendar,
    hold::{Decided, Decision, HeldStep, Hold, Spared},
    id::{CalendarId, ConnectionId, HoldId, RunId},
    run::Trigger,
    sync::brake::{Brake, Way},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    app::App,
    problem::Problem,
    store::StoreError,
    web::{
        Form, Json, Path,
        page::{self, Visitor},
        see_other,
    },
};
use ui::{
    layout::Section,
    pages::{confirmation::Confirmation, connection::HeldChanges},
    routes,
};

use crate::{actions, answers::List, api::accepted, own::Own};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hold")]
pub(crate) struct HoldAnswer {
    id: HoldId,
    calendar: CalendarId,
    way: Way,
    brake: Brake,
    count: u32,
    sample: Vec<HeldStep>,
    since: Timestamp,
    decision: Option<Decision>,
    /// Changes with what is held; a decision names the one that was looked at.
    version: u64,
}

impl From<Hold> for HoldAnswer {
    fn from(hold: Hold) -> Self {
        Self {
            decision: hold.decision(),
            id: hold.id,
            calendar: hold.calendar,
            way: hold.way,
            brake: hold.brake,
            count: hold.count,
            sample: hold.sample,
            since: hold.since,
            version: hold.version,
        }
    }
}

pub(crate) async fn list(own: Own) -> Result<Answer<List<HoldAnswer>>, Problem> {
    let holds = own.store.holds(own.connection().id).await?;
    let answers: Vec<HoldAnswer> = holds.into_iter().map(HoldAnswer::from).collect();
    Ok(Answer(answers.into()))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "HoldDecided")]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    decision: Decision,
    /// Of the hold that was looked at: what came to be held since is not decided unseen.
    version: u64,
}

pub(crate) async fn decide(
    State(app): State<App>,
    own: Own,
    Path((connection, hold)): Path<(ConnectionId, HoldId)>,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let run = carry_out(&app, &own, hold, &asked).await?;
    Ok(accepted(connection, run))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pressed {
    decision: Decision,
    version: u64,
    /// Proven before the form is read.
    #[serde(rename = "csrf_token")]
    _proof: Option<String>,
}

/// The question whether it shall happen, where there is no script to ask it in a dialog.
pub(crate) async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    own: Own,
    Path((connection, hold)): Path<(ConnectionId, HoldId)>,
) -> Result<Response, Problem> {
    let holds = own.store.holds(connection).await?;
    let calendars = own.store.calendars(connection).await?;
    let asked = holds.into_iter().find(|one| one.id == hold);
    let asked = asked.ok_or_else(|| Problem::not_found("hold"))?;
    let connection = connection.to_string();
    let waiting = shown(&[asked], &calendars)
        .pop()
        .filter(|one| one.decided.is_none());
    let Some(waiting) = waiting else {
        return Ok(see_other(&routes::connection(&connection)));
    };
    let page = Confirmation {
        confirm: waiting.question(&connection),
        frame: visitor.frame,
        section: Section::Connections,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// The same from the page.
pub(crate) async fn press(
    State(app): State<App>,
    own: Own,
    Path((connection, hold)): Path<(ConnectionId, HoldId)>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Problem> {
    let Pressed {
        decision, version, ..
    } = pressed;
    carry_out(&app, &own, hold, &Asked { decision, version }).await?;
    let words = match decision {
        Decision::Confirm => "Confirmed. The next sync carries it out.",
        Decision::Restore => "Kept. The next sync puts back what was removed or changed.",
    };
    Ok(page::done(
        &app.config,
        &routes::connection(&connection.to_string()),
        words,
    ))
}

/// A decision stands once it is made: the run that carries it out may have begun.
async fn carry_out(
    app: &App,
    own: &Own,
    hold: HoldId,
    asked: &Asked,
) -> Result<Option<RunId>, Problem> {
    let decision = asked.decision;
    let mut holds = own.store.holds(own.connection().id).await?;
    let place = holds.iter().position(|one| one.id == hold);
    let hold = holds.swap_remove(place.ok_or_else(|| Problem::not_found("hold"))?);
    match hold.decision() {
        Some(made) if made == decision => {}
        Some(_) => {
            return Err(decided_otherwise());
        }
        None if hold.version != asked.version => return Err(changed()),
        None => {
            holds.retain(|other| other.asks_as(&hold) && other.decided.is_none());
            if !decide_one(app, own, hold, decision).await? {
                return Err(changed());
            }
            for same in holds {
                // One that changed meanwhile asks something else by now.
                decide_one(app, own, same, decision).await?;
            }
        }
    }
    actions::sync_unless_idle(app, own, Trigger::Member).await
}

/// `false`: it is not what it was read as any more.
async fn decide_one(app: &App, own: &Own, hold: Hold, decision: Decision) -> Result<bool, Problem> {
    let now = app.clock.now();
    let decided = Some(Decided {
        decision,
        by: own.session.member,
        at: now,
        begun: false,
    });
    match own.store.put_hold(&Hold { decided, ..hold }).await {
        Ok(kept) => {
            let after = json!({ "hold": kept.id, "decision": decision });
            own.note(app, Action::HoldDecided, after).await?;
            Ok(true)
        }
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn decided_otherwise() -> Problem {
    let words = "This was decided otherwise already, and is being carried out.";
    Problem::conflict("decided", words)
}

pub(crate) fn changed() -> Problem {
    let words = "More came to be held meanwhile. Look at it again.";
    Problem::conflict("changed", words)
}

/// As the connection's page shows it.
pub(crate) fn shown(holds: &[Hold], calendars: &[Calendar]) -> Vec<HeldChanges> {
    let shown = |hold: Hold| {
        let calendar = calendars
            .iter()
            .find(|calendar| calendar.id == hold.calendar);
        let name = calendar.map_or("a calendar", |calendar| calendar.name.as_str());
        shown_one(&hold, name)
    };
    let questions = Hold::questions(holds.to_vec());
    questions.into_iter().map(shown).collect()
}

/// "214 events are gone from Work"
pub(crate) fn words(hold: &Hold, name: &str) -> String {
    let count = hold.count;
    match (hold.way, hold.brake) {
        (Way::Changes | Way::Comparison, Brake::Deletions) => {
            format!("{count} events are gone from {name}")
        }
        (Way::Changes | Way::Comparison, Brake::Overwrites) => {
            format!("{count} events changed in {name}")
        }
        (Way::Entries, Brake::Deletions) => {
            format!("{count} entries of {name} were removed from the schedule")
        }
        (Way::Entries, Brake::Overwrites) => format!("{count} entries of {name} changed here"),
    }
}

/// What it comes to if it is confirmed.
fn consequence(hold: &Hold, name: &str) -> String {
    let count = hold.count;
    match (hold.way, hold.brake) {
        (Way::Changes | Way::Comparison, Brake::Deletions) => gone(hold, name),
        (Way::Changes | Way::Comparison, Brake::Overwrites) => format!(
            "{count} entries get what {name} says. The history of each keeps what it said before."
        ),
        (Way::Entries, Brake::Deletions) => {
            format!(
                "{count} events are deleted from {name}. Only the calendar itself can bring them back."
            )
        }
        (Way::Entries, Brake::Overwrites) => {
            format!("{count} events of {name} get what the schedule says.")
        }
    }
}

/// What deletions in the calendar come to here. Not every one deletes an entry.
fn gone(hold: &Hold, name: &str) -> String {
    let deleted = hold.deleted();
    let Spared {
        severed,
        unassigned,
    } = hold.spared;
    let parts = [
        (
            deleted,
            format!(
                "{} deleted from the schedule. Under Deleted entries each can be brought back for 30 days.",
                entries(deleted, "is", "are")
            ),
        ),
        (
            severed,
            format!(
                "{} in the schedule, without a copy in {name}.",
                entries(severed, "stays", "stay")
            ),
        ),
        (
            unassigned,
            format!(
                "{} in the schedule, without you.",
                entries(unassigned, "stays", "stay")
            ),
        ),
    ];
    let said = parts.into_iter().filter(|(count, _)| *count > 0);
    said.map(|(_, words)| words).collect::<Vec<_>>().join(" ")
}

fn entries(count: u32, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 entry {one}"),
        _ => format!("{count} entries {more}"),
    }
}

/// One, of a calendar that is called so.
pub(crate) fn shown_one(hold: &Hold, name: &str) -> HeldChanges {
    let confirm = match hold.brake {
        Brake::Deletions if hold.deleted() > 0 => "Delete them on the other side too",
        Brake::Deletions => "Let them go",
        Brake::Overwrites => "Change them on the other side too",
    };
    HeldChanges {
        id: hold.id.to_string(),
        version: hold.version,
        what: words(hold, name),
        sample: hold
            .sample
            .iter()
            .map(|step| (step.title.clone(), step.what.clone()))
            .collect(),
        more: hold
            .count
            .saturating_sub(u32::try_from(hold.sample.len()).unwrap_or(hold.count)),
        confirm,
        consequence: consequence(hold, name),
        decided: hold.decision().map(|decision| match decision {
            Decision::Confirm => "Confirmed. The next sync carries it out.".to_owned(),
            Decision::Restore => "The next sync puts it back.".to_owned(),
        }),
    }
}
