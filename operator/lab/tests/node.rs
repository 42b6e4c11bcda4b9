//! A node of the lab before an API server that only lists: as a program whose tools are not there, which says what it
//! lacks; as one that comes back after a kill, which takes away what was left and strikes nothing; and in a soak.

use std::{
    collections::BTreeMap,
    fs,
    process::Stdio,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::{any, patch},
};
use factory_lab::strike::{
    NodeFault, StrikeError,
    hands::Hands,
    order::{Planned, Struck},
    place::Place,
    pod::Span,
    serve,
    soak::Used,
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

async fn slow(request: Request, next: Next) -> Response {
    tokio::time::sleep(Duration::from_millis(300)).await;
    next.run(request).await
}

/// An API server of a candidate's namespace with these ConfigMaps, which it is slow to list, and pods; where it is, and
/// what is applied there.
async fn api_server(maps: Vec<Value>, pods: Vec<Value>) -> (std::net::SocketAddr, mpsc::UnboundedReceiver<Value>) {
    let (told, reports) = mpsc::unbounded_channel();
    let take = move |body: String| async move {
        let map: Value = serde_json::from_str(&body).unwrap();
        // A test that has seen enough hears no more.
        drop(told.send(map.clone()));
        Json(map)
    };
    let of_maps = "/api/v1/namespaces/svc-00000000/configmaps";
    let server = Router::new()
        .route(of_maps, any(list).with_state(Arc::new(maps)).layer(from_fn(slow)))
        .route("/api/v1/namespaces/svc-00000000/pods", any(list).with_state(Arc::new(pods)))
        .route(&format!("{of_maps}/{{name}}"), patch(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, server).await });
    (address, reports)
}

/// Hands that note whom they struck and cleared.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl Noting {
    fn note(&self, what: &str, place: &Place) {
        self.0.lock().unwrap().push(format!("{what} {}", place.uid));
    }
}

impl Hands for Noting {
    type Look = ();

    fn look(&self, _: &Place) -> Result<(), StrikeError> {
        Ok(())
    }

    fn lacking(&self, _: &[Planned]) -> Vec<String> {
        Vec::new()
    }

    fn strike(
        &self,
        _: Box<dyn NodeFault>,
        (place, ()): (&Place, &()),
        _: Span,
        _: &AtomicBool,
        _: &mut dyn FnMut(&Struck),
    ) {
        self.note("struck", place);
    }

    fn clear(&self, place: &Place) -> Vec<StrikeError> {
        self.note("cleared", place);
        Vec::new()
    }

    fn used(&self, place: &Place) -> Result<Used, StrikeError> {
        self.note("looked at", place);
        Ok(Used { memory: 40 << 20, memory_limit: 128 << 20, descriptors: 12, descriptor_limit: 1_024 })
    }
}

