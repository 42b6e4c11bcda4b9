//! The evidence of the sample: what the lab would have measured on a sound service.

mod doses;

use std::{collections::BTreeMap, ops::Range};

use crate::{
    evidence::{
        Answer, Bucket, CheckResult, ContractResult, ControlSecond, Failure, FaultEvidence, Mutant, Mutation,
        OperationResult, PhaseSpan, PodGone, PodSeen, ProveEvidence, StepResult, VerifyEvidence,
    },
    plan::{ControlPlan, Phase, PhaseRole, Plan, ProvePlan},
};
use factory_crds::{
    resilience_standard::{FaultKind, Share},
    state_service::Step,
};

/// Requests of each of the two operations that are due in each tenth of a second.
const DUE: u32 = 1;

pub fn verify(plan: &Plan, nonce: &str) -> VerifyEvidence {
    let step = |step: &Step| StepResult {
        status: Some(step.expect.status),
        deviations: Vec::new(),
        mutants: [Mutation::WrongStatus, Mutation::EmptyBody, Mutation::WrongValues]
            .map(|mutation| Mutant { mutation, rejected: true })
            .to_vec(),
    };
    let operation = |method: &str, path: &str, status| OperationResult {
        method: method.to_owned(),
        path: path.to_owned(),
        answers: vec![Answer { status, contradictions: Vec::new() }],
    };
    VerifyEvidence {
        nonce: nonce.to_owned(),
        checks: plan
            .verify
            .checks
            .iter()
            .map(|check| CheckResult { name: check.name.clone(), steps: check.steps.iter().map(step).collect() })
            .collect(),
        contracts: vec![ContractResult {
            component: "web".to_owned(),
            path: "/openapi.json".to_owned(),
            unreadable: None,
            digest: format!("sha256:{}", "e5".repeat(32)),
            operations: vec![
                operation("POST", "/v1/certificates", 201),
                operation("GET", "/v1/certificates/{id}", 200),
            ],
        }],
    }
}

pub fn prove(plan: &Plan, nonce: &str) -> ProveEvidence {
    let mut from = 0;
    let mut phases = Vec::new();
    let mut faults = Vec::new();
    for phase in &plan.prove.phases {
        let to = from + u64::from(phase.seconds) * 1_000;
        phases.push(PhaseSpan { name: phase.name.clone(), from_ms: from, to_ms: to });
        faults.extend(fault(&plan.prove, phase, from));
        from = to;
    }
    let seconds = u32::try_from(from / 1_000).unwrap_or(u32::MAX);
    let bucket = |second, operation| Bucket {
        second,
        operation,
        good: u64::from(10 * DUE),
        failed: BTreeMap::new(),
        latency_us: vec![[4_011, 9], [12_031, 1]],
    };
    ProveEvidence {
        nonce: nonce.to_owned(),
        started_unix_ms: 1_795_000_000_000,
        phases,
        buckets: (0..seconds).flat_map(|second| [bucket(second, 0), bucket(second, 1)]).collect(),
        slots: vec![[2 * DUE, 0]; seconds as usize * 10],
        lag_us: vec![[85, u64::from(seconds) * 19], [1_203, u64::from(seconds)]],
        step_lag_us: Vec::new(),
        faults,
        control: plan.prove.control.as_ref().map(|control| (0..seconds).map(|second| quiet(control, second)).collect()),
        twin: None,
        profile: None,
        soak: None,
        drawn: None,
        comparison: None,
    }
}

/// A second of a control that answered at once.
pub fn quiet(control: &ControlPlan, second: u32) -> ControlSecond {
    let good = u64::from(control.requests_per_second);
    ControlSecond { second, good, failed: 0, latency_us: vec![[611, good - 1], [2_047, 1]] }
}

/// When a fault is ordered and injected, from the start of its phase, in milliseconds.
const INJECTED: u64 = 40;

fn fault(plan: &ProvePlan, phase: &Phase, from: u64) -> Option<FaultEvidence> {
    let PhaseRole::Fault { kind, component, strike } = &phase.role else { return None };
    let uid = |index: u32| format!("{component}-{}-{index}", kind.slug());
    let gone = match kind {
        FaultKind::PodKill | FaultKind::Eviction => 1,
        kind if kind.replaces_all() => 2,
        _ => 0,
    };
    // Each pod is on a node of its own.
    let of_node = strike.as_ref().is_some_and(|strike| strike.share == Share::Node);
    let node = |index: u32| of_node.then_some(index);
    let lease = strike.as_ref().map_or(0, |strike| u64::from(strike.lease_seconds) * 1_000);
    Some(FaultEvidence {
        phase: phase.name.clone(),
        ordered_ms: Some(from + INJECTED),
        injected_ms: Some(from + INJECTED),
        errors: Vec::new(),
        before: (0..2).map(|index| PodSeen { uid: uid(index), ready: true, node: node(index) }).collect(),
        gone: (0..gone).map(|index| PodGone { uid: uid(index), at_ms: from + 60 + u64::from(index) * 2_000 }).collect(),
        ready_again_ms: Some(from + 3_500),
        residue: Vec::new(),
        ended_ms: (lease > 0).then_some(from + INJECTED + lease + 12),
        doses: match strike {
            Some(strike) => doses::of(*kind, strike, uid),
            None if kind.rotates() => doses::rotated(plan.rotated(component), uid),
            None => Vec::new(),
        },
        tries: Vec::new(),
    })
}

/// Lets one request of `operation` fail in each of `slots`: in its bucket, its slot, and, where no
/// answer was complete, in the latencies.
pub fn fail(prove: &mut ProveEvidence, operation: u32, slots: Range<u32>, cause: Failure) {
    for slot in slots {
        let Some(counts) = prove.slots.get_mut(slot as usize).filter(|counts| counts[0] > 0) else { continue };
        let bucket =
            prove.buckets.iter_mut().find(|bucket| bucket.second == slot / 10 && bucket.operation == operation);
        let Some(bucket) = bucket.filter(|bucket| bucket.good > 0) else { continue };
        counts[0] -= 1;
        counts[1] += 1;
        bucket.good -= 1;
        *bucket.failed.entry(cause).or_default() += 1;
        if cause == Failure::Unsent
            && let Some(early) = lags(&prove.phases, &mut prove.lag_us, &mut prove.step_lag_us, slot).first_mut()
        {
            early[1] -= 1;
        }
        if !matches!(cause, Failure::Status | Failure::Content) {
            if let Some(last) = bucket.latency_us.first_mut() {
                last[1] -= 1;
            }
            bucket.latency_us.retain(|[_, count]| *count > 0);
        }
    }
}

/// The lags among which those of `slot` are: those of its step, or of all before the ladder.
fn lags<'a>(
    phases: &[PhaseSpan],
    before: &'a mut Vec<[u64; 2]>,
    steps: &'a mut [Vec<[u64; 2]>],
    slot: u32,
) -> &'a mut Vec<[u64; 2]> {
    let phase = phases.iter().position(|span| u64::from(slot) * 100 < span.to_ms).unwrap_or(0);
    let step = phase.checked_sub(phases.len() - steps.len()).and_then(|step| steps.get_mut(step));
    step.unwrap_or(before)
}
