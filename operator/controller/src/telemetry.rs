//! Logs as JSON lines on standard output. Traces are another matter: `traces.rs`.

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::error::Fatal;

/// Starts logs.
pub fn start() -> Result<(), Fatal> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,kube=warn,hyper=warn"));
    let logs = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry().with(filter).with(logs).try_init()?;
    Ok(())
}
