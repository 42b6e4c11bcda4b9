//! For the kubelet and for Prometheus.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, header::CONTENT_TYPE},
};

use super::{Register, off_thread, problem::Refusal};

/// Alive
///
/// The process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "alive", tag = "operation",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain")))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Ready
///
/// The database answers and the factory's keys are there. The cluster's API server is not asked: the
/// public pages need nobody's identity.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "operation",
    responses((status = 200, description = "It is.", body = String, content_type = "text/plain")))]
pub async fn ready(State(register): State<Arc<Register>>) -> Result<&'static str, Refusal> {
    if *register.stopping.borrow() {
        return Err(Refusal::unavailable("the register is ending"));
    }
    register.store.ready().await?;
    let keys = register.factory_keys.clone();
    off_thread(move || keys.load().map(|_| ())).await?;
    Ok("ok\n")
}

/// Figures of the register
///
/// In the text format of OpenMetrics.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operation",
    responses((status = 200, description = "The figures.", body = String, content_type = "application/openmetrics-text")))]
pub async fn metrics(
    State(register): State<Arc<Register>>,
) -> Result<([(HeaderName, &'static str); 1], String), Refusal> {
    let text = register.metrics.encode().map_err(|error| Refusal::internal(&error))?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
