//! `run`, `rehearse`, `rollback`: the wish that each leaves in the cluster, and what is refused
//! before one is left.

use serde_json::{Value, json};

use super::{
    server::{Reply, Request, Server, err, out, status},
    watch::{release, service},
};

const BUNDLE: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A cluster with a launched service whose permit lists `permitted`.
fn cluster(permitted: &'static [&'static str]) -> Server {
    let permit = move || {
        let bundle = |digest: &&str| json!({ "digest": digest, "release": "queue-number-1", "submission": "s", "confirmation": BUNDLE });
        let bundles: Vec<Value> = permitted.iter().map(bundle).collect();
        json!({ "apiVersion": "factory.gov.kg/v1alpha1", "kind": "LaunchPermit", "metadata": { "name": "live", "namespace": "svc-01234567" }, "spec": { "bundles": bundles, "images": [] } })
    };
    let mut launched = service("queue-number-2");
    launched["status"]["liveNamespace"] = json!("svc-01234567");
    Server::start(move |request: &Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        match (request.method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
            ("GET" | "PATCH", "queue-number") => Reply::Json(200, launched.clone()),
            ("GET", "queue-number-1") => Reply::Json(200, release("queue-number-1", 1, &json!({ "bundle": BUNDLE }))),
            ("GET", "live") => Reply::Json(200, permit()),
            ("POST", "experiments") => {
                let mut made = request.body.clone();
                made["metadata"]["name"] = json!("queue-number-rehearsal-x");
                Reply::Json(201, made)
            }
            _ => status(404, "not found"),
        }
    })
}

#[test]
fn a_run_is_asked_for_by_an_annotation_with_the_moment() {
    let server = cluster(&[]);
    let output = server.run(&["run", "queue-number", "--no-wait"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let patches = server.asked("PATCH");
    let moment = patches[0].body["metadata"]["annotations"]["factory.gov.kg/run"].as_str().unwrap().to_owned();
    assert!(moment.len() == 20 && moment.ends_with('Z') && moment.as_bytes()[10] == b'T', "{moment}");
    assert_eq!(patches.len(), 1);
}

#[test]
fn a_rehearsal_is_an_experiment_that_says_so() {
    let server = cluster(&[]);
    let output = server.run(&["rehearse", "queue-number", "--no-wait"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let made = &server.asked("POST")[0].body;
    assert_eq!(made["spec"], json!({ "service": "queue-number", "release": "", "rehearsal": true }));
    assert_eq!(made["metadata"]["generateName"], "queue-number-rehearsal-");
    assert!(out(&output).contains("Rehearsal queue-number-rehearsal-x"));
}

#[test]
fn a_rollback_to_a_permitted_bundle_is_asked_for() {
    let server = cluster(&[BUNDLE]);
    let output = server.run(&["rollback", "queue-number", "--to", "queue-number-1"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(server.asked("PATCH")[0].body["metadata"]["annotations"]["factory.gov.kg/rollback"], "queue-number-1");
}

#[test]
fn a_rollback_to_anything_else_is_refused_and_nothing_is_asked_for() {
    let server = cluster(&["sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]);
    let output = server.run(&["rollback", "queue-number", "--to", "queue-number-1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("no permit lists the bundle of `queue-number-1`"), "{}", err(&output));
    let output = server.run(&["rollback", "queue-number", "--to", "queue-number-9"]);
    assert!(err(&output).contains("there is no Release `queue-number-9`"), "{}", err(&output));
    assert!(server.asked("PATCH").is_empty());
}
