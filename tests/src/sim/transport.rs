//! What happens to an answer on its way back.

use std::io;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures::stream;

/// Cuts the connection without one byte of an answer.
///
/// The server buffers the head until it has polled the body once; a body that fails at that poll takes the head
/// down with it, which is exactly what a client sees when the network fails after the work was done.
pub(super) fn cut_connection() -> Response {
    let failed: Result<Bytes, io::Error> = Err(io::Error::other("the answer is lost on purpose"));
    Response::new(Body::from_stream(stream::iter([failed])))
}
