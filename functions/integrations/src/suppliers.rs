//! The supplier portal: members who connect their own calendar and nothing more, and how their connections stand.

use std::collections::BTreeMap;

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    id::MemberId,
    member::{Member, Role},
    permission::Permission,
};
use futures::future::try_join3;
use shared::{
    app::App,
    problem::Problem,
    web::page::{self, Visitor},
};
use ui::pages::{
    integration::ConnectionLine,
    suppliers::{Supplier, SuppliersPage},
};

use crate::pages::{CONNECTIONS_SEEN, View};

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (store, now) = (app.store.tenant(&visitor.session), app.clock.now());
    let view = View::of(&visitor, &headers, now);
    let looks = try_join3(
        store.all_members(),
        store.connections_of_all(CONNECTIONS_SEEN),
        store.invites(),
    );
    let (members, connections, invites) = Box::pin(looks).await?;
    let mut lines: BTreeMap<MemberId, Vec<ConnectionLine>> = BTreeMap::new();
    for row in connections {
        let of_member = lines.entry(row.connection.member).or_default();
        of_member.push(view.line(row));
    }
    let is_supplier = |member: &Member| member.role == Role::User && member.is_active();
    let mut suppliers: Vec<Supplier> = members
        .into_iter()
        .filter(is_supplier)
        .map(|member| Supplier {
            id: member.id.to_string(),
            connections: lines.remove(&member.id).unwrap_or_default(),
            email: view.sight.address(member.email.to_string()),
            name: view.sight.name(member.name),
        })
        .collect();
    suppliers.sort_by(|a, b| a.name.cmp(&b.name));
    let open = invites
        .into_iter()
        .filter(|invite| invite.role == Role::User && invite.is_pending(now));
    let page = SuppliersPage {
        suppliers,
        invited: open
            .map(|invite| {
                let email = view.sight.address(invite.email.to_string());
                (email, page::moment(invite.expires_at, &view.zone))
            })
            .collect(),
        may_invite: visitor.session.may(Permission::TeamManage),
        frame: visitor.frame,
    };
    Ok(page::show(&app.config, &page.frame, page.render()))
}
