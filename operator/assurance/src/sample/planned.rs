//! The plan of the sample and the standard that it meets.

use std::collections::BTreeMap;

use factory_crds::{
    Json,
    resilience_standard::{Direction, EACH_PEER, FaultKind, FaultLimits, Share, SteadyLimits},
    state_service::{Check, Expect, Request, ServiceClass, Step},
};
use serde_json::json;

use crate::{
    plan::{
        ControlPlan, Description, LoadOperation, LoadPlan, Phase, PhaseRole, Plan, ProvePlan, Strike, Succession,
        VerifyPlan,
    },
    standard::{Standard, StandardLoad},
};

/// Seconds for which each fault is watched.
const WINDOW: u32 = 6;

/// With the faults that are done through the API.
pub fn standard() -> Standard {
    let fault = |kind, max_failed_ppm| FaultLimits::once(kind, max_failed_ppm, WINDOW);
    standard_of(vec![fault(FaultKind::PodKill, 50_000), fault(FaultKind::RollingRestart, 5_000)])
}

/// With the faults that are done on the node.
pub fn on_nodes() -> Standard {
    let once = |kind| FaultLimits::once(kind, 50_000, WINDOW);
    let lasts = |kind, lease| FaultLimits { lease_seconds: Some(lease), ..once(kind) };
    let all = |kind| FaultLimits { share: Some(Share::All), max_failed_ppm: 500_000, ..lasts(kind, 2) };
    standard_of(vec![
        once(FaultKind::ContainerKill),
        lasts(FaultKind::Freeze, 3),
        all(FaultKind::Partition),
        FaultLimits { delay_ms: Some(200), p95_ms: Some(500), p99_ms: Some(1_500), ..lasts(FaultKind::Delay, 3) },
        FaultLimits { delay_ms: Some(50), ..all(FaultKind::Delay) },
        FaultLimits { loss_ppm: Some(50_000), ..lasts(FaultKind::Loss, 3) },
        FaultLimits { kilobytes_per_second: Some(500), ..lasts(FaultKind::Bandwidth, 4) },
        all(FaultKind::DnsOutage),
    ])
}

/// With resets of connections and a full memory.
pub fn pressing() -> Standard {
    let lasts = |kind| FaultLimits { lease_seconds: Some(3), ..FaultLimits::once(kind, 50_000, WINDOW) };
    standard_of(vec![
        FaultLimits { reset_ppm: Some(100_000), ..lasts(FaultKind::Reset) },
        FaultLimits { memory_percent: Some(90), ..lasts(FaultKind::MemoryPressure) },
    ])
}

/// With a CPU, volumes and descriptors that are used up.
pub fn exhausting() -> Standard {
    let lasts = |kind| FaultLimits { lease_seconds: Some(3), ..FaultLimits::once(kind, 50_000, WINDOW) };
    standard_of(vec![
        FaultLimits { cpu_percent: Some(80), ..lasts(FaultKind::CpuStarvation) },
        FaultLimits { disk_percent: Some(95), ..lasts(FaultKind::DiskFull) },
        FaultLimits { descriptor_percent: Some(90), ..lasts(FaultKind::DescriptorExhaustion) },
    ])
}

/// With faults of traffic with one peer, and ones of one direction.
pub fn apart() -> Standard {
    let lasts = |kind| FaultLimits { lease_seconds: Some(3), ..FaultLimits::once(kind, 50_000, WINDOW) };
    let with = |peer: &str, limits| FaultLimits { peer: Some(peer.to_owned()), ..limits };
    standard_of(vec![
        with(EACH_PEER, lasts(FaultKind::Partition)),
        with(
            "registry",
            FaultLimits { delay_ms: Some(100), direction: Some(Direction::Both), ..lasts(FaultKind::Delay) },
        ),
        FaultLimits { loss_ppm: Some(50_000), direction: Some(Direction::Out), ..lasts(FaultKind::Loss) },
        FaultLimits { jitter_ms: Some(100), ..lasts(FaultKind::Jitter) },
    ])
}

