//! `watch`: what is told as a release goes its road, and the exit code with which it ends.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::server::{Reply, Request, Server, err, list, out, status};

/// The service of the fixture, with `release` as its newest.
pub fn service(release: &str) -> Value {
    let mut service: Value = serde_saphyr::from_str(include_str!("../fixtures/good.yaml")).unwrap();
    service["metadata"]["generation"] = json!(3);
    service["metadata"]["resourceVersion"] = json!("1");
    service["status"] = json!({ "observedGeneration": 3, "release": release });
    service
}

/// A condition.
pub fn condition(type_: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({ "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:00:00Z" })
}

/// A release of that service.
pub fn release(name: &str, attempt: u32, status: &Value) -> Value {
    json!({
        "apiVersion": "factory.gov.kg/v1alpha1",
        "kind": "Release",
        "metadata": { "name": name, "namespace": "service-centres", "uid": "11111111-1111-1111-1111-111111111111", "resourceVersion": "2" },
        "spec": {
            "service": "queue-number",
            "commit": "0".repeat(40),
            "specHash": format!("sha256:{}", "0".repeat(64)),
            "manifest": service("")["spec"],
            "standard": "basic",
            "standardSpec": {},
            "attempt": attempt,
        },
        "status": status,
    })
}

/// A cluster with `service`, where the release goes through `history` from the moment on at which both
/// lists are read: what went by before that is history, and is not told.
fn cluster(service: Value, history: Vec<Value>) -> Server {
    // A watch is asked for by who has read its list to the end.
    let listed = OnceLock::new();
    Server::start(move |request: &Request| {
        let is_watch = request.path.contains("watch=");
        let path = request.path.split('?').next().unwrap_or_default();
        match path.rsplit('/').next().unwrap_or_default() {
            "queue-number" => Reply::Json(200, service.clone()),
            "stateservices" if !is_watch => list(&[&service]),
            "releases" if !is_watch => list(&history.first().into_iter().collect::<Vec<_>>()),
            "stateservices" => {
                listed.get_or_init(|| ());
                Reply::Watch(Vec::new())
            }
            "releases" => {
                listed.wait();
                Reply::Watch(
                    history.iter().skip(1).map(|object| json!({ "type": "MODIFIED", "object": object })).collect(),
                )
            }
            "experiments" if !is_watch => list(&[]),
            _ if is_watch => Reply::Watch(Vec::new()),
            _ => status(404, "not found"),
        }
    })
}

#[test]
fn a_release_is_followed_to_its_launch() {
    let step = |conditions: &[Value], outcome: Option<&str>| {
        release("queue-number-1", 1, &json!({ "conditions": conditions, "outcome": outcome }))
    };
    let built = condition("Built", "True", "Done", "");
    let history = vec![
        step(&[], None),
        step(&[condition("Built", "Unknown", "Building", "web is being built")], None),
        step(std::slice::from_ref(&built), None),
        step(
            &[built.clone(), condition("Confirmed", "Unknown", "AwaitingRegulator", "with the regulator")],
            Some("Passed"),
        ),
        step(&[built, condition("Launched", "True", "Done", "")], Some("Passed")),
    ];
    let output = cluster(service("queue-number-1"), history).run(&["watch", "queue-number"]);
    let lines = [
        "Release queue-number-1",
        "Built waits: Building: web is being built",
        "Built done",
        "Confirmed waits: AwaitingRegulator: with the regulator",
        "Launched done",
        "queue-number-1 is launched",
    ];
    assert_eq!(out(&output).lines().collect::<Vec<_>>(), lines, "{}", err(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_exit_code_says_how_it_ended() {
    let failed = json!({ "conditions": [condition("Proven", "False", "Failed", "too slow")], "outcome": "Failed", "message": "too slow" });
    let refused = json!({ "conditions": [], "outcome": "Inconclusive", "message": "the plan is too long" });
    let announcement = json!({ "id": "id", "nonce": "nonce", "attempt": 1 });
    let inconclusive =
        json!({ "conditions": [], "outcome": "Inconclusive", "message": "no data", "announcement": announcement });
    let returned = json!({ "conditions": [condition("Confirmed", "False", "Returned", "the regulator returned it: no")], "outcome": "Passed" });
    let reported = json!({ "conditions": [condition("Reported", "True", "Done", "")], "outcome": "Passed" });
    for (attempt, status, more, code, words) in [
        (1, &failed, vec![], 2, "queue-number-1 failed: too slow"),
        (2, &inconclusive, vec![], 3, "queue-number-1 is inconclusive: no data"),
        (1, &returned, vec![], 2, "queue-number-1 was sent back: the regulator returned it: no"),
        (1, &reported, vec!["--until", "Reported"], 0, "queue-number-1 has reached Reported"),
        (1, &reported, vec!["--timeout", "1s"], 1, ""),
        // The operator tries an inconclusive release once more by itself, and not what was refused before it was announced.
        (1, &inconclusive, vec!["--timeout", "1s"], 1, ""),
        (1, &refused, vec![], 3, "queue-number-1 is inconclusive: the plan is too long"),
    ] {
        let server = cluster(service("queue-number-1"), vec![release("queue-number-1", attempt, status)]);
        let output = server.run(&[["watch", "queue-number"].as_slice(), more.as_slice()].concat());
        assert_eq!(output.status.code(), Some(code), "{status} {}", err(&output));
        let last = out(&output).lines().last().unwrap_or_default().to_owned();
        assert!(words.is_empty() || last == words, "{last}");
    }
}

#[test]
fn a_release_of_an_earlier_manifest_is_not_taken_for_the_present_one() {
    let launched = release(
        "queue-number-1",
        1,
        &json!({ "conditions": [condition("Launched", "True", "Done", "")], "outcome": "Passed" }),
    );
    let mut changed = service("queue-number-1");
    changed["spec"]["source"]["ref"] = json!("other");
    let output = cluster(changed, vec![launched.clone()]).run(&["watch", "queue-number", "--timeout", "1s"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    // Nor one whose change the operator has not seen yet.
    let mut unseen = service("queue-number-1");
    unseen["status"]["observedGeneration"] = json!(2);
    let output = cluster(unseen, vec![launched]).run(&["watch", "queue-number", "--timeout", "1s"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
}

#[test]
fn a_source_that_cannot_be_resolved_is_an_end_with_its_reason() {
    let mut stuck = service("");
    stuck["status"]["conditions"] =
        json!([condition("Resolved", "False", "HostNotListed", "the host git.test is not listed")]);
    let output = cluster(stuck, Vec::new()).run(&["watch", "queue-number"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("stopped at Resolved: the host git.test is not listed"), "{}", out(&output));
}

#[test]
fn what_is_missing_or_forbidden_is_said_in_one_line() {
    let missing = Server::start(|_| status(404, "not found")).run(&["watch", "nothing"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        err(&missing).starts_with(
            "error: there is no StateService `nothing` in the namespace `service-centres`; name its namespace with -n"
        ),
        "{}",
        err(&missing)
    );
    let forbidden = Server::start(|_| status(403, "stateservices is forbidden")).run(&["watch", "queue-number"]);
    assert_eq!(forbidden.status.code(), Some(1));
    assert!(err(&forbidden).contains("forbidden; use a kubeconfig that has this right"), "{}", err(&forbidden));
    assert_eq!(err(&forbidden).lines().count(), 1);
}

#[test]
fn a_wrong_usage_is_no_failed_release() {
    let output = Server::start(|_| status(404, "not found")).run(&["watch", "queue-number", "--until", "Forever"]);
    assert_eq!(output.status.code(), Some(1));
}
