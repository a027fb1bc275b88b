//! The one way to a connection: as its own member.

use std::collections::HashMap;

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{
    audit::{Action, AuditEntry, Resource},
    connection::Connection,
    id::ConnectionId,
};
use serde_json::Value;
use shared::{
    app::App,
    problem::Problem,
    store::{ConnectionRow, TenantStore},
    web::{Path, Session},
};

use crate::actions;

/// The connection that the path names, if it is the caller's. A colleague's and a stranger's are equally not there.
pub(crate) struct Own {
    pub(crate) session: Session,
    pub(crate) store: TenantStore,
    pub(crate) row: ConnectionRow,
}

impl Own {
    pub(crate) fn connection(&self) -> &Connection {
        &self.row.connection
    }

    pub(crate) async fn find(
        app: &App,
        session: Session,
        id: ConnectionId,
    ) -> Result<Self, Problem> {
        let store = app.store.tenant(&session);
        let found = store.connection(id).await?;
        match found.filter(|row| row.connection.member == session.member) {
            Some(row) => Ok(Self {
                session,
                store,
                row,
            }),
            None => Err(Problem::not_found("connection")),
        }
    }

    /// A line of the audit log about what is done to the connection.
    pub(crate) fn audit(&self, app: &App, action: Action) -> AuditEntry {
        let entry = self.session.audit(app, action);
        entry.about(Resource::new("connection", self.connection().id))
    }

    /// Writes down what was just done to the connection.
    pub(crate) async fn note(
        &self,
        app: &App,
        action: Action,
        after: Value,
    ) -> Result<(), Problem> {
        let entry = self.audit(app, action).changing(Value::Null, after);
        Ok(self.store.append_audit(&entry).await?)
    }

    /// For whoever changes something: what is being disconnected stays as it is.
    pub(crate) fn standing(self) -> Result<Self, Problem> {
        match self.connection().ending_since {
            None => Ok(self),
            Some(_) => Err(actions::disconnecting()),
        }
    }
}

impl FromRequestParts<App> for Own {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let session = Session::from_request_parts(parts, app).await?;
        let Path(path): Path<HashMap<String, String>> =
            Path::from_request_parts(parts, app).await?;
        let id = path.get("id").and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Problem::not_found("connection"))?;
        let own = Self::find(app, session, id).await?;
        if parts.method.is_safe() {
            Ok(own)
        } else {
            own.standing()
        }
    }
}
