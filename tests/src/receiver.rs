//! A customer's side of a webhook: hears what is delivered, and answers as it was told to.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// It stops hearing when it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    heard: Arc<Mutex<Ear>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Ear {
    /// What the next are answered, before what all others are.
    answers: VecDeque<u16>,
    usual: Option<u16>,
    says: String,
    heard: Vec<Delivered>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub headers: HeaderMap,
    pub body: String,
}

impl Delivered {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Receiver {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let heard = Arc::<Mutex<Ear>>::default();
        let router = Router::new().fallback(hear).with_state(heard.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            heard,
            server,
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    fn ear(&self) -> MutexGuard<'_, Ear> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the next are answered, one after the other.
    pub fn answers(&self, statuses: &[u16]) {
        self.ear().answers.extend(statuses);
    }

    /// What all others are answered from now on.
    pub fn usually_answers(&self, status: u16) {
        self.ear().usual = Some(status);
    }

    /// With this body.
    pub fn says(&self, body: &str) {
        body.clone_into(&mut self.ear().says);
    }

    pub fn heard(&self) -> Vec<Delivered> {
        self.ear().heard.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hear(State(ear): State<Arc<Mutex<Ear>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut ear = ear.lock().unwrap_or_else(PoisonError::into_inner);
    let body = String::from_utf8_lossy(&body).into_owned();
    ear.heard.push(Delivered { headers, body });
    let status = ear.answers.pop_front().or(ear.usual).unwrap_or(204);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    // Whoever followed a redirect would come again.
    let elsewhere = [(header::LOCATION, "/elsewhere")];
    let says = ear.says.clone();
    if status.is_redirection() {
        (status, elsewhere, says).into_response()
    } else {
        (status, says).into_response()
    }
}
