//! Around every request: a deadline, headers that browsers obey, one line in the log, one figure.
//! Tokens, bodies and queries are never logged.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{Register, browser, problem::Refusal};

/// Longest time for a request, its body and its wait for a change included.
const DEADLINE: Duration = Duration::from_secs(60);

/// Carries a request out under its deadline.
pub async fn observe(State(register): State<Arc<Register>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |matched| matched.as_str().to_owned());
    let mut response = match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::unavailable("the request took longer than 60 s; what was not acknowledged may be repeated")
            .into_response(),
    };
    let headers = response.headers_mut();
    browser::tell(&route, headers);
    let status = response.status().as_u16();
    register.metrics.request(&route, status);
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match route.as_str() {
        "/healthz" | "/readyz" | "/metrics" => tracing::debug!(%method, route, status, milliseconds, "answered"),
        _ => tracing::info!(%method, route, status, milliseconds, "answered"),
    }
    response
}
