//! `why`: the stage, the reason, what was found, and the last lines of what worked there.

use serde_json::{Value, json};

use super::{
    server::{Reply, Request, Server, err, out, status},
    watch::{condition, release, service},
};

fn cluster(status_of_release: &Value, pods: Option<Value>) -> Server {
    let release = release("queue-number-1", 1, status_of_release);
    Server::start(move |request: &Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        match path.rsplit('/').next().unwrap_or_default() {
            "queue-number" => Reply::Json(200, service("queue-number-1")),
            "queue-number-1" => Reply::Json(200, release.clone()),
            "pods" => match &pods {
                Some(pods) => {
                    Reply::Json(200, json!({ "apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": pods }))
                }
                None => status(403, "pods is forbidden"),
            },
            "log" => Reply::Text("step 1\n\u{1b}[31mno such file\n".to_owned()),
            _ => status(404, "not found"),
        }
    })
}

fn build_failed() -> Value {
    json!({
        "conditions": [condition("Resolved", "True", "Done", ""), condition("Built", "False", "BuildFailed", "step build ended with 1")],
        "outcome": "Failed",
        "findings": [{ "code": "BuildFailed", "message": "step build ended with 1" }],
    })
}

#[test]
fn a_failed_build_is_told_with_the_lines_that_it_wrote() {
    let state = json!({ "terminated": { "exitCode": 1 } });
    let pod = json!({
        "metadata": { "name": "build-web", "namespace": "factory-build" },
        "status": { "initContainerStatuses": [{ "name": "build", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state }] },
    });
    let server = cluster(&build_failed(), Some(json!([pod])));
    let output = server.run(&["why", "queue-number"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for words in [
        "It stopped at Built (BuildFailed)",
        "Verdict: Failed",
        "BuildFailed: step build ended with 1",
        "factory-build/build-web, container build",
        "no such file",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "the log steers the terminal");
    let asked = server.asked("GET");
    let uid = "labelSelector=factory.gov.kg%2Frelease-uid%3D11111111";
    assert!(
        asked
            .iter()
            .any(|request| request.path.contains("namespaces/factory-build/pods") && request.path.contains(uid)),
        "{asked:#?}"
    );
}

#[test]
fn a_log_that_one_may_not_read_is_said_and_is_no_failure() {
    let output = cluster(&build_failed(), None).run(&["why", "queue-number"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(
        out(&output).contains("Its log is not shown: all of it is the platform engineers' to read"),
        "{}",
        out(&output)
    );
}

#[test]
fn programs_get_json() {
    let output = cluster(&build_failed(), None).run(&["why", "queue-number", "-o", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["stage"], &json["stopped"], &json["outcome"]), (&json!("Built"), &json!(true), &json!("Failed")));
}

#[test]
fn a_stage_under_way_is_told_as_such() {
    let waits = json!({ "conditions": [condition("Resolved", "True", "Done", ""), condition("Built", "Unknown", "Building", "web is being built")] });
    let output = cluster(&waits, Some(json!([]))).run(&["why", "queue-number"]);
    assert!(out(&output).contains("It is at Built (Building)\n  web is being built"), "{}", out(&output));
}
