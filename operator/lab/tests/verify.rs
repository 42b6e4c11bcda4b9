//! Checks and contracts against a real server: right ones pass, and each way of being wrong is seen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Path, Query},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use factory_assurance::{
    evidence::{Mutation, VerifyEvidence},
    plan::VerifyPlan,
};
use factory_lab::verify::verify;
use serde_json::{Value, json};

use crate::server::{Running, serve};

fn description() -> Value {
    let problem = json!({"description": "refused", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    let note = json!({"description": "a note", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "paths": {
            "/notes": {"post": {
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}}}},
                "responses": {"201": note, "400": problem}
            }},
            "/notes/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^n[0-9]+$"}}],
                "get": {"responses": {"200": note, "404": problem}}
            },
            "/search": {"get": {
                "parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "string", "minLength": 3}}],
                "responses": {"200": {"description": "found", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}}}}}
            }}
        },
        "components": {"schemas": {
            "Note": {"type": "object", "required": ["id", "text"], "properties": {"id": {"type": "string"}, "text": {"type": "string"}}},
            "Problem": {"type": "object", "required": ["title"]}
        }}
    })
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A service that keeps notes as `description` says, and a list of what it was asked.
fn notes(description: Value) -> (Running, Asked) {
    let asked = Asked::default();
    let log = {
        let asked = Arc::clone(&asked);
        move |line: String| asked.lock().unwrap().push(line)
    };
    let (posted, got) = (log.clone(), log.clone());
    let running = serve(|router: Router| {
        router
            .route("/openapi.json", get(move || async move { Json(description) }))
            .route(
                "/notes",
                post(move |Json(body): Json<Value>| async move {
                    posted(format!("post {}", body["text"]));
                    (StatusCode::CREATED, Json(json!({"id": "n7", "text": body["text"]})))
                }),
            )
            .route(
                "/notes/{id}",
                get(move |Path(id): Path<String>| async move {
                    got(format!("get {id}"));
                    match id.as_str() {
                        "n7" => Json(json!({"id": "n7", "text": "hello"})).into_response(),
                        _ => {
                            (StatusCode::NOT_FOUND, [("content-type", "application/problem+json")], r#"{"title":"no"}"#)
                                .into_response()
                        }
                    }
                }),
            )
            .route(
                "/search",
                get(move |Query(query): Query<Vec<(String, String)>>| async move {
                    log(format!("search {}", query[0].1));
                    Json(json!([]))
                }),
            )
            .route("/crash", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
    });
    (running, asked)
}

fn look(server: &Running, checks: Value) -> VerifyEvidence {
    let plan: VerifyPlan = serde_json::from_value(
        json!({"checks": checks, "descriptions": [{"component": "web", "path": "/openapi.json"}]}),
    )
    .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(verify(&plan, &server.targets(), "nonce")).unwrap()
}

fn write_and_read() -> Value {
    json!([{"name": "write-and-read", "steps": [
        {
            "request": {"method": "POST", "path": "/notes", "body": {"text": "hello"}},
            "expect": {"status": 201, "body": {"text": "hello"}, "schema": {"required": ["id"]}},
            "carry": {"id": "/id"}
        },
        {
            "request": {"method": "GET", "path": "/notes/{{id}}"},
            "expect": {"status": 200, "body": {"id": "{{id}}", "text": "hello"}}
        }
    ]}])
}

#[test]
fn a_service_that_keeps_its_word_deviates_nowhere_and_is_exercised_everywhere() {
    let (server, asked) = notes(description());
    let evidence = look(&server, write_and_read());
    assert_eq!(evidence.nonce, "nonce");
    let steps = &evidence.checks[0].steps;
    assert_eq!(steps.iter().map(|step| step.status).collect::<Vec<_>>(), [Some(201), Some(200)]);
    for step in steps {
        assert_eq!(step.deviations, Vec::<String>::new());
        let tried: Vec<_> = step.mutants.iter().map(|mutant| (mutant.mutation, mutant.rejected)).collect();
        assert_eq!(tried, [(Mutation::WrongStatus, true), (Mutation::EmptyBody, true), (Mutation::WrongValues, true)]);
    }
    let contract = &evidence.contracts[0];
    assert_eq!(contract.unreadable, None);
    assert!(contract.digest.starts_with("sha256:"));
    for operation in &contract.operations {
        assert_eq!(operation.answers.len(), 1, "{operation:?}");
        assert_eq!(operation.answers[0].contradictions, Vec::<String>::new());
    }
    // The checks' answers count for the contract; only what they left out is asked for it, validly.
    assert_eq!(*asked.lock().unwrap(), ["post \"hello\"", "get n7", "search xxx"]);
}

#[test]
fn an_operation_that_no_check_asks_is_asked_with_a_valid_request() {
    let (server, asked) = notes(description());
    let evidence = look(&server, json!([]));
    assert!(evidence.contracts[0].operations.iter().all(|operation| operation.answers.len() == 1));
    assert_eq!(*asked.lock().unwrap(), ["post \"x\"", "get n1", "search xxx"]);
}

#[test]
fn a_deviation_ends_its_check_and_is_named_without_contents() {
    let (server, _) = notes(description());
    let mut checks = write_and_read();
    checks[0]["steps"][0]["expect"]["body"]["text"] = json!("good bye");
    let evidence = look(&server, checks);
    assert_eq!(evidence.checks[0].steps.len(), 1);
    assert_eq!(evidence.checks[0].steps[0].deviations, ["body /text: another value"]);
    assert!(evidence.checks[0].steps[0].mutants.is_empty());

    let mut checks = write_and_read();
    checks[0]["steps"][0]["carry"] = json!({"id": "/number"});
    assert!(look(&server, checks).checks[0].steps[0].deviations[0].starts_with("carry /number"));
    let mut checks = write_and_read();
    checks[0]["steps"][1]["request"]["path"] = json!("/notes/{{nobody}}");
    let evidence = look(&server, checks);
    assert_eq!(evidence.checks[0].steps[1].status, None);
    assert!(evidence.checks[0].steps[1].deviations[0].contains("variable `nobody`"));
}

#[test]
fn a_check_that_accepts_everything_shows_in_its_mutants() {
    let (server, _) = notes(description());
    let evidence = look(
        &server,
        json!([{"name": "vacuous", "steps": [{"request": {"method": "GET", "path": "/notes/n7"}, "expect": {"status": 200}}]}]),
    );
    let accepted: Vec<_> = evidence.checks[0].steps[0]
        .mutants
        .iter()
        .filter(|mutant| !mutant.rejected)
        .map(|mutant| mutant.mutation)
        .collect();
    assert_eq!(accepted, [Mutation::EmptyBody, Mutation::WrongValues]);
}

#[test]
fn a_description_that_lies_is_caught_and_one_that_cannot_be_exercised_says_so() {
    let mut lying = description();
    lying["components"]["schemas"]["Note"]["properties"]["id"] = json!({"type": "integer"});
    lying["paths"]["/search"]["get"]["responses"] = json!({"202": {"description": "later"}});
    lying["paths"]["/crash"] = json!({"get": {"responses": {"default": {"description": "anything"}}}});
    lying["paths"]["/hidden/{key}"] = json!({"get": {
        "parameters": [{"name": "key", "in": "path", "required": true, "schema": {"not": {}}}],
        "responses": {"200": {"description": "never asked"}}
    }});
    let (server, _) = notes(lying);
    let evidence = look(&server, write_and_read());
    let of = |path: &str| {
        let operation = evidence.contracts[0].operations.iter().find(|operation| operation.path == path).unwrap();
        operation.answers.iter().map(|answer| (answer.status, answer.contradictions.clone())).collect::<Vec<_>>()
    };
    assert_eq!(of("/notes"), [(201, vec!["status 201: /id: type".to_owned()])]);
    assert_eq!(of("/search"), [(200, vec!["status 200: not described".to_owned()])]);
    assert_eq!(of("/crash"), [(500, vec!["status 500: not described".to_owned()])]);
    assert!(of("/hidden/{key}").is_empty());
    // The checks themselves hold: the contract is judged on its own.
    assert!(evidence.checks[0].steps.iter().all(|step| step.deviations.is_empty()));
}

#[test]
fn the_dialect_of_openapi_3_0_is_understood() {
    let mut old = description();
    old["openapi"] = json!("3.0.3");
    old["components"]["schemas"]["Note"]["properties"]["text"] =
        json!({"type": "string", "nullable": true, "minLength": 0});
    let (server, _) = notes(old);
    let answers: Vec<_> = look(&server, json!([]))
        .contracts
        .remove(0)
        .operations
        .into_iter()
        .flat_map(|operation| operation.answers)
        .collect();
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| answer.contradictions.is_empty()), "{answers:?}");
}

#[test]
fn a_description_that_is_none_is_unreadable_in_one_line() {
    for (description, expected) in [(json!({"swagger": "2.0"}), "not 3.0 or 3.1"), (json!([]), "not 3.0 or 3.1")] {
        let (server, _) = notes(description);
        let contract = look(&server, json!([])).contracts.remove(0);
        assert!(contract.unreadable.unwrap().contains(expected));
        assert_eq!((contract.digest.as_str(), contract.operations.len()), ("", 0));
    }
    let bare = serve(|router| router);
    assert_eq!(look(&bare, json!([])).contracts[0].unreadable.as_deref(), Some("status 404 instead of 200"));
}
