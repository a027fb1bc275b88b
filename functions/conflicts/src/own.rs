//! The one way to a conflict: as somebody who may see it.

use domain::{access::Access, conflict::Conflict, id::ConflictId, permission::Permission};
use shared::{
    app::App,
    problem::Problem,
    store::{Standing, StoreError, TenantStore},
    web::Session,
};

pub(crate) struct Own {
    pub(crate) store: TenantStore,
    pub(crate) conflict: Conflict,
    access: Access,
}

impl Own {
    pub(crate) async fn find(
        app: &App,
        session: &Session,
        id: ConflictId,
    ) -> Result<Self, Problem> {
        let store = app.store.tenant(session);
        let found = store.conflict(id).await?;
        let seen = found.and_then(|conflict| {
            let access = conflict.access(session.member, &session.permissions)?;
            Some((conflict, access))
        });
        let (conflict, access) = seen.ok_or_else(|| Problem::not_found("conflict"))?;
        Ok(Self {
            store,
            conflict,
            access,
        })
    }

    /// Why the caller cannot decide, if they cannot.
    pub(crate) fn locked(&self) -> Option<&'static str> {
        match self.access {
            Access::Write => None,
            Access::Read | Access::Busy => Some("Your role lets you see this but not decide it."),
        }
    }
}

/// What the member may see, newest first: their own, and an admin everybody's.
pub(crate) async fn list(
    store: &TenantStore,
    session: &Session,
    standing: Standing,
) -> Result<Vec<Conflict>, StoreError> {
    let mut found = if session.may(Permission::ScheduleManage) {
        store.conflicts(standing).await?
    } else {
        store.conflicts_of(session.member, standing).await?
    };
    found.retain(|conflict| {
        conflict
            .access(session.member, &session.permissions)
            .is_some()
    });
    Ok(found)
}