/// With faults of DNS's answers.
pub fn misled() -> Standard {
    let lasts = |kind| FaultLimits { lease_seconds: Some(3), ..FaultLimits::once(kind, 50_000, WINDOW) };
    let names = vec!["registry".to_owned(), "api.example.kg".to_owned()];
    standard_of(vec![
        FaultLimits { names, ..lasts(FaultKind::DnsFailure) },
        lasts(FaultKind::DnsWrongAddress),
        FaultLimits { delay_ms: Some(200), share: Some(Share::All), ..lasts(FaultKind::DnsDelay) },
    ])
}

/// With faults of answers over HTTP.
pub fn answering() -> Standard {
    let lasts = |kind, ppm| FaultLimits {
        lease_seconds: Some(3),
        request_ppm: Some(ppm),
        ..FaultLimits::once(kind, 50_000, WINDOW)
    };
    standard_of(vec![
        lasts(FaultKind::HttpReset, 100_000),
        FaultLimits { path: Some("/v1/".to_owned()), delay_ms: Some(300), ..lasts(FaultKind::HttpDelay, 200_000) },
        FaultLimits { status: Some(503), ..lasts(FaultKind::HttpStatus, 300_000) },
        FaultLimits { share: Some(Share::All), ..lasts(FaultKind::HttpCut, 400_000) },
    ])
}

/// With faults of a share of packets, one of them with a peer, without the control plane, and with evictions.
pub fn disordering() -> Standard {
    let lasts = |kind| FaultLimits { lease_seconds: Some(3), ..FaultLimits::once(kind, 50_000, WINDOW) };
    let packets = |kind, ppm| FaultLimits { packet_ppm: Some(ppm), ..lasts(kind) };
    standard_of(vec![
        packets(FaultKind::Duplicate, 100_000),
        FaultLimits { direction: Some(Direction::Both), ..packets(FaultKind::Corrupt, 50_000) },
        FaultLimits {
            peer: Some(EACH_PEER.to_owned()),
            direction: Some(Direction::Out),
            ..packets(FaultKind::Reorder, 200_000)
        },
        FaultLimits { share: Some(Share::All), ..lasts(FaultKind::ControlPlaneOutage) },
        FaultLimits::once(FaultKind::Eviction, 50_000, WINDOW),
    ])
}

/// With one node that is cut off, and one that stands still.
pub fn cutting() -> Standard {
    let lasts = |kind, share| {
        let once = FaultLimits::once(kind, 200_000, WINDOW);
        FaultLimits { lease_seconds: Some(3), share, ..once }
    };
    standard_of(vec![
        lasts(FaultKind::Partition, Some(Share::Node)),
        lasts(FaultKind::Partition, None),
        lasts(FaultKind::Freeze, Some(Share::Node)),
    ])
}

/// With a rotation of secrets, beside a killed pod.
pub fn rotating() -> Standard {
    let fault = |kind, max_failed_ppm| FaultLimits::once(kind, max_failed_ppm, WINDOW);
    standard_of(vec![fault(FaultKind::PodKill, 50_000), fault(FaultKind::SecretRotation, 5_000)])
}

fn standard_of(faults: Vec<FaultLimits>) -> Standard {
    Standard {
        name: "basic".to_owned(),
        version: "1".to_owned(),
        steady: SteadyLimits { max_failed_ppm: 1_000, p95_ms: 500, p99_ms: 1_500 },
        faults,
        capacity: None,
        soak: None,
        comparison: None,
        history: None,
        max_lag_ppm: 100_000,
        min_requests: 50,
        max_attempts: None,
        freeze_when_overdue: false,
        indicators: Vec::new(),
        class: Some(ServiceClass::Basic),
        // 100 users make the 20 requests a second of the plan.
        load: Some(StandardLoad {
            think_time_ms: 5_000,
            timeout_ms: 5_000,
            warm_up_seconds: 2,
            steady_seconds: 5,
            model: None,
            arrivals: None,
            connections: None,
        }),
    }
}

/// What `standard` asks of each of `components`.
pub fn plan(standard: &Standard, components: &[&str]) -> Plan {
    Plan { entry: "web".to_owned(), verify: verify(), prove: prove(standard, components) }
}

