//! The soak of the sample: a minute in which its pods use what they always do.

use factory_crds::resilience_standard::Soak;

use crate::{
    dossier::TestResult,
    evidence::{SoakedPod, SoakedRun},
    plan::{Phase, PhaseRole, ProvePlan},
};

/// Pods of a component.
const PODS: u32 = 2;
/// Phases before the soak: warm-up and steady state.
const BEFORE: usize = 2;

/// A minute, and two hours ahead.
pub fn soak() -> Soak {
    Soak {
        soak_seconds: 60,
        every_seconds: 1,
        horizon_seconds: 7_200,
        memory_percent: 90,
        descriptor_percent: 100,
        p95_ms: Some(400),
    }
}

/// Puts the `soak` of `components` into `plan`, before its first fault.
pub fn plan(plan: &mut ProvePlan, soak: &Soak, components: &[&str]) {
    let components = components.iter().map(|name| (*name).to_owned()).collect();
    let role = PhaseRole::Soak { every_seconds: soak.every_seconds, components };
    plan.phases.insert(BEFORE, Phase { name: "soak".to_owned(), seconds: soak.soak_seconds, role });
}

/// What the lab would have seen of pods in the soak of the plan of `result`.
pub fn measure(result: &mut TestResult) {
    let phases = &result.plan.prove.phases;
    let from: u64 = phases.iter().take(BEFORE).map(|phase| u64::from(phase.seconds)).sum();
    let Some((PhaseRole::Soak { every_seconds, components }, seconds)) =
        phases.get(BEFORE).map(|phase| (&phase.role, phase.seconds))
    else {
        return;
    };
    let looks = u64::from(seconds / every_seconds);
    let moments: Vec<u64> = (0..looks).map(|look| 1_000 * (from + look * u64::from(*every_seconds)) + 20).collect();
    let mut components = components.clone();
    components.sort();
    let pods = components.iter().flat_map(|component| (0..PODS).map(|index| pod(component, index, &moments))).collect();
    if let Some(prove) = &mut result.evidence.prove {
        prove.soak = Some(pods);
    }
}

/// About 40 MiB of 128, and 20 descriptors of 1024.
fn pod(component: &str, index: u32, moments: &[u64]) -> SoakedPod {
    let sample = |(look, at): (u64, &u64)| {
        let noise = (look * 7_919 + u64::from(index) * 31) % 101;
        [*at, (40 << 20) + noise * 4_096, 20 + look % 3]
    };
    let samples = (0_u64..).zip(moments).map(sample).collect();
    SoakedPod {
        component: component.to_owned(),
        uid: format!("{component}-soak-{index}"),
        ready: true,
        gone_ms: None,
        errors: Vec::new(),
        runs: vec![SoakedRun { memory_limit: 128 << 20, descriptor_limit: 1_024, samples }],
    }
}
