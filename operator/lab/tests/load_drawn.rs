//! Operations that a plan has drawn from the description of a running service: asked as they were drawn, and kept so that
//! anybody can draw them again.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

use axum::{Json, http::StatusCode, routing::get};
use factory_assurance::plan::{DrawnPlan, ProvePlan};
use factory_lab::{
    load::{Scenario, schedule::Shard},
    prove::drawn::{Drawn, draw},
    target::Targets,
};
use serde_json::{Value, json};

use crate::{
    load::{failed, generate, good, operation, plan},
    server::{Running, serve},
};

fn described() -> Value {
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"enum": ["a", "b"]}});
    json!({"openapi": "3.1.0", "paths": {
        "/things": {"get": {"responses": {"200": {}}}},
        "/things/{id}": {"get": {"parameters": [id], "responses": {"200": {}}}},
        "/things/{id}/parts": {"get": {"parameters": [{"name": "id", "in": "path", "required": true}], "responses": {"200": {}}}},
    }})
}

/// A service that describes itself, and answers what it describes.
fn office() -> Running {
    serve(|router| {
        let answer = || async { "ok" };
        let description = || async { Json(described()) };
        router
            .route("/", get(answer))
            .route("/things", get(answer))
            .route("/things/{id}", get(answer))
            .route("/openapi.json", get(description))
            .route("/nothing.json", get(|| async { Json(json!({"openapi": "3.1.0", "paths": {}})) }))
            .route("/gone.json", get(|| async { StatusCode::GONE }))
            .route("/bytes.json", get(|| async { vec![0xff_u8, 0xfe] }))
    })
}

fn planned(path: &str) -> ProvePlan {
    let mut plan = plan(200, 2, vec![operation("/", json!({"status": 200}))]);
    plan.load.drawn = vec![DrawnPlan { component: "web".to_owned(), path: path.to_owned(), weight: 1, most: 8 }];
    plan
}

fn drawn(plan: &ProvePlan, targets: &Targets) -> Result<Drawn, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(draw(plan, targets, "nonce")).map_err(|error| error.to_string())
}

#[test]
fn what_is_drawn_is_asked_and_can_be_drawn_again() {
    let server = office();
    let (plan, targets) = (planned("/openapi.json"), server.targets());
    let Drawn { plan: with, evidence } = drawn(&plan, &targets).unwrap();
    let [seen] = &evidence.unwrap()[..] else { unreachable!("one description is planned") };
    let again = plan.load.drawn[0].draw(&seen.description, "nonce");
    assert_eq!(seen.operations, again.iter().map(|one| one.name.clone()).collect::<Vec<_>>());
    assert_eq!(seen.operations.len(), 2, "{:?}", seen.operations);
    assert_eq!(with.load.operations[1..], again, "behind those of the plan");
    let measured = generate(&Scenario::new(&with, &targets, Shard::ALONE).unwrap(), &targets);
    for index in 0..3 {
        let of = measured.buckets.iter().filter(|bucket| bucket.operation == index);
        let asked: u64 = of.map(|bucket| bucket.good).sum();
        // A third of 400 each.
        assert!((80..=190).contains(&asked), "{index}: {asked}");
    }
    assert!(failed(&measured).is_empty() && good(&measured) > 300);
}

#[test]
fn where_nothing_is_drawn_the_plan_stays_as_it_is() {
    let server = office();
    let plan = plan(10, 1, vec![operation("/", json!({"status": 200}))]);
    let Drawn { plan: with, evidence } = drawn(&plan, &server.targets()).unwrap();
    assert_eq!((with, evidence), (plan, None));
}

#[test]
fn a_description_that_is_not_served_is_said_and_nothing_is_asked() {
    let targets = office().targets();
    assert!(drawn(&planned("/openapi.json"), &targets).unwrap_err().contains("web/openapi.json`: no answer"));
    let server = office();
    for (path, why) in [
        ("/gone.json", "description `web/gone.json`: status 410 instead of 200"),
        ("/bytes.json", "description `web/bytes.json`: no text in UTF-8"),
        ("/nothing.json", "description `web/nothing.json`: it gives nothing that could be drawn"),
    ] {
        let said = drawn(&planned(path), &server.targets()).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}
