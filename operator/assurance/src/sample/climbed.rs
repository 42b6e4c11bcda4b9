//! The ladder of the sample: three steps above its 20 requests a second, on one node.

use std::collections::BTreeMap;

use factory_crds::resilience_standard::Capacity;

use crate::{
    dossier::TestResult,
    evidence::{Bucket, NodeProfile, PhaseSpan, PodsProfile, Profile, ProveEvidence},
    plan::{Arrivals, Gaps, Phase, PhaseRole, ProvePlan, Stretch, WHOLE_PPM},
};

use super::measured::quiet;

/// Seconds of a step.
const STEP: u32 = 4;
/// Requests of both operations together that are due in a tenth of a second at the declared rate.
const DUE: u32 = 2;

/// Of which 200 % must hold.
pub fn capacity() -> Capacity {
    Capacity { steps_percent: vec![150, 200, 300], step_seconds: STEP, headroom_percent: 200 }
}

/// Adds the steps of `capacity` to the end of `plan`.
pub fn plan(plan: &mut ProvePlan, capacity: &Capacity) {
    let before = plan.phases.iter().map(|phase| phase.seconds).sum();
    let mut stretches = vec![Stretch::level(before, WHOLE_PPM)];
    for percent in &capacity.steps_percent {
        let (name, role) = (format!("capacity-{percent}"), PhaseRole::Capacity { percent: *percent });
        plan.phases.push(Phase { name, seconds: capacity.step_seconds, role });
        stretches.push(Stretch::level(capacity.step_seconds, percent * (WHOLE_PPM / 100)));
    }
    plan.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
}

/// What the lab would have measured of a sound service in the steps of the plan of `result`, after all that is in
/// its evidence already.
pub fn measure(result: &mut TestResult) {
    let components: Vec<String> = result.bundle.images.keys().cloned().collect();
    let Some(prove) = &mut result.evidence.prove else { return };
    for phase in &result.plan.prove.phases {
        let PhaseRole::Capacity { percent } = phase.role else { continue };
        let from = prove.phases.last().map_or(0, |span| span.to_ms);
        let to_ms = from + u64::from(phase.seconds) * 1_000;
        prove.phases.push(PhaseSpan { name: phase.name.clone(), from_ms: from, to_ms });
        step(prove, from, phase.seconds, DUE * percent / 100);
        if let Some((seen, control)) = prove.control.as_mut().zip(result.plan.prove.control.as_ref()) {
            let first = u32::try_from(from / 1_000).unwrap_or(u32::MAX);
            seen.extend((first..first + phase.seconds).map(|second| quiet(control, second)));
        }
    }
    let pods = components.into_iter().map(|component| PodsProfile {
        component,
        count: 2,
        cpu_milli: Some(500),
        memory_bytes: Some(128 << 20),
    });
    prove.profile = Some(Profile {
        nodes: vec![NodeProfile {
            cpu_milli: 2_000,
            memory_bytes: 4 << 30,
            architecture: "amd64".to_owned(),
            kernel: "6.1.0-18-amd64".to_owned(),
            pods: pods.collect(),
        }],
    });
}

/// `due` requests in each tenth of `seconds`, as many as possible of both operations.
fn step(prove: &mut ProveEvidence, from_ms: u64, seconds: u32, due: u32) {
    let first = u32::try_from(from_ms / 1_000).unwrap_or(u32::MAX);
    for second in first..first + seconds {
        for (operation, of_tenth) in [(0, due - due / 2), (1, due / 2)] {
            let good = u64::from(10 * of_tenth);
            let latency_us = vec![[4_011, good - 1], [12_031, 1]];
            prove.buckets.push(Bucket { second, operation, good, failed: BTreeMap::new(), latency_us });
        }
    }
    prove.slots.extend(vec![[due, 0]; seconds as usize * 10]);
    let sent = u64::from(due) * 10;
    prove.step_lag_us.push(vec![[85, u64::from(seconds) * (sent - 1)], [1_203, u64::from(seconds)]]);
}
