//! The API's description says what the server does: no more, no less, and not otherwise. Another implementation
//! reads it, and schemathesis holds every answer of the running server against it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use factory_assurance::{
    sample,
    wire::{ReturnRequest, WithdrawalRequest},
};
use factory_register::api::{self, objects::ObjectState};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::world::{World, inclusion_by, named, object_request, standing};

const DESCRIPTION: &str = "/api/v1/openapi.json";
/// Said with every failure; another finds other things.
const SEED: &str = "145";

fn harness(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-harness").join(path)
}

/// Where the pinned Python programs are.
pub async fn python_tools() -> PathBuf {
    let tools = Command::new(harness("tools/python-tools")).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(tools.status.success(), "python-tools could not install its programs");
    PathBuf::from(String::from_utf8(tools.stdout).unwrap().trim())
}

/// A register with something of each kind in it.
async fn filled() -> World {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    world.registered(named(sample::passing(), "withdrawn"), "two").await;
    let reason = WithdrawalRequest { reason: "It moved.".to_owned() };
    let withdrawn = world.post("/api/v1/entries/social-registry/withdrawn/withdrawal", "owner", "three", &reason).await;
    assert_eq!(withdrawn.status, StatusCode::CREATED, "{}", withdrawn.text);
    world.submitted(named(sample::passing(), "waiting"), "four").await;
    let claim = json!({"kind": "Claim", "language": "en", "publish": true, "words": "The seal is missing."});
    let sent = world.post("/api/v1/entries/social-registry/registered-address/claims", "", "claim", &claim).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    for (key, name) in [("six", "archive"), ("seven", "waiting-object")] {
        let mut object = object_request();
        object["name"] = json!(name);
        let answer = world.post("/api/v1/objects", "owner", key, &object).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        if name == "archive" {
            let state: ObjectState = answer.json();
            let inclusion = inclusion_by(&world.regulator_key, &state);
            let path = format!("/api/v1/objects/{}/confirmation", state.id);
            assert_eq!(world.post(&path, "regulator", "", &inclusion).await.status, StatusCode::OK);
        }
    }
    let request = json!({
        "organisation": "Land Registry", "registrationNumber": "77", "basis": "Statute", "wants": "Enter the cadastre.",
        "language": "en", "name": "Bermet", "contact": "bermet@example.kg",
    });
    let asked = world.post("/api/v1/access-requests", "", "access", &request).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text);
    world.delegated(&standing()).await;
    let failed = world.submitted(named(sample::failing(), "failed"), "five").await;
    let reason = ReturnRequest { reason: "It drops requests.".to_owned() };
    let returned = world.post(&format!("/api/v1/submissions/{}/return", failed.id), "regulator", "", &reason).await;
    assert_eq!(returned.status, StatusCode::OK, "{}", returned.text);
    world
}

async fn schemathesis(world: &World, description: &str, arguments: &[&str]) -> Output {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis.toml");
    let mut command = Command::new(python_tools().await.join("schemathesis"));
    command.arg("--config-file").arg(config).args(["run", description, "--seed", SEED]).args(arguments);
    command.current_dir(&world.folder.0).output().await.unwrap()
}

/// Lets schemathesis look for what does not hold, as `token`; it must find nothing.
async fn nothing_is_found_as(token: &str) {
    let world = filled().await;
    let bearer = format!("Authorization: Bearer {token}");
    let header = ["--header", bearer.as_str()];
    let arguments = if token.is_empty() { &[][..] } else { &header[..] };
    let output = schemathesis(&world, &format!("{}{DESCRIPTION}", world.address), arguments).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "as `{token}`:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_nobody() {
    nothing_is_found_as("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_factory() {
    nothing_is_found_as("factory").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_regulator() {
    nothing_is_found_as("regulator").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_owner() {
    nothing_is_found_as("owner").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_a_description_that_lies() {
    let world = filled().await;
    let honest: Value = world.get(DESCRIPTION, "").await.json();
    let lies: [(&str, fn(&mut Value), &str); 3] = [
        (
            "getCheckpoint",
            |document| {
                document["paths"]["/api/v1/log/checkpoint"]["get"]["responses"] =
                    json!({ "204": { "description": "Nothing." } });
            },
            "ST103 Undocumented status code",
        ),
        (
            "listEntries",
            |document| {
                document["components"]["schemas"]["PublicIndex"]["properties"]["entries"] = json!({ "type": "string" });
            },
            "ST108 Response violates schema",
        ),
        (
            "listEntries",
            |document| {
                let parameters = document["paths"]["/api/v1/entries"]["get"]["parameters"].as_array_mut().unwrap();
                parameters.iter_mut().find(|parameter| parameter["name"] == "limit").unwrap()["schema"]["maximum"] =
                    json!(5);
            },
            "ST201 Schema-violating request accepted",
        ),
    ];
    for (operation, lie, finding) in lies {
        let mut document = honest.clone();
        lie(&mut document);
        assert_ne!(document, honest);
        let file = world.folder.0.join(format!("{operation}.json"));
        std::fs::write(&file, document.to_string()).unwrap();
        let only = ["--url", &world.address, "--include-operation-id", operation];
        let output = schemathesis(&world, file.to_str().unwrap(), &only).await;
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{operation}: {said}");
        assert!(said.contains(finding), "{operation}: {said}");
    }
}

#[tokio::test]
async fn another_implementation_reads_the_description() {
    let world = World::start().await;
    let answer = world.get(DESCRIPTION, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let document: Value = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let python = python_tools().await.join("python");
    let file = world.folder.0.join("openapi.json");
    let valid = async |document: &Value| {
        std::fs::write(&file, document.to_string()).unwrap();
        Command::new(&python).args(["-m", "openapi_spec_validator"]).arg(&file).output().await.unwrap()
    };
    let output = valid(&document).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut broken = document.clone();
    broken["paths"]["/api/v1/entries"]["get"]["parameters"][0]["in"] = json!("nowhere");
    assert!(!valid(&broken).await.status.success());
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let world = World::start().await;
    let document: Value = world.get(DESCRIPTION, "").await.json();
    let described: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    // A router tells its routes in no other way.
    let router = format!("{:?}", api::router(world.register.clone()));
    let served: BTreeSet<String> = router
        .split('"')
        .filter(|part| part.starts_with('/') && !part.contains("__private"))
        // The console is for people, and no route of it is under `/api/`.
        .filter(|part| !part.starts_with("/console"))
        .map(str::to_owned)
        .collect();
    let pages: BTreeSet<String> = [
        "/",
        "/access",
        "/access/{id}",
        "/claims/{id}",
        "/delegations",
        "/delegations/{id}",
        "/entries",
        "/entries/{participant}/{service}",
        "/entries/{participant}/{service}/claims",
        "/glossary",
        "/objects/new",
        "/objects/submitted",
        "/participants",
        "/register.css",
        "/statistics",
        "/supplier",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(served, described.union(&pages).cloned().collect());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for field in ["operationId", "summary", "tags"] {
                assert!(!operation[field].is_null(), "{method} {path} has no {field}");
            }
            assert_eq!(operation["responses"]["500"]["$ref"], "#/components/responses/Internal", "{method} {path}");
        }
    }
}
