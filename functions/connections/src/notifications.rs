//! What waits for the member: their conflicts, and what their connections cannot go on without.

use axum::{Json as Answer, extract::State, http::HeaderMap, response::Response};
use domain::{
    id::{ConflictId, ConnectionId, HoldId},
    notification::{About, Choice, Kind, Notification},
    permission::Permission,
    time::Zone,
};
use futures::future::{try_join, try_join_all};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    app::App,
    names::Names,
    problem::Problem,
    store::{Standing, StoreError, TenantStore},
    web::{
        Session,
        page::{self, Visitor},
    },
};
use ui::pages::notifications::{self as shown, NotificationsPage, Row};

use crate::{answers::List, holds, view};

/// Something that waits for you.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Notification")]
pub(crate) struct NotificationAnswer {
    /// Stays the same for as long as it waits.
    id: String,
    kind: Kind,
    since: Timestamp,
    /// What happened, in words.
    message: String,
    connection_id: ConnectionId,
    conflict_id: Option<ConflictId>,
    hold_id: Option<HoldId>,
    /// How many items do not sync.
    items: Option<usize>,
    /// What you can choose; the first is what most want.
    choices: &'static [Choice],
}

/// Everything that waits for the member, newest first.
async fn waiting(store: &TenantStore, session: &Session) -> Result<Vec<Notification>, StoreError> {
    let member = session.member;
    let of_connections = async {
        let rows = store.connections_of(member).await?;
        let looks = rows.iter().map(async |row| {
            let id = row.connection.id;
            let looks = try_join(store.holds(id), store.stuck_items(id));
            let (holds, items) = Box::pin(looks).await?;
            Ok::<_, StoreError>(Notification::of_connection(&row.connection, holds, items))
        });
        try_join_all(looks).await
    };
    let looks = try_join(of_connections, store.conflicts_of(member, Standing::Open));
    let (of_connections, conflicts) = Box::pin(looks).await?;
    let mut all: Vec<Notification> = of_connections.into_iter().flatten().collect();
    all.extend(conflicts.into_iter().filter_map(Notification::of_conflict));
    Ok(Notification::in_order(all))
}

/// The names of the calendars that are spoken of.
async fn names(store: &TenantStore, all: &[Notification]) -> Result<Names, StoreError> {
    let of_calendars = all.iter().filter(|one| match one.about {
        About::Conflict(_) | About::Held(_) => true,
        About::Reauth { .. } | About::Items { .. } => false,
    });
    Names::of(store, of_calendars.map(Notification::connection), []).await
}

fn may_decide(session: &Session) -> bool {
    session.may(Permission::ScheduleWrite)
}

pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
) -> Result<Answer<List<NotificationAnswer>>, Problem> {
    let store = app.store.tenant(&session);
    let all = waiting(&store, &session).await?;
    let names = names(&store, &all).await?;
    let may_decide = may_decide(&session);
    let answers: Vec<NotificationAnswer> = all
        .into_iter()
        .map(|one| NotificationAnswer {
            id: one.id(),
            kind: one.kind(),
            since: one.since,
            message: message(&one.about, &names),
            connection_id: one.connection(),
            conflict_id: match &one.about {
                About::Conflict(conflict) => Some(conflict.id),
                About::Reauth { .. } | About::Held(_) | About::Items { .. } => None,
            },
            hold_id: match &one.about {
                About::Held(hold) => Some(hold.id),
                About::Conflict(_) | About::Reauth { .. } | About::Items { .. } => None,
            },
            items: match &one.about {
                About::Items { items, .. } => Some(items.len()),
                About::Conflict(_) | About::Reauth { .. } | About::Held(_) => None,
            },
            choices: one.choices(may_decide),
        })
        .collect();
    Ok(Answer(answers.into()))
}

fn message(about: &About, names: &Names) -> String {
    match about {
        About::Conflict(conflict) => format!(
            "“{}” was changed here and in {}, differently.",
            conflict.title(),
            names.calendar(conflict.calendar)
        ),
        About::Reauth {
            provider, reason, ..
        } => view::reauth_words(*provider, *reason),
        About::Held(hold) => format!("{}.", holds::words(hold, &names.calendar(hold.calendar))),
        About::Items { account, items, .. } => match items.len() {
            1 => format!("1 item of {account} does not sync."),
            count => format!("{count} items of {account} do not sync."),
        },
    }
}

pub(crate) async fn page(
    State(app): State<App>,
    Visitor { session, frame }: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = app.store.tenant(&session);
    let all = waiting(&store, &session).await?;
    let names = names(&store, &all).await?;
    let (zone, may_decide) = (page::zone(&headers), may_decide(&session));
    let row = |one: Notification| row(one, &names, &zone, may_decide);
    let page = NotificationsPage {
        rows: all.into_iter().map(row).collect(),
        frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}

/// What the menu says beside its entry, on every page.
pub(crate) async fn count(State(app): State<App>, session: Session) -> Result<Response, Problem> {
    let store = app.store.tenant(&session);
    let all = waiting(&store, &session).await?;
    let ids: Vec<String> = all.iter().map(Notification::id).collect();
    Ok(page::ok(shown::count(&ids)))
}

/// So many items are named.
const FIRST_ITEMS: usize = 3;

fn row(one: Notification, names: &Names, zone: &Zone, may_decide: bool) -> Row {
    Row {
        id: one.id(),
        since: page::moment(one.since, zone),
        about: match one.about {
            About::Conflict(conflict) => shown::About::Conflict {
                id: conflict.id.to_string(),
                version: conflict.version,
                title: conflict.title().to_owned(),
                what: conflict.parts.words(Some(&conflict.base.timing.when)),
                calendar: names.calendar(conflict.calendar),
                may_decide,
            },
            About::Reauth {
                connection,
                provider,
                account,
                reason,
            } => shown::About::Reauth {
                connection: connection.to_string(),
                provider,
                account,
                words: view::reauth_words(provider, reason),
            },
            About::Held(hold) => shown::About::Held {
                connection: hold.connection.to_string(),
                changes: holds::shown_one(&hold, &names.calendar(hold.calendar)),
            },
            About::Items {
                connection,
                account,
                items,
            } => shown::About::Items {
                connection: connection.to_string(),
                account,
                count: items.len(),
                first: items
                    .into_iter()
                    .take(FIRST_ITEMS)
                    .map(|item| (item.title.clone(), item.words()))
                    .collect(),
            },
        },
    }
}
