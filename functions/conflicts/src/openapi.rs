//! What the API says of conflicts.

use axum::http::StatusCode;
use domain::{conflict::NotNow, id::ConflictId};
use shared::{
    openapi::{Api, Operation, get, post},
    problem::Problem,
};

use crate::{
    actions::refused,
    answers::{ConflictAnswer, List},
    api::{Decided, ListQuery},
};

pub fn operations(api: &mut Api) {
    let words = "Where both sides changed the same differently. Nothing of it is written until somebody decides.";
    api.group(
        "Conflicts",
        words,
        [
            get(
                "/api/v1/conflicts",
                "listConflicts",
                "The conflicts that you may see",
            )
            .words("Your own; an administrator sees everybody's.")
            .query::<ListQuery>()
            .answers::<List>(StatusCode::OK, "Newest first."),
            conflict(get("/api/v1/conflicts/{id}", "getConflict", "One conflict")),
            resolve(),
            undo(),
        ],
    );
}

fn conflict(operation: Operation) -> Operation {
    operation
        .at::<ConflictId>("id")
        .answers::<ConflictAnswer>(StatusCode::OK, "The conflict.")
        .tagged()
}

/// One that decides, or takes a decision back.
fn decided(operation: Operation) -> Operation {
    conflict(operation)
        .versioned()
        .refuses(refused(NotNow::Changed))
        .refuses(Problem::forbidden(
            "role",
            "Your role lets you see this but not decide it.",
        ))
}

fn resolve() -> Operation {
    decided(post(
        "/api/v1/conflicts/{id}/resolve",
        "resolveConflict",
        "Decide a conflict",
    ))
    .words("The next run carries it out; until then it can be decided otherwise.")
    .takes::<Decided>()
    .refuses(refused(NotNow::Settled))
}

fn undo() -> Operation {
    decided(post(
        "/api/v1/conflicts/{id}/undo",
        "undoConflict",
        "Take a decision back",
    ))
    .words("Within a day. The entry gets what it said before, or what the calendar said where nothing of that was kept: an edit like any other.")
    .refuses(refused(NotNow::NothingToUndo))
    .refuses(refused(NotNow::EditedSince))
    .refuses(refused(NotNow::TooLate))
    .refuses(Problem::forbidden(
        "not_yours",
        "You are no longer assigned to this entry. Ask an assignee or an admin.",
    ))
}
