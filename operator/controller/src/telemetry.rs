//! Logs as JSON lines on standard output; traces over OTLP where an endpoint is set.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::error::Fatal;

/// Starts logs, and traces when `OTEL_EXPORTER_OTLP_ENDPOINT` is set. The provider must be shut down
/// at the end, so that the last spans leave.
pub fn start(service: &'static str) -> Result<Option<SdkTracerProvider>, Fatal> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,kube=warn,hyper=warn"));
    let logs = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let provider = match std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(_) => {
            let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
            let resource = Resource::builder().with_service_name(service).build();
            Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
        }
        None => None,
    };
    let traces = provider.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
    tracing_subscriber::registry().with(filter).with(logs).with(traces).try_init()?;
    Ok(provider)
}
