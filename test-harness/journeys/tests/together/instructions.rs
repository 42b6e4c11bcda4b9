//! A binding instruction (56.7) of the regulator reaches the team as an object of Kubernetes, which nobody but the
//! operator writes, and is gone when it has ended in the register.

use std::time::Duration;

use factory_crds::Instruction;
use factory_journeys::{
    Failure, ensure,
    fence::no_create,
    register::{self, Public},
    scene::Scene,
    waiting::{until, until_gone},
    web,
};
use kube::Api;
use serde_json::{Value, json};

/// The operator looks every ten seconds.
const SOON: Duration = Duration::from_secs(40);

/// Issues an instruction about `service`, sees it with the team's eyes, and withdraws it.
pub async fn reach_the_team_and_end(scene: &Scene, service: &str) -> Result<(), Failure> {
    let (people, participant) = (&scene.people, scene.participant.as_str());
    let public = Public::read(&people.regulator).await?;
    let (host, _) = web::parts(&public.register);
    let regulator = register::token(&people.regulator, "regulator", "regulator").await?;
    let wish = json!({
        "participant": participant, "service": service, "finding": "It does not survive the loss of a node.",
        "basis": "item 56.7", "due": "2099-12-31", "experiment": "Partition",
    });
    let key = format!("journey-{participant}-{service}");
    let answer = scene.web.post_under(&key, &regulator, (host, "/api/v1/instructions"), &wish).await?;
    ensure(answer.status == 201, || format!("the register answered {}: {}", answer.status, answer.body))?;
    let held: Value = serde_json::from_str(&answer.body)?;
    let name = format!("instruction-{}", held["event"]);

    let own: Api<Instruction> = Api::namespaced(scene.team.client.clone(), participant);
    let delivered = until(&own, &name, "an instruction", SOON, |one| one.spec.service == service).await?;
    ensure(delivered.spec.due == "2099-12-31", || format!("{:?}", delivered.spec))?;
    let made_up = json!({"metadata": {"name": "made-up"}, "spec": {
        "service": service, "finding": "f", "basis": "b", "due": "2099-12-31", "experiment": "Partition",
    }});
    for person in [&scene.team, &people.regulator] {
        no_create::<Instruction>(person, participant, made_up.clone()).await?;
    }

    let path = format!("/api/v1/instructions/{}/withdrawal", held["id"].as_str().unwrap_or_default());
    let answer =
        scene.web.post_as(Some(&regulator), host, &path, &json!({"reason": "It was issued by a test."})).await?;
    ensure(answer.status == 200, || format!("the register answered {}: {}", answer.status, answer.body))?;
    Ok(until_gone(&own, &name, SOON).await?)
}
