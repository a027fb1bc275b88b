//! What the API says of members and organisations.

use axum::http::StatusCode;
use domain::id::{InviteId, MemberId, SessionId, TenantId};
use serde_json::{Map, Value};
use shared::{
    openapi::{Api, Operation, delete, get, patch, post, put},
    problem::Problem,
};

use crate::{
    invites::{self, InviteAnswer, InvitesAnswer},
    organization::{ErasureAnswer, OrganizationAnswer, Wanted},
    origins::{self, OriginsAnswer},
    profile::{ProfileAnswer, SessionsAnswer},
    team::{self, MemberAnswer, MembersAnswer, OneOrganization, OrganizationsAnswer, Patch},
};

pub fn operations(api: &mut Api) {
    let words = "Who is signed in, and the organisation that they belong to.";
    api.group(
        "Organisation",
        words,
        [
            get("/api/users/auth/profile/", "getProfile", "Who you are")
                .words("As it stands now, whatever the session was begun with.")
                .answers::<ProfileAnswer>(StatusCode::OK, "You, and your organisation."),
            get("/api/users/organizations/", "listOrganizations", "Your organisations")
                .answers::<OrganizationsAnswer>(StatusCode::OK, "Those that you belong to: one."),
            get("/api/users/organizations/{id}/", "getOneOrganization", "One of your organisations")
                .at::<TenantId>("id")
                .answers::<OneOrganization>(StatusCode::OK, "The organisation."),
            get("/api/v1/organization", "getOrganization", "Your organisation")
                .answers::<OrganizationAnswer>(StatusCode::OK, "The organisation."),
            delete(
                "/api/v1/organization",
                "deleteOrganization",
                "Delete the organisation with everything in it",
            )
            .words("Nobody can sign in from then on, and there is no way back. One that was begun before goes on.")
            .takes::<Wanted>()
            .answers::<ErasureAnswer>(StatusCode::ACCEPTED, "It is begun."),
            get(
                "/api/v1/organization/origins",
                "getAllowedOrigins",
                "Which sites' pages may use the organisation's keys",
            )
            .answers::<OriginsAnswer>(StatusCode::OK, "The list.")
            .tagged(),
            put(
                "/api/v1/organization/origins",
                "putAllowedOrigins",
                "Say which sites' pages may use the organisation's keys",
            )
            .words("Replaces the list. It counts from the next call on.")
            .versioned()
            .takes::<origins::Wanted>()
            .answers::<OriginsAnswer>(StatusCode::OK, "As it is now.")
            .tagged()
            .refuses(origins::stale(1, 2)),
            get("/.well-known/jwks.json", "getKeySet", "The public keys of sessions' proofs")
                .words("A JSON Web Key Set (RFC 7517, RFC 8037). Each key is named by its `kid`.")
                .answers::<Map<String, Value>>(StatusCode::OK, "The keys that hold."),
        ],
    );
    let words = "Who belongs to the organisation, what they are in it, and who is invited.";
    api.group("Members", words, members());
    api.group(
        "Where you are signed in",
        "Each browser that you signed in with has a session of its own.",
        [
            get(
                "/api/v1/sessions",
                "listSessions",
                "Where you are signed in",
            )
            .answers::<SessionsAnswer>(StatusCode::OK, "This one first, then the newest."),
            delete(
                "/api/v1/sessions",
                "endOtherSessions",
                "Sign out everywhere else",
            )
            .done("Only this one is left."),
            delete("/api/v1/sessions/{id}", "endSession", "Sign out somewhere")
                .at::<SessionId>("id")
                .done("It is over."),
        ],
    );
}

fn members() -> [Operation; 6] {
    [
        get("/api/v1/members", "listMembers", "Everybody in the organisation")
            .answers::<MembersAnswer>(StatusCode::OK, "Everybody, also who is deactivated."),
        get("/api/v1/members/{id}", "getMember", "One member")
            .at::<MemberId>("id")
            .answers::<MemberAnswer>(StatusCode::OK, "The member.")
            .tagged(),
        patch("/api/v1/members/{id}", "changeMember", "Change what a member is")
            .words("What is left out stays. Whoever is deactivated is signed out everywhere, and their connections are paused.")
            .at::<MemberId>("id")
            .versioned()
            .takes::<Patch>()
            .answers::<MemberAnswer>(StatusCode::OK, "As they are now.")
            .tagged()
            .refuses(Problem::conflict("oneself", domain::team::Refusal::Oneself.to_string()))
            .refuses(team::stale(1, 2)),
        get("/api/v1/invites", "listInvites", "Who is invited")
            .answers::<InvitesAnswer>(StatusCode::OK, "All invites, also those that are over."),
        post("/api/v1/invites", "createInvite", "Invite somebody")
            .words("No mail is sent: hand the link on. It is good once, for a week.")
            .takes::<invites::Wanted>()
            .answers::<InviteAnswer>(StatusCode::CREATED, "The invite, with its link this once.")
            .located()
            .refuses(Problem::conflict("already_member", "They are a member already."))
            .refuses(Problem::conflict("already_invited", "They have an open invite. Revoke it first."))
            .refuses(Problem::forbidden("role_beyond_own", "The role may do more than your own.")),
        delete("/api/v1/invites/{id}", "revokeInvite", "Take an invite back")
            .at::<InviteId>("id")
            .done("Nobody joins with it any more.")
            .refuses(Problem::conflict("invite_over", "Somebody joined with it, or it has expired.")),
    ]
}
