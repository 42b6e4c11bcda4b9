//! Around every request: a deadline, headers that browsers obey, one line in the log, one figure. The line of a refusal
//! says who asked and what for. Tokens, bodies and queries are never logged, nor what a refusal quotes of them.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{Register, browser, problem::Refusal};

/// Longest time for a request, its body and its wait for a change included.
const DEADLINE: Duration = Duration::from_secs(60);
/// Most characters of a refusal that stand in the log.
const LONGEST: usize = 200;

/// Who asks, as soon as the cluster has said it.
#[derive(Clone, Default)]
pub struct Asks(Arc<OnceLock<String>>);

impl Asks {
    /// The request of `parts` is `user`'s.
    pub fn is(parts: &Parts, user: &str) {
        if let Some(Self(known)) = parts.extensions.get() {
            known.get_or_init(|| user.to_owned());
        }
    }
}

/// What a refusal says up to the first value that it quotes: the field, as a rule.
#[derive(Clone)]
pub struct Refused(String);

impl Refused {
    /// Of the line that is answered.
    pub fn saying(detail: &str) -> Self {
        let field = detail.split(['`', '"']).next().unwrap_or_default().trim_end_matches([' ', ':']);
        Self(field.chars().take(LONGEST).collect())
    }
}

/// Carries a request out under its deadline.
pub async fn observe(State(register): State<Arc<Register>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |matched| matched.as_str().to_owned());
    let Asks(asks) = request.extensions_mut().get_or_insert_default::<Asks>().clone();
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
        _ => {
            let refused = response.extensions().get().map(|Refused(what)| what.as_str());
            let caller = asks.get().map(String::as_str);
            tracing::info!(%method, route, status, milliseconds, caller, refused, "answered");
        }
    }
    response
}
