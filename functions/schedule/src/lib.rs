//! Schedule entries.

use axum::Router;
use shared::app::App;

pub fn routes() -> Router<App> {
    Router::new()
}
