//! Journey: a load as a service's users make it who wait for their answers, of what its own description says: as many of
//! them as were declared, asking operations that nobody wrote down before the run, which anybody can draw again.

use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn users_who_wait_ask_what_the_description_says() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-drawn").await?;
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("drawn");
    let manifest = scene.manifest("queue-number", &name)?.with("/spec/interfaces/0/weight", json!(5));
    let asks = json!({
        "faults": [fault("PodKill", &json!({"windowSeconds": 8}))],
        "load": {"model": "Closed", "thinkTime": "5s", "timeout": "1s", "warmUpSeconds": 3, "steadySeconds": 4},
    });
    let release = scene.to_the_end_under(("critical", asks), &manifest, &commit, false).await?;
    ensure(standing(&release) == Standing::WithRegulator, || format!("{name}: {}", reasons(&release).join("; ")))?;

    let dossier = struck::predicate(&scene, &name).await?;
    let load = &dossier["plan"]["prove"]["load"];
    // The example declares 200 users at the same time.
    ensure(load["closed"] == json!({"users": 200, "thinkMs": 5_000}), || load.to_string())?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let planned = list(&load["operations"]).len();
    let measured = &dossier["evidence"]["prove"];
    let drawn = list(&measured["drawn"][0]["operations"]);
    ensure(!drawn.is_empty(), || format!("nothing was drawn: {}", measured["drawn"]))?;
    for (index, operation) in drawn.iter().enumerate() {
        let asked =
            list(&measured["buckets"]).into_iter().filter(|bucket| bucket["operation"] == json!(planned + index));
        let good: u64 = asked.filter_map(|bucket| bucket["good"].as_u64()).sum();
        ensure(good > 0, || format!("{operation}: no good answer"))?;
    }
    scene.delete(&name).await
}
