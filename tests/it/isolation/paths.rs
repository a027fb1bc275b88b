//! Every address in which an id stands.

use super::*;

/// Every place in which an id can stand: in the path.
pub(super) fn in_paths(own: &Ids, named: &Ids) -> Vec<Attempt> {
    use Body::{Form, Json};
    let form = || {
        Some(Form(vec![
            ("version", "1".into()),
            ("title", "mine".into()),
        ]))
    };
    let mut all = Vec::new();
    for entry in [&named.entry, &named.private] {
        let (api, page) = (
            format!("/api/v1/schedule/entries/{entry}"),
            format!("/schedule/{entry}"),
        );
        all.extend([
            attempt(Method::GET, &api, None),
            attempt(Method::PUT, &api, Some(Json(visit("mine", 6)))),
            attempt(Method::PATCH, &api, Some(Json(json!({ "title": "mine" })))),
            attempt(Method::DELETE, &api, None),
            attempt(Method::GET, &page, None),
            attempt(Method::POST, &page, form()),
            attempt(Method::GET, format!("{page}/delete"), None),
            attempt(Method::POST, format!("{page}/delete"), form()),
        ]);
        all.extend(at_occurrence(&api, &page));
    }
    let (api, page) = (
        format!("/api/v1/connections/{}", named.connection),
        format!("/connections/{}", named.connection),
    );
    let none = || Some(Json(json!({ "calendars": [] })));
    all.push(attempt(Method::GET, &api, None));
    for rest in [
        "calendars",
        "calendars?refresh=true",
        "runs",
        "items",
        "trace?q=pump",
    ] {
        all.push(attempt(Method::GET, format!("{api}/{rest}"), None));
    }
    for rest in ["sync", "pause", "resume"] {
        all.push(attempt(
            Method::POST,
            format!("{api}/{rest}"),
            Some(Json(json!({}))),
        ));
        all.push(attempt(Method::POST, format!("{page}/{rest}"), form()));
    }
    all.extend(in_paths_of_items(&api, &page));
    let (theirs, mixed) = (format!("{api}/runs/{}", named.run), &own.connection);
    all.extend([
        attempt(Method::PUT, format!("{api}/calendars"), none()),
        attempt(Method::GET, theirs, None),
        attempt(
            Method::GET,
            format!("/api/v1/connections/{mixed}/runs/{}", named.run),
            None,
        ),
        attempt(Method::GET, &page, None),
        attempt(Method::GET, format!("{page}/trace?q=pump"), None),
        attempt(Method::POST, format!("{page}/settings"), form()),
        attempt(Method::POST, format!("{page}/reconnect"), form()),
    ]);
    all.extend(in_paths_of_disconnections(&api, &page));
    all.extend(in_paths_of_conflicts(named));
    all.extend(in_paths_of_what_was(own, named));
    all.extend(in_paths_of_the_team(named));
    all
}

fn in_paths_of_disconnections(api: &str, page: &str) -> Vec<Attempt> {
    use Body::{Form, Json};
    let form = Form(vec![("remove_copies", "on".into())]);
    vec![
        attempt(Method::DELETE, api, Some(Json(json!({})))),
        attempt(Method::GET, format!("{api}/disconnection"), None),
        attempt(Method::GET, format!("{page}/disconnect"), None),
        attempt(Method::POST, format!("{page}/disconnect"), Some(form)),
    ]
}

fn in_paths_of_the_team(named: &Ids) -> Vec<Attempt> {
    use Body::{Form, Json};
    let (api, page) = (
        format!("/api/v1/members/{}", named.member),
        format!("/members/{}", named.member),
    );
    let form = |name, value: &str| {
        let fields = vec![("version", "1".to_owned()), (name, value.to_owned())];
        Some(Form(fields))
    };
    let none = || Some(Form(Vec::new()));
    let role = Json(json!({ "role": "VIEWER" }));
    vec![
        attempt(Method::GET, &api, None),
        attempt(Method::PATCH, &api, Some(role)),
        attempt(Method::GET, &page, None),
        attempt(Method::POST, format!("{page}/role"), form("role", "VIEWER")),
        attempt(
            Method::POST,
            format!("{page}/grants"),
            form("ops.full_access", "on"),
        ),
        attempt(Method::GET, format!("{page}/deactivate"), None),
        attempt(Method::POST, format!("{page}/deactivate"), none()),
        attempt(Method::POST, format!("{page}/reactivate"), none()),
        attempt(
            Method::DELETE,
            format!("/api/v1/invites/{}", named.invite),
            None,
        ),
        attempt(
            Method::POST,
            format!("/members/invites/{}/revoke", named.invite),
            none(),
        ),
        attempt(
            Method::DELETE,
            format!("/api/v1/sessions/{}", named.session),
            None,
        ),
        attempt(
            Method::POST,
            format!("/profile/sessions/{}/end", named.session),
            none(),
        ),
        attempt(
            Method::GET,
            format!("/api/users/organizations/{}", named.organization),
            None,
        ),
    ]
}

