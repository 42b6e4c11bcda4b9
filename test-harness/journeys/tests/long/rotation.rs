//! Journey: a team says which value follows the one that its service has, and a regulator's standard has it take that
//! one's place under load. A service whose tickets outlive it passes; one that forgets them, one that does not start with
//! what follows, and one of which nobody said what follows are refused, each for its own reason.

use std::collections::BTreeMap;

use factory_crds::{Outcome, Release};
use factory_journeys::{
    Failure, Manifest, ensure, people,
    road::{codes, reasons},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use futures::future::join_all;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Api;
use serde_json::{Value, json};

/// Sealed tickets, in the file of the example that says what a place is: the first of the keys in `TICKET_KEYS` seals,
/// and each of them is believed.
const SEALED: &str = r#""""Places that carry a seal, so that nobody makes a ticket up."""

import hashlib
import hmac
import os
import secrets

KEYS = os.environ["TICKET_KEYS"].split(",")
if any(len(key) < 12 for key in KEYS):
    raise SystemExit("TICKET_KEYS: a key is shorter than 12 signs")


class Away(Exception):
    """Whoever keeps the places does not answer."""


def _seal(key, parts, drawn):
    content = [parts[name] for name in ("centre", "purpose", "window", "day")] + [drawn]
    return hmac.digest(key.encode(), repr(content).encode(), hashlib.sha256)[0]


def take(parts, places):
    drawn = secrets.randbelow(places >> 8)
    return drawn << 8 | _seal(KEYS[0], parts, drawn)


def given(parts):
    drawn, seal = parts["place"] >> 8, parts["place"] & 0xFF
    return any(_seal(key, parts, drawn) == seal for key in KEYS)
"#;

/// Longer than a rolling restart of two pods takes, and than a ticket is looked at after.
const WINDOW_SECONDS: u32 = 20;
/// The key with which each service is deployed, and of which a value must stand nowhere.
const FORMER: &str = "osh-2026-first-key";
const NEXT: &str = "osh-2026-other-key";

/// What became of a service.
struct Judged {
    release: Release,
    /// Its faults in the dossier; none where nothing was measured.
    faults: Vec<Value>,
}

impl Judged {
    fn outcome(&self) -> Option<Outcome> {
        self.release.status.as_ref().and_then(|status| status.outcome)
    }

    fn told(&self) -> String {
        format!("{:?}: {}", self.outcome(), reasons(&self.release).join("; "))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_keys_can_be_rotated_passes_and_others_are_refused_for_their_own_reasons() -> Result<(), Failure>
{
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-rotation").await?;
    let changes = [("queue_number/places.py", SEALED.to_owned())];
    let (git, commit) = sources::push_changed(&scene.people.cluster, "queue-number", "sealed", &changes).await?;
    let both = format!("{FORMER},{NEXT}");
    let services =
        [("outlives", Some(both.as_str())), ("forgets", Some(NEXT)), ("stays-down", Some("short")), ("unsaid", None)];
    let ends = services.map(|(kind, next)| judged(&scene, kind, next, (&git, &commit)));
    let ends = join_all(ends).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let [outlives, forgets, stays_down, unsaid] = ends.as_slice() else {
        return Err(Failure::new(format!("{} services", ends.len())));
    };

    ensure(outlives.outcome() == Some(Outcome::Passed), || outlives.told())?;
    let fault = only(outlives)?;
    let doses = fault["doses"].as_array().cloned().unwrap_or_default();
    let of = |side: &str, cells: Value| doses.iter().filter(|dose| dose[side] == cells).count();
    // Two pods had the value before, and two came with the one that follows.
    ensure((of("before", json!([[0, 1]])), of("during", json!([[1, 1]]))) == (2, 2), || fault.to_string())?;
    ensure(fault["residue"] == json!([]) && fault["errors"] == json!([]), || fault.to_string())?;

    ensure(forgets.outcome() == Some(Outcome::Failed), || forgets.told())?;
    let said = "queue: when its secrets were rotated, ";
    let cost = codes(&forgets.release).contains(&"FaultCostTooHigh".to_owned());
    ensure(cost && forgets.told().contains(said) && forgets.told().contains("wrong status"), || forgets.told())?;

    ensure(stays_down.outcome() == Some(Outcome::Inconclusive), || stays_down.told())?;
    let stayed = "queue: secret-rotation was not felt: 0 of 2 ready pods went";
    ensure(stays_down.told().contains(stayed), || stays_down.told())?;
    let came =
        only(stays_down)?["doses"].as_array().is_some_and(|doses| doses.iter().any(|dose| dose["during"] != json!([])));
    ensure(!came, || format!("a pod that never was ready came: {}", stays_down.told()))?;

    ensure(unsaid.outcome() != Some(Outcome::Passed) && unsaid.faults.is_empty(), || unsaid.told())?;
    ensure(codes(&unsaid.release) == ["SuccessorMissing"], || unsaid.told())?;
    ensure(unsaid.told().contains("spec.components[0].secrets: the standard rotates secrets"), || unsaid.told())?;
    let announced = unsaid.release.status.as_ref().is_some_and(|status| status.announcement.is_some());
    ensure(!announced, || "what could not be tested was announced".to_owned())?;

    // Values are the team's, and pass through nobody's hands: no dossier and no status says one.
    for judged in &ends {
        let texts = [serde_json::to_string(&judged.release)?, json!(judged.faults).to_string()];
        let values = [FORMER, NEXT].map(|value| texts.iter().any(|text| text.contains(value)));
        ensure(values == [false; 2], || "a value of a secret is told".to_owned())?;
    }
    Ok(())
}

/// The one fault that was measured.
fn only(judged: &Judged) -> Result<&Value, Failure> {
    match judged.faults.as_slice() {
        [fault] => Ok(fault),
        faults => Err(Failure::new(format!("{} faults in the dossier; {}", faults.len(), judged.told()))),
    }
}

/// Takes the service to its verdict, with a Secret of its own, and deletes it.
async fn judged(scene: &Scene, kind: &str, next: Option<&str>, (git, commit): (&str, &str)) -> Result<Judged, Failure> {
    let name = Scene::fresh(kind);
    let values = [("keys", Some(FORMER)), ("next", next)];
    let data: BTreeMap<_, _> =
        values.into_iter().filter_map(|(key, value)| Some((key, ByteString(value?.as_bytes().to_vec())))).collect();
    let secrets: Api<Secret> = Api::namespaced(scene.team.client.clone(), &scene.participant);
    people::put(&secrets, &name, json!({"data": data})).await?;
    let mut reference = json!({"env": "TICKET_KEYS", "secret": name, "key": "keys"});
    if next.is_some() {
        reference["next"] = json!("next");
    }
    let manifest: Manifest = scene
        .manifest("queue-number", &name)?
        .with("/spec/source/git", json!(git))
        .with("/spec/components/0/secrets", json!([reference]))
        // Most of what is asked takes a ticket and looks at it some seconds later.
        .with("/spec/checks/0/weight", json!(10));
    let rotation = json!({"windowSeconds": WINDOW_SECONDS, "maxFailedPpm": 5_000});
    let faults = json!([fault("SecretRotation", &rotation)]);
    let release = scene.to_the_end_under(("critical", faults), &manifest, commit, false).await?;
    let measured = release.status.as_ref().is_some_and(|status| status.announcement.is_some());
    let faults = if measured { struck::measured(scene, &name).await? } else { Vec::new() };
    scene.delete(&name).await?;
    Ok(Judged { release, faults })
}
