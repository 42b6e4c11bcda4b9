//! What is public follows from the log alone and from the day, on which an instruction becomes overdue: the
//! log's length and the day are its version. Who has seen it is told that nothing changed, and nothing is read
//! for it (RFC 9110, 13.1.2).

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ETAG, IF_NONE_MATCH, VARY},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{Register, linked};
use crate::pages;

/// Answers `304 Not Modified` where the caller has what it asks for; else lets the handler answer, and
/// gives the answer its tag.
pub async fn fresh(State(register): State<Arc<Register>>, request: Request, next: Next) -> Response {
    // Before anything is read: an event that comes meanwhile makes the answer newer than its tag, which
    // costs one more question, and never older.
    let tag = tag(&register, &request);
    // Pages come in languages, data in forms.
    let varies = if request.uri().path().starts_with("/api/") { "Accept" } else { "Accept-Language" };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads && has(request.headers(), &tag) {
        return tagged(StatusCode::NOT_MODIFIED.into_response(), &tag, varies);
    }
    let response = next.run(request).await;
    if reads && response.status() == StatusCode::OK { tagged(response, &tag, varies) } else { response }
}

/// Of one address, language and form only. Another build may say the same otherwise, so a start of the register
/// counts as well.
fn tag(register: &Register, request: &Request) -> String {
    let language = pages::language_of(request.uri(), request.headers());
    let mut address = DefaultHasher::new();
    request.uri().path_and_query().hash(&mut address);
    linked::wished(request.headers()).hash(&mut address);
    let (started, size) = (register.started_ms, register.store.size());
    let day = pages::day(&register.store.now().to_string());
    format!("W/\"{started}-{size}-{day}-{:016x}-{}\"", address.finish(), language.tag())
}

/// Whether one of the tags that the caller has is `tag`. What the caller does not know (`*`) is answered.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag)
}

fn tagged(mut response: Response, tag: &str, varies: &'static str) -> Response {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(VARY, HeaderValue::from_static(varies));
    response
}
