//! Journey: a standard requires a fault that this cluster cannot do to a candidate. Nobody has passed or failed then,
//! and what lacks is said. A bundle that has had all its attempts gets no other.

use std::time::Duration;

use factory_crds::Outcome;
use factory_journeys::{
    Failure, ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
    waiting::follow,
};
use kube::ResourceExt as _;
use serde_json::json;

/// A build and a deployment, and what others have in the lab first.
const TO_ITS_END: Duration = Duration::from_mins(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_cannot_be_done_here_is_refused_and_the_release_is_neither_passed_nor_failed()
-> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-strikes").await?;
    // Policies let no candidate reach the API server: that it is away can change nothing.
    let faults = json!([fault("ControlPlaneOutage", &json!({"leaseSeconds": 4}))]);
    let commit = sources::push_example(&scene.people.cluster, "queue-number").await?;
    let name = Scene::fresh("impossible");
    let manifest = scene.manifest("queue-number", &name)?;
    let release = scene.to_the_end_under(("critical", faults.clone()), &manifest, &commit, false).await?;
    let (told, outcome) = (reasons(&release).join("; "), release.status.as_ref().and_then(|status| status.outcome));
    ensure(outcome == Some(Outcome::Inconclusive), || format!("{outcome:?}: {told}"))?;
    ensure(matches!(standing(&release), Standing::Stopped(_)), || format!("it goes on: {told}"))?;
    ensure(told.contains("the API server is out of the pod's reach already"), || told)?;
    let measured = struck::measured(&scene, &name).await?;
    let [fault] = measured.as_slice() else { return Err(Failure::new(format!("{measured:?}"))) };
    // Nothing was injected, and nobody felt a thing.
    let untouched = fault["injectedMs"].is_null() && fault.get("doses").is_none() && fault["gone"] == json!([]);
    ensure(untouched && fault["residue"] == json!([]), || fault.to_string())?;
    struck::nobody_stands_by(&scene, &release).await?;

    // The factory tried it twice by itself: a third attempt at the same bundle would be one too many.
    let asks = json!({"faults": faults, "maxAttempts": 2});
    let third = scene.again_under(("critical", asks), &manifest, &release).await?;
    let third = follow(&scene.releases(), &third.name_any(), "its end", TO_ITS_END, |third| {
        third.filter(|third| matches!(standing(third), Standing::Stopped(_))).cloned()
    })
    .await?;
    let status = third.status.clone().unwrap_or_default();
    ensure(status.announcement.is_none(), || "the third attempt was announced".to_owned())?;
    let told = reasons(&third).join("; ");
    let bundle = release.status.map(|status| status.bundle).unwrap_or_default();
    ensure(status.bundle == bundle, || format!("it is of another bundle: {} and not {bundle}", status.bundle))?;
    ensure(told.contains(&format!("standard.maxAttempts: 2: bundle {bundle} has had")), || told)?;
    scene.delete(&name).await
}