fn verify() -> VerifyPlan {
    let pin = "10101199900017";
    let issue = Step {
        request: request("POST", "/v1/certificates", Some(json!({ "pin": pin }))),
        expect: Expect {
            status: 201,
            headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
            body: Some(Json(json!({ "pin": pin }))),
            schema: None,
        },
        carry: [("id".to_owned(), "/id".to_owned())].into(),
    };
    let read = Step {
        request: request("GET", "/v1/certificates/{{id}}", None),
        expect: expect(json!({ "id": "{{id}}" })),
        carry: [].into(),
    };
    VerifyPlan {
        checks: vec![Check { name: "issue-certificate".to_owned(), weight: 1, steps: vec![issue, read] }],
        descriptions: vec![Description { component: "web".to_owned(), path: "/openapi.json".to_owned() }],
    }
}

fn prove(standard: &Standard, components: &[&str]) -> ProvePlan {
    let steady = |name: &str| Phase { name: name.to_owned(), seconds: 5, role: PhaseRole::Steady {} };
    let mut phases =
        vec![Phase { name: "warm-up".to_owned(), seconds: 2, role: PhaseRole::WarmUp {} }, steady("steady-before")];
    let mut plan = ProvePlan {
        load: load(),
        phases: Vec::new(),
        calls: BTreeMap::new(),
        rotations: BTreeMap::new(),
        control: None,
        twin: None,
        comparison: None,
        history: None,
    };
    if standard.faults.iter().any(|limits| limits.kind.rotates()) {
        let follows = |variable: &str, key: &str| {
            (variable.to_owned(), Succession { key: format!("tls_{key}"), next: format!("tls_next.{key}") })
        };
        plan.rotations.insert("web".to_owned(), [follows("CERTIFICATE", "crt"), follows("KEY", "key")].into());
    }
    if standard.faults.iter().any(|limits| limits.peer.is_some()) {
        plan.calls.insert("web".to_owned(), ["registry".to_owned()].into());
    }
    for component in components {
        for limits in &standard.faults {
            phases.extend(plan.peers(component, limits).into_iter().map(|peer| fault(limits, component, peer)));
        }
    }
    phases.push(steady("steady-after"));
    ProvePlan { phases, ..plan }
}

/// Ten requests a second to a null service.
pub fn control() -> ControlPlan {
    ControlPlan { name: "null-service-beside-the-candidate".to_owned(), port: 8080, requests_per_second: 10 }
}

fn load() -> LoadPlan {
    let operation = |path: &str| LoadOperation {
        name: format!("GET {path}"),
        request: request("GET", path, None),
        expect: expect(json!({})),
        weight: 1,
        after: None,
        carry: BTreeMap::new(),
    };
    LoadPlan {
        requests_per_minute: 1_200,
        timeout_ms: 5_000,
        max_in_flight: 200,
        pause_ms: 0,
        arrivals: None,
        connections: None,
        closed: None,
        drawn: Vec::new(),
        operations: vec![operation("/v1/addresses/10101199900017"), operation("/")],
    }
}

fn fault(limits: &FaultLimits, component: &str, peer: Option<&str>) -> Phase {
    let strength = if limits.strength() > 0 { format!("-{}", limits.strength()) } else { String::new() };
    let node = if limits.share == Some(Share::Node) { "-node" } else { "" };
    let to = peer.map_or_else(String::new, |peer| format!("-to-{peer}"));
    let strike = Strike::of(limits).map(|strike| strike.toward(peer));
    Phase {
        name: format!("{}{strength}{node}-{component}{to}", limits.kind.slug()),
        seconds: limits.window_seconds,
        role: PhaseRole::Fault { kind: limits.kind, component: component.to_owned(), strike },
    }
}

fn request(method: &str, path: &str, body: Option<serde_json::Value>) -> Request {
    Request {
        component: None,
        method: method.to_owned(),
        path: path.to_owned(),
        headers: [].into(),
        body: body.map(Json),
    }
}

fn expect(body: serde_json::Value) -> Expect {
    Expect { status: 200, headers: [].into(), body: Some(Json(body)), schema: None }
}