#[tokio::test]
async fn a_node_looks_at_the_pods_that_are_meant_and_tells_it_once_when_the_soak_is_over() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let pod = |name: &str| {
        json!({
            "metadata": {"name": name, "uid": format!("{name}-1"), "labels": {"app.kubernetes.io/name": name}},
            "status": {"containerStatuses": [{"name": name, "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "containerID": "simulated://c", "state": {"running": {}}}]},
        })
    };
    let soak = json!({"phase": "soak", "components": ["web"], "everySeconds": 1, "seconds": 2});
    let order = json!({"nonce": NONCE, "task": {"soak": soak}}).to_string();
    let maps = vec![json!({"metadata": {"name": "order"}, "data": {"order": order}})];
    let (address, mut reports) = api_server(maps, vec![pod("web"), pod("control")]).await;
    let config = kube::Config::new(format!("http://{address}").parse().unwrap());
    let client = kube::Client::try_from(config).unwrap();
    let serving =
        tokio::spawn(
            async move { Box::pin(serve::serve(&client, "svc-00000000", NONCE, "n1", Noting::default())).await },
        );
    let soaked: Value = loop {
        let map = timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
        if let Some(text) = map["data"]["soak.n1"].as_str() {
            break serde_json::from_str(text).unwrap();
        }
    };
    serving.abort();
    assert_eq!((&soaked["nonce"], &soaked["phase"]), (&json!(NONCE), &json!("soak")));
    let pods = soaked["pods"].as_object().unwrap();
    assert_eq!(pods.keys().collect::<Vec<_>>(), ["web-1"]);
    let runs = pods["web-1"]["runs"].as_array().unwrap();
    assert_eq!((runs.len(), &runs[0]["memoryLimit"]), (1, &json!(128 << 20)));
    let samples = runs[0]["samples"].as_array().unwrap();
    assert!((1..=2).contains(&samples.len()) && samples[0][1] == json!(40 << 20) && samples[0][2] == 12, "{runs:?}");
}

#[tokio::test]
async fn a_node_that_comes_back_reads_what_it_told_clears_and_does_not_strike_late() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let pod = json!({
        "metadata": {"name": "web", "uid": "u", "labels": {"app.kubernetes.io/name": "web"}},
        "status": {"containerStatuses": [{"name": "web", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "containerID": "simulated://c", "state": {"running": {}}}]},
    });
    let strike = json!({"share": "All", "leaseSeconds": 2, "strength": 0});
    let strike =
        json!({"phase": "p", "kind": "Freeze", "component": "web", "pods": ["u"], "strike": strike, "afterMs": 0});
    let order = json!({"nonce": NONCE, "task": {"strike": strike}}).to_string();
    // It was killed in the fault that is in force, or before that was ordered.
    for (phase, cleared) in [("p", vec!["cleared u"]), ("earlier", vec!["cleared u"])] {
        let struck = json!({"injected": true, "ended": false, "errors": [], "doses": [], "residue": []});
        let told = json!({"nonce": NONCE, "watches": ["u"], "lacks": [], "phase": phase, "pods": {"u": struck}});
        let maps = vec![
            json!({"metadata": {"name": "order"}, "data": {"order": order}}),
            json!({"metadata": {"name": "report"}, "data": {"node.n1": told.to_string()}}),
        ];
        let (address, mut reports) = api_server(maps, vec![pod.clone()]).await;
        let config = kube::Config::new(format!("http://{address}").parse().unwrap());
        let (client, hands) = (kube::Client::try_from(config).unwrap(), Noting::default());
        let noting = hands.clone();
        let serving =
            tokio::spawn(async move { Box::pin(serve::serve(&client, "svc-00000000", NONCE, "n1", hands)).await });
        let map: Value = timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
        let first: Value = serde_json::from_str(map["data"]["node.n1"].as_str().unwrap()).unwrap();
        assert_eq!((&first["phase"], &first["pods"]["u"]["ended"]), (&json!(phase), &json!(true)), "{first}");
        assert!(first["pods"]["u"]["errors"][0].as_str().unwrap().contains("was killed"), "{first}");
        if phase != "p" {
            let map: Value = timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
            let second: Value = serde_json::from_str(map["data"]["node.n1"].as_str().unwrap()).unwrap();
            assert_eq!((&second["phase"], &second["pods"]), (&json!("p"), &json!({})), "{second}");
        }
        serving.abort();
        assert_eq!(*noting.0.lock().unwrap(), cleared);
    }
}

/// Where all pods of one node are meant, that node also takes in those that nobody named; no other strikes anybody.
#[tokio::test]
async fn a_node_that_is_to_be_cut_off_strikes_all_pods_of_the_component_and_another_none() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let pod = |uid: &str, component: &str| {
        json!({
            "metadata": {"name": uid, "uid": uid, "labels": {"app.kubernetes.io/name": component}},
            "status": {"containerStatuses": [{"name": component, "image": "", "imageID": "", "ready": true,
                "restartCount": 0, "containerID": "simulated://c", "state": {"running": {}}}]},
        })
    };
    let there = vec![pod("named", "web"), pod("unready", "web"), pod("other", "registry")];
    for (chosen, expected) in [("named", vec!["struck named", "struck unready"]), ("elsewhere", vec![])] {
        let strike = json!({"share": "Node", "leaseSeconds": 2, "strength": 0});
        let strike = json!({"phase": "p", "kind": "Partition", "component": "web", "pods": [chosen], "strike": strike, "afterMs": 0});
        let order = json!({"nonce": NONCE, "task": {"strike": strike}}).to_string();
        let maps = vec![json!({"metadata": {"name": "order"}, "data": {"order": order}})];
        let (address, mut reports) = api_server(maps, there.clone()).await;
        let config = kube::Config::new(format!("http://{address}").parse().unwrap());
        let (client, hands) = (kube::Client::try_from(config).unwrap(), Noting::default());
        let noting = hands.clone();
        let serving =
            tokio::spawn(async move { Box::pin(serve::serve(&client, "svc-00000000", NONCE, "n1", hands)).await });
        // Everybody who is struck stands in the report before that is told.
        let struck = loop {
            let map: Value = timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
            let report: Value = serde_json::from_str(map["data"]["node.n1"].as_str().unwrap()).unwrap();
            if report["phase"] == "p" && report["watches"].as_array().is_some_and(|pods| pods.len() == 3) {
                break report["pods"].as_object().map_or(0, serde_json::Map::len);
            }
        };
        assert_eq!(struck, expected.len(), "{chosen}");
        serving.abort();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while noting.0.lock().unwrap().len() < expected.len() && std::time::Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        let mut noted = noting.0.lock().unwrap().clone();
        noted.sort();
        assert_eq!(noted, expected, "{chosen}");
    }
}

#[tokio::test]
async fn a_node_without_the_tools_says_which_fault_it_cannot_do_before_anything_is_injected() {
    let faults = json!([
        {"kind": "Bandwidth", "strike": {"share": "One", "leaseSeconds": 2, "strength": 50}},
        {"kind": "Partition", "strike": {"share": "All", "leaseSeconds": 2, "strength": 0}},
    ]);
    let order = json!({"nonce": NONCE, "task": {"watch": {"faults": faults}}}).to_string();
    let map = json!({"metadata": {"name": "factory-strikes"}, "data": {"order": order}});
    let (address, mut reports) = api_server(vec![map], Vec::new()).await;

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