fn in_paths_of_items(api: &str, page: &str) -> Vec<Attempt> {
    use Body::{Form, Json};
    let item = "itm_00000000000000000000000000";
    vec![
        attempt(
            Method::POST,
            format!("{api}/items/retry"),
            Some(Json(json!({}))),
        ),
        attempt(
            Method::POST,
            format!("{api}/items/{item}/retry"),
            Some(Json(json!({}))),
        ),
        attempt(
            Method::POST,
            format!("{page}/items/{item}/retry"),
            Some(Form(vec![("version", "1".into())])),
        ),
    ]
}

fn in_paths_of_conflicts(named: &Ids) -> Vec<Attempt> {
    use Body::{Form, Json};
    let (api, page) = (
        format!("/api/v1/conflicts/{}", named.conflict),
        format!("/conflicts/{}", named.conflict),
    );
    let keep = json!({ "keep": "local", "version": 1 });
    let form = || {
        let fields = [("version", "1"), ("keep", "local")];
        let fields = fields.map(|(name, value)| (name, value.to_owned()));
        Some(Form(fields.to_vec()))
    };
    vec![
        attempt(Method::GET, &api, None),
        attempt(Method::POST, format!("{api}/resolve"), Some(Json(keep))),
        attempt(Method::POST, format!("{api}/undo"), None),
        attempt(Method::GET, &page, None),
        attempt(Method::POST, &page, form()),
        attempt(Method::POST, format!("{page}/undo"), form()),
    ]
}

fn in_paths_of_what_was(own: &Ids, named: &Ids) -> Vec<Attempt> {
    let entries = "/api/v1/schedule/entries";
    let get = |path: String| attempt(Method::GET, path, None);
    let post = |path: String| attempt(Method::POST, path, Some(Body::Form(Vec::new())));
    let mut all = vec![
        get(format!("{entries}/{}/trace", named.entry)),
        get(format!("{entries}/{}/trace", named.private)),
        get(format!("{entries}/{}/trace", named.deleted)),
        post(format!("/schedule/deleted/{}/restore", named.deleted)),
        post(format!(
            "/api/v1/schedule/deleted/{}/restore",
            named.deleted
        )),
    ];
    for (entry, connection) in [
        (&named.entry, &named.connection),
        (&own.entry, &named.connection),
        (&named.entry, &own.connection),
    ] {
        all.extend([
            post(format!("/schedule/{entry}/copies/{connection}/restore")),
            post(format!("{entries}/{entry}/copies/{connection}/restore")),
        ]);
    }
    all
}

/// In paths that name an occurrence beside the entry.
fn at_occurrence(api: &str, page: &str) -> Vec<Attempt> {
    use Body::{Form, Json};
    const ORIGINAL: &str = "20270304T090000Z";
    let occurrence = format!("{api}/occurrences/{ORIGINAL}");
    let title = || Some(Json(json!({ "title": "mine" })));
    let restored = vec![("version", "1".into()), ("occurrence", ORIGINAL.into())];
    vec![
        attempt(Method::GET, format!("{page}?occurrence={ORIGINAL}"), None),
        attempt(
            Method::POST,
            format!("{page}/restore"),
            Some(Form(restored)),
        ),
        attempt(Method::GET, &occurrence, None),
        attempt(Method::PATCH, &occurrence, title()),
        attempt(Method::DELETE, &occurrence, None),
        attempt(Method::POST, format!("{occurrence}/restore"), None),
        attempt(Method::POST, format!("{occurrence}/following"), title()),
        attempt(Method::DELETE, format!("{occurrence}/following"), None),
    ]
}
