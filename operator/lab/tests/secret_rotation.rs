//! Rotations of secrets before an API server that keeps one Deployment.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, header::CONTENT_TYPE},
    routing::get,
};
use factory_assurance::plan::{Rotation, Succession};
use factory_lab::{
    faults::{Fault as _, Target, secret_rotation::SecretRotation},
    measure::view::View,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const NAMESPACE: &str = "/apis/apps/v1/namespaces/svc-00000000";

/// Media type and body of each patch.
type Patches = Arc<Mutex<Vec<(String, Value)>>>;

fn deployment() -> Json<Value> {
    let status = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "observedGeneration": 1});
    Json(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": "u", "generation": 1},
        "spec": {"replicas": 2, "selector": {}, "template": {}}, "status": status}))
}

async fn patched(State(patches): State<Patches>, headers: HeaderMap, Json(patch): Json<Value>) -> Json<Value> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    patches.lock().unwrap().push((kind, patch));
    deployment()
}

/// The component before such a server, and what that is asked to change.
async fn candidate() -> (Target, Patches) {
    // Which test comes first is open; the second installation is refused and that is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    let patches = Patches::default();
    let route = get(|| std::future::ready(deployment())).patch(patched);
    let server = Router::new()
        .route(&format!("{NAMESPACE}/deployments/web"), route)
        .with_state(Arc::clone(&patches));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, server).await });
    let client = kube::Client::try_from(kube::Config::new(address)).unwrap();
    (Target::new(&client, "svc-00000000", "web"), patches)
}

/// The pod `uid`, ready or not, with its variables `KEY` and `CERTIFICATE` from these keys.
fn pod(view: &mut View, uid: &str, ready: bool, [key, certificate]: [&str; 2]) {
    let from = |variable: &str, key: &str| {
        json!({"name": variable, "valueFrom": {"secretKeyRef": {"name": "secrets", "key": key, "optional": false}}})
    };
    let env = json!([{"name": "PLAIN", "value": "x"}, from("KEY", key), from("CERTIFICATE", certificate)]);
    let pod = json!({
        "metadata": {"uid": uid, "name": format!("web-{uid}")},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "env": env}]},
        "status": {"conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}
    });
    view.pod(&serde_json::from_value(pod).unwrap(), Instant::now());
}

const FORMER: [&str; 2] = ["tls_key", "tls_crt"];
const NEXT: [&str; 2] = ["tls_next.key", "tls_next.crt"];

fn settled() -> View {
    let mut view = View::default();
    view.deployment(&serde_json::from_value(deployment().0).unwrap());
    for uid in ["a", "b"] {
        pod(&mut view, uid, true, FORMER);
    }
    view
}

fn planned() -> Rotation {
    let succession = |index: usize| Succession { key: FORMER[index].to_owned(), next: NEXT[index].to_owned() };
    [("KEY".to_owned(), succession(0)), ("CERTIFICATE".to_owned(), succession(1))].into()
}

/// Pod, before, during.
type Given = (String, Vec<[u64; 2]>, Vec<[u64; 2]>);

/// What stands in the doses.
fn doses(fault: &SecretRotation, view: &View) -> Vec<Given> {
    fault.given(view).into_iter().map(|dose| (dose.pod, dose.before, dose.during)).collect()
}

#[tokio::test]
async fn the_deployment_refers_to_the_values_that_follow_and_what_pods_were_given_is_seen_in_pods_alone() {
    let (target, patches) = candidate().await;
    let mut view = settled();
    let mut fault = SecretRotation::new(planned());
    fault.preflight(&target, &view).unwrap();
    assert!(patches.lock().unwrap().is_empty(), "nothing is touched before");
    fault.lease(&target).await.unwrap();
    let refer = |variable: &str, key: &str| {
        json!({"name": variable, "valueFrom": {"secretKeyRef": {"name": "secrets", "key": key}}})
    };
    let env = json!([refer("CERTIFICATE", NEXT[1]), refer("KEY", NEXT[0])]);
    let containers = json!([{"name": "web", "env": env}]);
    let patch = json!({"metadata": {"uid": "u"}, "spec": {"template": {"spec": {"containers": containers}}}});
    let asked = patches.lock().unwrap().clone();
    assert_eq!(asked, [("application/strategic-merge-patch+json".to_owned(), patch)]);

    let was = |uid: &str| (uid.to_owned(), vec![[0, 2]], Vec::new());
    assert!(!fault.dose(&view));
    assert_eq!(doses(&fault, &view), [was("a"), was("b")], "an answer of the API server is no dose");
    pod(&mut view, "c", false, NEXT);
    view.pod_gone("a", Instant::now());
    assert!(!fault.dose(&view));
    assert_eq!(doses(&fault, &view), [was("a"), was("b")], "who is not ready holds nothing that serves");
    pod(&mut view, "c", true, NEXT);
    pod(&mut view, "d", true, NEXT);
    view.pod_gone("b", Instant::now());
    assert!(fault.dose(&view));
    let came = |uid: &str| (uid.to_owned(), Vec::new(), vec![[1, 2]]);
    assert_eq!(doses(&fault, &view), [was("a"), was("b"), came("c"), came("d")]);
    fault.undo(&target).await.unwrap();
    assert_eq!(fault.residue(&target).await.unwrap(), Vec::<String>::new());
    assert_eq!(patches.lock().unwrap().len(), 1, "a rotation has no way back");
}

/// Injectors that do something else than they were asked for: none is felt.
#[tokio::test]
async fn pods_that_are_merely_replaced_or_given_a_part_never_look_rotated() {
    let (target, _patches) = candidate().await;
    for (given, during) in [
        (FORMER, vec![[0, 2]]),
        ([NEXT[0], FORMER[1]], vec![[0, 1], [1, 1]]),
        ([FORMER[0], NEXT[1]], vec![[0, 1], [1, 1]]),
        // Something that nobody planned is neither.
        ([NEXT[0], "tls_other"], vec![[1, 1]]),
        ([NEXT[1], NEXT[0]], vec![]),
    ] {
        let mut view = settled();
        let mut fault = SecretRotation::new(planned());
        fault.preflight(&target, &view).unwrap();
        for (went, came) in [("a", "c"), ("b", "d")] {
            pod(&mut view, came, true, given);
            view.pod_gone(went, Instant::now());
        }
        assert!(!fault.dose(&view), "{given:?}");
        let seen: Vec<_> = doses(&fault, &view).into_iter().skip(2).map(|(_, _, during)| during).collect();
        assert_eq!(seen, [during.clone(), during], "{given:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_rotated_is_refused_before_anything_is_touched() {
    let (target, patches) = candidate().await;
    let refused = |planned: Rotation, view: &View| {
        SecretRotation::new(planned).preflight(&target, view).unwrap_err().to_string()
    };
    assert_eq!(refused(Rotation::new(), &settled()), "web: no value of its secrets is followed by another");
    let mut mixed = settled();
    pod(&mut mixed, "c", false, [NEXT[0], FORMER[1]]);
    assert_eq!(refused(planned(), &mixed), "web: its pods are not all given the same values");
    let mut others = View::default();
    others.deployment(&serde_json::from_value(deployment().0).unwrap());
    assert_eq!(refused(planned(), &others), "web: it has no pod that could be replaced");
    pod(&mut others, "a", true, NEXT);
    let why = "web: its pods are not given the values that the plan has followed by others";
    assert_eq!(refused(planned(), &others), why, "they were rotated already");
    assert!(patches.lock().unwrap().is_empty());
}
