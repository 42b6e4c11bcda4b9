//! What pods of a sound service use during a soak: garbage that comes and is collected, and noise that depends on what
//! it was before. Nothing of it is recorded yet, so it is drawn.

// Shares are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use factory_assurance::{
    evidence::{SoakedPod, SoakedRun},
    plan::{Phase, PhaseRole},
};

use super::super::varied::Random;
use super::draw::share;

/// Pods of each component.
const PODS: u32 = 2;
/// How much the noise depends on the look before.
const DEPENDS: f64 = 0.8;

/// The pods in the soak among `phases`, if there is one.
pub fn seen(phases: &[Phase], random: &mut Random) -> Option<Vec<SoakedPod>> {
    let mut from: u64 = 0;
    for phase in phases {
        if let PhaseRole::Soak { every_seconds, components } = &phase.role {
            let looks = (0..phase.seconds / every_seconds).map(|look| from + u64::from(look * every_seconds));
            let moments: Vec<u64> = looks.map(|second| 1_000 * second + 40).collect();
            let pods = components.iter().flat_map(|component| (0..PODS).map(move |index| (component, index)));
            return Some(pods.map(|(component, index)| pod(component, index, &moments, random)).collect());
        }
        from += u64::from(phase.seconds);
    }
    None
}

/// Memory saws by up to 8 MiB, with teeth of a fiftieth to a third of the soak.
fn pod(component: &str, index: u32, moments: &[u64], random: &mut Random) -> SoakedPod {
    let tooth = (0.02 + 0.3 * share(random)) * moments.len() as f64;
    let mut at = share(random) * tooth;
    let (mut of_memory, mut of_descriptors) = (0.0, 0.0);
    let mut next = |noise: &mut f64| {
        *noise = DEPENDS * *noise + (share(random) + share(random) - 1.0);
        *noise
    };
    let sample = |moment: &u64| {
        at = (at + 1.0) % tooth;
        let memory = 60.0 + 8.0 * at / tooth + next(&mut of_memory);
        let descriptors = 40.0 + 3.0 * next(&mut of_descriptors);
        [*moment, (memory * 1_048_576.0) as u64, descriptors as u64]
    };
    SoakedPod {
        component: component.to_owned(),
        uid: format!("{component}-{index}"),
        ready: true,
        gone_ms: None,
        errors: Vec::new(),
        runs: vec![SoakedRun {
            memory_limit: 128 << 20,
            descriptor_limit: 1_024,
            samples: moments.iter().map(sample).collect(),
        }],
    }
}
