//! Journey: a service of the corpus that keeps a page of every request holds in every phase, and is refused for where its
//! memory leads to; its sound twin passes the same soak.

use std::fs;

use factory_journeys::{
    Failure,
    corpus::pairs,
    ensure,
    road::{Standing, reasons, standing},
    scene::Scene,
    sources,
    standard::fault,
    struck,
};
use serde_json::{Value, json};

/// The service's pages, and smaller ones: a pod lasts for minutes.
const PAGE: [&str; 2] = ["PAGE = 2 << 20", "PAGE = 12 << 10"];

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_is_refused_for_where_it_leads_to_and_its_sound_twin_passes() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-soak").await?;
    let root = &scene.people.cluster.root;
    let all = pairs(root)?;
    let leak = all.iter().find(|pair| pair.name == "leak").ok_or_else(|| Failure::new("the corpus has no leak"))?;
    let folder = root.join("test-harness/corpus/service");
    let front = fs::read_to_string(folder.join("offices/front.py"))?;
    ensure(front.contains(PAGE[0]), || "the page of front.py has another size".to_owned())?;
    let small = front.replace(PAGE[0], PAGE[1]);
    let defect = leak.change(root)?;
    for sound in [false, true] {
        let name = Scene::fresh(if sound { "soaked" } else { "leaks" });
        let mut changes = vec![("offices/front.py", small.clone())];
        changes.extend((!sound).then(|| (defect.0.as_str(), defect.1.clone())));
        let (git, commit) = sources::push_tree(&scene.people.cluster, &folder, &name, &changes).await?;
        let manifest = leak.manifest(root, true)?.named(&scene.participant, &name).with("/spec/source/git", json!(git));
        let asks = json!({
            "faults": [fault("PodKill", &json!({"windowSeconds": 8}))],
            // Its heap has grown to its size by then.
            "load": {"thinkTime": "5s", "timeout": "1s", "warmUpSeconds": 30, "steadySeconds": 4},
            "soak": {"soakSeconds": 60, "everySeconds": 1, "horizonSeconds": 1800, "memoryPercent": 90,
                "descriptorPercent": 100},
        });
        let release = scene.to_the_end_under(("critical", asks), &manifest, &commit, false).await?;
        let found = reasons(&release).join("; ");
        let stands = standing(&release);
        let as_wanted = if sound { stands == Standing::WithRegulator } else { matches!(stands, Standing::Stopped(_)) };
        ensure(as_wanted, || format!("{name}: {found}"))?;
        let dossier = struck::predicate(&scene, &name).await?;
        looked_at(&dossier)?;
        let grows = found.contains("memory of pod") && found.contains("leads to");
        ensure(grows != sound, || format!("{name}: {found}"))?;
        scene.delete(&name).await?;
    }
    Ok(())
}

/// Every pod was looked at about once a second, and its memory and descriptors are numbers that a process can have.
fn looked_at(dossier: &Value) -> Result<(), Failure> {
    let pods = dossier["evidence"]["prove"]["soak"].as_array().cloned().unwrap_or_default();
    ensure(pods.len() >= 2, || format!("{} pods", pods.len()))?;
    for pod in pods {
        let samples = pod["runs"][0]["samples"].as_array().cloned().unwrap_or_default();
        let of = |sample: &Value, which: usize| sample[which].as_u64().unwrap_or(0);
        let plain = samples.iter().all(|sample| of(sample, 1) > 1 << 20 && (3..10_000).contains(&of(sample, 2)));
        ensure(samples.len() >= 54 && plain, || format!("{pod}"))?;
    }
    Ok(())
}
