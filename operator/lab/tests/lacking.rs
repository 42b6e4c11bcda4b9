//! A node that lacks what a fault takes, as a program: the one that serves a run, whose tools are not there, is asked
//! by an API server to watch and to try, and says what it lacks.

use std::{collections::BTreeMap, fs, process::Stdio, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::{any, patch},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, sync::mpsc, time::timeout};

const NONCE: &str = "ab";

/// Lists and watches: of ConfigMaps the order to watch, of pods nothing.
async fn list(State(items): State<Arc<Vec<Value>>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    if query.contains_key("watch") {
        // It goes on and says nothing.
        return axum::body::Body::from_stream(futures::stream::pending::<std::io::Result<Vec<u8>>>()).into_response();
    }
    Json(json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": *items}))
        .into_response()
}

#[tokio::test]
async fn a_node_without_the_tools_says_which_fault_it_cannot_do_before_anything_is_injected() {
    let faults = json!([
        {"kind": "Bandwidth", "strike": {"share": "One", "leaseSeconds": 2, "strength": 50}},
        {"kind": "Partition", "strike": {"share": "All", "leaseSeconds": 2, "strength": 0}},
    ]);
    let order = json!({"nonce": NONCE, "task": {"watch": {"faults": faults}}}).to_string();
    let map = json!({"metadata": {"name": "factory-strikes"}, "data": {"order": order}});
    let (told, mut reports) = mpsc::unbounded_channel();
    let take = move |body: String| async move {
        let map: Value = serde_json::from_str(&body).unwrap();
        told.send(map.clone()).unwrap();
        Json(map)
    };
    let maps = "/api/v1/namespaces/svc-00000000/configmaps";
    let server = Router::new()
        .route(maps, any(list).with_state(Arc::new(vec![map])))
        .route("/api/v1/namespaces/svc-00000000/pods", any(list).with_state(Arc::new(Vec::new())))
        .route(&format!("{maps}/{{name}}"), patch(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, server).await });

    let kubeconfig = std::env::temp_dir().join(format!("factory-lacking-{}", std::process::id()));
    let there = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "n",
        "clusters": [{"name": "n", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "n", "user": {}}],
        "contexts": [{"name": "n", "context": {"cluster": "n", "user": "n"}}],
    });
    fs::write(&kubeconfig, there.to_string()).unwrap();
    let _serving = Command::new(env!("CARGO_BIN_EXE_factory-lab"))
        .args(["serve", "--node", "n1", "--namespace", "svc-00000000", "--nonce", NONCE])
        .args(["--termination-log", "/dev/null"])
        .env("KUBECONFIG", &kubeconfig)
        // No `nft` and no `tc`, as in an image that somebody made without them.
        .env("PATH", "/nonexistent")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lacks = loop {
        let map: Value = timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
        let report: Value = serde_json::from_str(map["data"]["node.n1"].as_str().unwrap()).unwrap();
        assert_eq!((&report["phase"], &report["pods"]), (&json!(""), &json!({})));
        if report["lacks"].is_array() {
            break report["lacks"].clone();
        }
    };
    fs::remove_file(&kubeconfig).unwrap();
    let lacks: Vec<&str> = lacks.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    // Without root it is refused a network namespace first, which is as good a reason.
    assert_eq!(lacks.len(), 2, "{lacks:?}");
    for (said, kind) in lacks.iter().zip(["Bandwidth: ", "Partition: "]) {
        assert!(
            said.starts_with(kind) && (said.contains("this node cannot do it: ") || said.contains("network namespace")),
            "{said}"
        );
    }
}
