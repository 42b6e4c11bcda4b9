//! A trace for each release, over OTLP where a collector is named: where the time of its road went.
//!
//! The id of a trace is the release's UID without its dashes, so that whoever has the one finds the other. A stage is
//! a span, from the end of the stage before it to its own; one span is over all of them. Each is told when its
//! condition is written: a leader that dies just then tells nothing of it, and nobody waits for a collector.
//!
//! Place on the path from manifest to register: beside it. Nothing here decides anything.

use std::time::SystemTime;

use factory_crds::{
    Release,
    condition::{self, STAGES},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::ResourceExt as _;
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_otlp::{OTEL_EXPORTER_OTLP_ENDPOINT, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkError,
    trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _},
};

use crate::{context::MANAGER, error::Fatal};

/// Hexadecimal digits of a span's id.
const SPAN_ID_DIGITS: usize = 16;

/// Hands spans to the collector, from a thread of its own.
pub struct Traces(BatchSpanProcessor);

impl Traces {
    /// To the collector of `OTEL_EXPORTER_OTLP_ENDPOINT`; none where that is not set.
    pub fn start() -> Result<Option<Self>, Fatal> {
        if std::env::var_os(OTEL_EXPORTER_OTLP_ENDPOINT).is_none() {
            return Ok(None);
        }
        Ok(Some(Self::over(SpanExporter::builder().with_http().build()?)))
    }

    fn over(exporter: SpanExporter) -> Self {
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        processor.set_resource(&Resource::builder().with_service_name(MANAGER).build());
        Self(processor)
    }

    /// Tells what became of `release`, whose conditions were `before` and are `now`; `ended` where nothing more
    /// comes of it.
    pub fn tell(&self, release: &Release, before: &[Condition], now: &[Condition], ended: bool) {
        for span in spans(release, before, now, ended) {
            self.0.on_end(span);
        }
    }

    /// Sends what was not sent yet.
    pub fn stop(&self) -> Result<(), OTelSdkError> {
        self.0.shutdown()
    }
}

/// The spans that end with the conditions `now`.
fn spans(release: &Release, before: &[Condition], now: &[Condition], ended: bool) -> Vec<SpanData> {
    let digits = release.uid().unwrap_or_default().replace('-', "");
    let (Ok(trace), Some(Ok(whole))) = (TraceId::from_hex(&digits), digits.get(..SPAN_ID_DIGITS).map(SpanId::from_hex))
    else {
        return Vec::new();
    };
    let began = release.creation_timestamp().map_or_else(SystemTime::now, moment);
    let of_release = |name: &'static str, ids: (SpanId, SpanId), times: (SystemTime, SystemTime), made: &Condition| {
        let (span, parent) = ids;
        let said = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        SpanData {
            span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default()),
            parent_span_id: parent,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: times.0,
            // Moments that were read from a condition are whole seconds, the one that is written now is not.
            end_time: times.1.max(times.0),
            attributes: vec![
                said("factory.participant", &release.namespace().unwrap_or_default()),
                said("factory.service", &release.spec.service),
                said("factory.release", &release.name_any()),
                said("factory.commit", &release.spec.commit),
                said("factory.reason", &made.reason),
            ],
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if made.status == "False" { Status::error(made.message.clone()) } else { Status::Ok },
            instrumentation_scope: InstrumentationScope::builder(MANAGER).build(),
        }
    };
    let mut told = Vec::new();
    let mut from = began;
    let mut last = None;
    for (number, stage) in STAGES.into_iter().enumerate() {
        let Some(made) = now.iter().find(|made| made.type_ == stage && made.status != "Unknown") else { break };
        let until = moment(made.last_transition_time.clone());
        let known = before.iter().find(|known| known.type_ == stage);
        if known.is_none_or(|known| known.status != made.status) {
            told.push(of_release(stage, (below(whole, number), whole), (from, until), made));
        }
        (from, last) = (from.max(until), Some(made));
    }
    let launched = |conditions| condition::is_true(conditions, "Launched");
    if let Some(made) = last.filter(|_| !launched(before) && (ended || launched(now))) {
        told.push(of_release("release", (whole, SpanId::INVALID), (began, from), made));
    }
    told
}

/// Id of the span of stage `number` below the one over all of them: the same however often it is told.
fn below(whole: SpanId, number: usize) -> SpanId {
    let mut bytes = whole.to_bytes();
    bytes[7] = bytes[7].wrapping_add(u8::try_from(number + 1).unwrap_or(u8::MAX));
    SpanId::from_bytes(bytes)
}

fn moment(time: Time) -> SystemTime {
    time.0.into()
}

#[cfg(test)]
mod tests;
