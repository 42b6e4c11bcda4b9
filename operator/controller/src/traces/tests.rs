use std::time::Duration;

use axum::{Router, body::Bytes, extract::State, routing::post};
use k8s_openapi::jiff::Timestamp;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{Span, status::StatusCode},
};
use prost::Message as _;
use tokio::sync::mpsc;

use super::*;
use crate::state_service::{examples, releases};

const UID: &str = "6f1cb0a0-91f2-4a43-a9f1-2f0a37c2a0fe";

fn release() -> Release {
    let mut release =
        releases::due(&examples::service(), &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
    release.metadata.uid = Some(UID.to_owned());
    release.metadata.creation_timestamp = Some(Time(second(0)));
    release
}

fn second(number: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + number).unwrap()
}

fn stage(name: &str, status: &str, at: i64) -> Condition {
    condition::condition(name, status, "Reason", "what was found", None, Time(second(at)))
}

fn seconds(span: &SpanData) -> u64 {
    span.end_time.duration_since(span.start_time).unwrap().as_secs()
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_ref()).collect()
}

#[test]
fn a_stage_is_told_once_and_lasts_from_the_end_of_the_one_before() {
    let waiting = [stage("Resolved", "True", 2), stage("Built", "Unknown", 2)];
    let told = spans(&release(), &[], &waiting, false);
    assert_eq!((names(&told), seconds(&told[0])), (vec!["Resolved"], 2));
    assert_eq!(told[0].span_context.trace_id().to_string(), UID.replace('-', ""));
    assert!(spans(&release(), &waiting, &waiting, false).is_empty());

    let built = [stage("Resolved", "True", 2), stage("Built", "True", 40)];
    let told = spans(&release(), &waiting, &built, false);
    assert_eq!((names(&told), seconds(&told[0])), (vec!["Built"], 38));
}

#[test]
fn the_end_tells_of_the_whole_and_of_what_went_wrong() {
    let before = [stage("Resolved", "True", 2)];
    let now = [stage("Resolved", "True", 2), stage("Built", "False", 9)];
    let told = spans(&release(), &before, &now, true);
    assert_eq!(names(&told), ["Built", "release"]);
    assert!(told.iter().all(|span| span.status == Status::error("what was found")));
    assert_eq!((seconds(&told[0]), seconds(&told[1])), (7, 9));
    assert_eq!(told[0].parent_span_id, told[1].span_context.span_id());
    assert_eq!(told[1].parent_span_id, SpanId::INVALID);
    // A launched release goes on to be looked at: it has been told of.
    let launched: Vec<_> = STAGES.iter().map(|name| stage(name, "True", 50)).collect();
    assert_eq!(names(&spans(&release(), &launched[..8], &launched, false)), ["Launched", "release"]);
    assert!(spans(&release(), &launched, &launched, true).is_empty());
}

/// A collector, and what it was sent.
async fn collector() -> (String, mpsc::UnboundedReceiver<Span>) {
    let (sender, received) = mpsc::unbounded_channel();
    let take = async |State(sender): State<mpsc::UnboundedSender<Span>>, body: Bytes| {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        for spans in request.resource_spans {
            let service = &spans.resource.as_ref().unwrap().attributes[..];
            assert!(service.iter().any(|attribute| attribute.key == "service.name"), "{service:?}");
            for span in spans.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                sender.send(span).unwrap();
            }
        }
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_them() {
    crate::serve::install_crypto();
    let (address, mut received) = collector().await;
    let exporter = SpanExporter::builder().with_http().with_endpoint(address).build().unwrap();
    let traces = Traces::over(exporter);
    traces.tell(&release(), &[], &[stage("Resolved", "False", 3)], true);
    tokio::task::spawn_blocking(move || traces.stop()).await.unwrap().unwrap();
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(tokio::time::timeout(Duration::from_secs(10), received.recv()).await.unwrap().unwrap());
    }
    assert_eq!([&told[0].name, &told[1].name], ["Resolved", "release"]);
    assert_eq!(told[1].end_time_unix_nano - told[1].start_time_unix_nano, 3_000_000_000);
    let status = told[0].status.clone().unwrap();
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "what was found"));
    let of_team = |attribute: &opentelemetry_proto::tonic::common::v1::KeyValue| attribute.key == "factory.participant";
    assert!(told[0].attributes.iter().any(of_team), "{:?}", told[0].attributes);
}
