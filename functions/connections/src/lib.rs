//! Connections.

use shared::web::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
