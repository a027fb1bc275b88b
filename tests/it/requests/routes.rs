//! Every route that the product serves, with what it reads and where it can be reached in the story at hand.

use reqwest::{Method, RequestBuilder};
use shared::web::{Gate, Need};
use tests::{person::Person, world};

/// What a route reads of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Nothing,
    Json,
    Form,
}

/// Unsafe routes for which the address says everything.
const READ_NOTHING: [&str; 40] = [
    "/api/users/auth/logout",
    "/api/users/auth/refresh",
    "/api/integrations/error-queue/{connection}/{item}/retry",
    "/api/integrations/logs/{id}/retry",
    "/api/v1/conflicts/{id}/undo",
    "/api/v1/connections/{id}/items/{item}/retry",
    "/api/v1/connections/{id}/pause",
    "/api/v1/connections/{id}/resume",
    "/api/v1/connections/{id}/sync",
    "/api/v1/schedule/deleted/{id}/restore",
    "/api/v1/schedule/entries/{id}/copies/{connection}/restore",
    "/api/v1/schedule/entries/{id}/occurrences/{original}/restore",
    "/api/v1/webhooks/{id}/deliveries/{delivery}/retry",
    "/api/v1/webhooks/{id}/disable",
    "/api/v1/webhooks/{id}/enable",
    "/api/v1/webhooks/{id}/rotate-secret",
    "/api/v1/webhooks/{id}/test",
    "/integrations/api-keys/{id}/revoke",
    "/integrations/webhooks/{id}/delete",
    "/integrations/webhooks/{id}/deliveries/{delivery}/retry",
    "/integrations/webhooks/{id}/disable",
    "/integrations/webhooks/{id}/enable",
    "/integrations/webhooks/{id}/rotate",
    "/integrations/webhooks/{id}/test",
    "/connections/{id}/items/retry",
    "/connections/{id}/items/{item}/retry",
    "/connections/{id}/{action}",
    "/integrations/error-queue/{connection}/{item}/retry",
    "/integrations/{integration}/forget",
    "/members/invites/{id}/revoke",
    "/members/{id}/deactivate",
    "/members/{id}/reactivate",
    "/profile/sessions/end",
    "/profile/sessions/{id}/end",
    "/schedule/deleted/{id}/restore",
    "/schedule/{id}/copies/{connection}/restore",
    "/sign-in/continue",
    "/sign-out",
    "/webhooks/google",
    "/",
];

#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) pattern: String,
    pub(crate) gate: Gate,
}

/// A new function or route is in all the stories by itself.
pub(crate) fn all() -> Vec<Route> {
    let routes: Vec<Route> = world::functions()
        .into_iter()
        .flat_map(|(_, routes)| {
            let each = |route: &shared::web::Route| Route {
                method: route.method.clone(),
                pattern: route.path.clone(),
                gate: route.gate,
            };
            routes.listed().iter().map(each).collect::<Vec<_>>()
        })
        .collect();
    assert!(routes.len() > 30, "{routes:?}");
    routes
}

impl Route {
    pub(crate) fn reads(&self) -> Reads {
        let path = self.pattern.trim_end_matches('/');
        let writes = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        match (writes && !READ_NOTHING.contains(&path), self.is_page()) {
            (false, _) => Reads::Nothing,
            (true, true) => Reads::Form,
            (true, false) => Reads::Json,
        }
    }

    /// Seen by people; everything else is called by programs.
    pub(crate) fn is_page(&self) -> bool {
        let programs = ["/api/", "/webhooks/", "/assets/"];
        !programs
            .iter()
            .any(|prefix| self.pattern.starts_with(prefix))
    }

    /// A request as a browser or a program would begin it.
    pub(crate) async fn asked_by(&self, person: &Person, path: &str) -> RequestBuilder {
        let accept = if self.is_page() {
            "text/html"
        } else {
            "application/json"
        };
        let request = person.request(self.method.clone(), path).await;
        request.unwrap().header("accept", accept)
    }

    pub(crate) fn is_safe(&self) -> bool {
        self.method.is_safe()
    }

    /// Answers whoever asks: sign-in itself, what browsers load, what providers call.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.gate.need, Need::Nobody(_))
    }

    pub(crate) fn parameters(&self) -> Vec<&str> {
        self.pattern
            .split('/')
            .filter(|segment| segment.starts_with('{'))
            .collect()
    }

    /// The address with each parameter replaced by what stands for it in `places`.
    pub(crate) fn address(&self, places: &Places<'_>) -> String {
        let mut path = self.pattern.clone();
        for parameter in self.parameters() {
            let value = match parameter {
                "{id}" if self.pattern.contains("/deleted/") => places.deleted,
                "{id}" if self.pattern.contains("/schedule/") => places.entry,
                "{connection}" => places.connection,
                "{id}" if self.pattern.contains("/connections/") => places.connection,
                "{id}" if self.pattern.contains("/conflicts/") => places.conflict,
                "{id}" if self.pattern.contains("/api-keys/") => places.key,
                "{id}" if self.pattern.contains("/sessions/") => places.session,
                "{id}" if self.pattern.contains("/invites/") => places.invite,
                "{id}" if self.pattern.contains("/members/") => places.member,
                "{id}" if self.pattern.contains("/organizations/") => places.organization,
                "{id}" if self.pattern.contains("/logs/") => "iev_00000000000000000000000000",
                "{id}" if self.pattern.contains("/webhooks/") => places.webhook,
                "{delivery}" => "whd_00000000010000000000000001",
                "{integration}" => "comarch",
                "{run}" => places.run,
                "{hold}" => "hld_00000000010000000000000001",
                "{item}" => "itm_00000000000000000000000000",
                "{original}" => ORIGINAL,
                "{action}" => "sync",
                "{provider}" => "google",
                "{file}" => "app.css",
                "{proxy+}" => "schedule/entries",
                other => panic!("what stands for {other} in {}?", self.pattern),
            };
            path = path.replace(parameter, value);
        }
        path
    }
}

/// The ids that addresses are filled with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places<'a> {
    pub(crate) entry: &'a str,
    pub(crate) connection: &'a str,
    pub(crate) deleted: &'a str,
    pub(crate) conflict: &'a str,
    pub(crate) run: &'a str,
    pub(crate) key: &'a str,
    /// Somebody else.
    pub(crate) member: &'a str,
    pub(crate) organization: &'a str,
    pub(crate) invite: &'a str,
    pub(crate) session: &'a str,
    pub(crate) webhook: &'a str,
}

/// The original start of an occurrence of the story's entry.
pub(crate) const ORIGINAL: &str = "20270311T090000Z";

/// Ids as they are minted, of nothing.
pub(crate) const NOWHERE: Places<'_> = Places {
    entry: "ent_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    connection: "con_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    deleted: "ent_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    conflict: "cfl_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    run: "run_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    key: "key_00000000010000000000000001",
    member: "mem_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    organization: "ten_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    invite: "inv_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    session: "ses_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
    webhook: "whe_01KJPE2W8ZJ4M6N8Q0S2V4X6Z8",
};
