//! A refusal often comes before the request's body was read. A connection that still owes that body must not
//! be kept for the next request: whoever sends one, an ingress say, would find it closed and answer 502. What is
//! left of a small body is read away here; after a larger or a slow one the answer says that the connection ends.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody as _},
    extract::Request,
    http::{HeaderValue, header::CONNECTION},
    middleware::Next,
    response::Response,
};
use futures::{Stream, StreamExt as _, stream};

/// Bytes that are read away after a refusal.
const SMALL: usize = 64 * 1024;

/// How long they are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers `request`, and leaves its connection in a state that the answer tells the truth about.
pub async fn unread(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let mut response = next.run(Request::from_parts(parts, Body::from_stream(chunks(&body)))).await;
    if !tokio::time::timeout(PATIENCE, read_away(chunks(&body))).await.unwrap_or_default() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What is left of a body that another reader may have begun.
fn chunks(body: &Arc<Mutex<BodyDataStream>>) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static {
    let body = Arc::clone(body);
    stream::poll_fn(move |context| body.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
}

/// Whether the end of `rest` came after a small number of bytes.
async fn read_away(mut rest: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin) -> bool {
    let mut read = 0;
    while let Some(chunk) = rest.next().await {
        let Ok(chunk) = chunk else { return false };
        read += chunk.len();
        if read > SMALL {
            return false;
        }
    }
    true
}
