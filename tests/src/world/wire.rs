//! Everything that passes the world's ports while somebody listens, and what the functions measure.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::HeaderMap,
    middleware::{self, Next},
    response::Response,
};

use super::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Product,
    Google,
    Microsoft,
    Aws,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub port: Port,
    /// Path and query.
    pub target: String,
    pub request: (HeaderMap, Bytes),
    pub answer: (HeaderMap, Bytes),
}

#[derive(Clone, Debug)]
pub enum Heard {
    Exchange(Box<Exchange>),
    /// A line of metrics.
    Measured(String),
}

/// Cheap to clone. Nothing is kept before somebody listens.
#[derive(Clone, Default)]
pub(super) struct Wire(Arc<Mutex<Option<Vec<Heard>>>>);

impl Wire {
    fn heard(&self) -> MutexGuard<'_, Option<Vec<Heard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, what: Heard) {
        if let Some(heard) = self.heard().as_mut() {
            heard.push(what);
        }
    }

    pub(super) fn measured(&self, line: &str) {
        self.hear(Heard::Measured(line.to_owned()));
    }

    pub(super) fn tap(&self, port: Port, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state((self.clone(), port), listen))
    }
}

async fn listen(
    State((wire, port)): State<(Wire, Port)>,
    request: Request,
    next: Next,
) -> Response {
    if wire.heard().is_none() {
        return next.run(request).await;
    }
    let target = request.uri().to_string();
    let (parts, body) = request.into_parts();
    let asked = whole(body).await;
    let headers = parts.headers.clone();
    let answer = next
        .run(Request::from_parts(parts, Body::from(asked.clone())))
        .await;
    let (parts, body) = answer.into_parts();
    let answered = whole(body).await;
    wire.hear(Heard::Exchange(Box::new(Exchange {
        port,
        target,
        request: (headers, asked),
        answer: (parts.headers.clone(), answered.clone()),
    })));
    Response::from_parts(parts, Body::from(answered))
}

/// What is cut short is empty to the listener too.
async fn whole(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap_or_default()
}

impl World {
    /// From now on everything is kept that passes the ports.
    pub fn listen_in(&self) {
        self.wire.heard().get_or_insert_default();
    }

    /// What passed since, in the order in which it was over.
    pub fn take_heard(&self) -> Vec<Heard> {
        self.wire
            .heard()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }
}
