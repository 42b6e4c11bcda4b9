//! Evictions before an API server whose disruption budget lets pods go when it likes.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use factory_lab::{
    faults::{Fault as _, Target, eviction::Eviction},
    measure::view::View,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

const NAMESPACE: &str = "/apis/apps/v1/namespaces/svc-00000000";

/// The name of a pod, the UID that it must have, and what was answered.
type Asked = (String, Value, StatusCode);

/// What the budget answers, one after the other, and the last one for ever.
struct Budget {
    answers: Mutex<Vec<StatusCode>>,
    asked: mpsc::UnboundedSender<Asked>,
}

async fn evict(State(budget): State<Arc<Budget>>, Path(name): Path<String>, Json(eviction): Json<Value>) -> Response {
    let code = {
        let mut answers = budget.answers.lock().unwrap();
        if answers.len() > 1 { answers.remove(0) } else { answers[0] }
    };
    // A test that has seen enough hears no more.
    drop(budget.asked.send((name, eviction["deleteOptions"]["preconditions"]["uid"].clone(), code)));
    let status = if code.is_success() { "Success" } else { "Failure" };
    let said = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": status, "code": code.as_u16(),
        "message": "as the budget says", "reason": "TooManyRequests"});
    (code, Json(said)).into_response()
}

/// A component with pods on two nodes, before such a server; and what that is asked.
async fn candidate(answers: &[StatusCode]) -> (Target, View, mpsc::UnboundedReceiver<Asked>) {
    // Which test comes first is open; the second installation is refused and that is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (asked, calls) = mpsc::unbounded_channel();
    let budget = Arc::new(Budget { answers: Mutex::new(answers.to_vec()), asked });
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}});
    let server = Router::new()
        .route(&format!("{NAMESPACE}/deployments/web"), get(move || std::future::ready(Json(deployment.clone()))))
        .route("/api/v1/namespaces/svc-00000000/pods/{name}/eviction", post(evict).with_state(budget));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, server).await });
    let client = kube::Client::try_from(kube::Config::new(address)).unwrap();
    let mut view = View::default();
    for (uid, node) in [("a", "n1"), ("b", "n2"), ("c", "n1"), ("d", "n2")] {
        let pod = json!({
            "metadata": {"uid": uid, "name": format!("web-{uid}")},
            "spec": {"nodeName": node, "containers": []},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]}
        });
        view.pod(&serde_json::from_value(pod).unwrap(), Instant::now());
    }
    (Target::new(&client, "svc-00000000", "web"), view, calls)
}

const LETS: StatusCode = StatusCode::CREATED;
const WAITS: StatusCode = StatusCode::TOO_MANY_REQUESTS;

#[tokio::test]
async fn all_pods_of_one_node_are_evicted_each_when_the_budget_lets_it_and_no_other_is() {
    let (target, mut view, mut calls) = candidate(&[LETS, WAITS, LETS]).await;
    let mut fault = Eviction::new("nonce", "eviction-web");
    fault.preflight(&target, &view).unwrap();
    fault.lease(&target).await.unwrap();
    let mut evicted = Vec::new();
    while evicted.len() < 2 {
        let (name, uid, code) = calls.recv().await.unwrap();
        assert_eq!(uid, json!(name.trim_start_matches("web-")), "only the pod that is meant");
        assert!(!fault.dose(&view));
        if code == LETS {
            evicted.push(name);
        }
    }
    assert!(evicted == ["web-a", "web-c"] || evicted == ["web-b", "web-d"], "{evicted:?}");
    for name in &evicted {
        view.pod_gone(name.trim_start_matches("web-"), Instant::now());
    }
    assert!(fault.dose(&view));
    fault.undo(&target).await.unwrap();
    assert_eq!(fault.residue(&target).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_node_follows_from_the_nonce() {
    let (target, view, _calls) = candidate(&[LETS]).await;
    let struck = |nonce: &str| {
        let mut fault = Eviction::new(nonce, "eviction-web");
        fault.preflight(&target, &view).unwrap();
        ["a", "b"].into_iter().find(|uid| {
            let mut after = view.clone();
            for gone in if *uid == "a" { ["a", "c"] } else { ["b", "d"] } {
                after.pod_gone(gone, Instant::now());
            }
            fault.dose(&after)
        })
    };
    let drawn: Vec<_> = (0..20).map(|nonce| struck(&nonce.to_string())).collect();
    assert!(drawn.contains(&Some("a")) && drawn.contains(&Some("b")) && !drawn.contains(&None), "{drawn:?}");
    assert_eq!(struck("7"), struck("7"));
}

#[tokio::test]
async fn a_budget_that_lets_nobody_go_is_a_refusal_and_one_that_keeps_some_is_an_error() {
    let (target, view, _calls) = candidate(&[WAITS]).await;
    let mut fault = Eviction::new("nonce", "eviction-web");
    fault.preflight(&target, &view).unwrap();
    let refused = fault.lease(&target).await.unwrap_err().to_string();
    assert_eq!(refused, "web: its disruption budget let no pod go in time");

    let (target, view, mut calls) = candidate(&[LETS, WAITS]).await;
    let mut fault = Eviction::new("nonce", "eviction-web");
    fault.preflight(&target, &view).unwrap();
    fault.lease(&target).await.unwrap();
    while calls.recv().await.unwrap().2 != WAITS {}
    let kept = fault.undo(&target).await.unwrap_err().to_string();
    assert_eq!(kept, "web: its disruption budget let not all of its pods on the node go in time");

    let unready = View::default();
    let refused = Eviction::new("nonce", "eviction-web").preflight(&target, &unready).unwrap_err().to_string();
    assert_eq!(refused, "web: no pod is ready that could be evicted");
}
