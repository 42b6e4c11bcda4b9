//! The comparison of the sample: twelve blocks in which the candidate is as fast as the last confirmed release, but for
//! noise.

use std::collections::BTreeMap;

use factory_crds::resilience_standard::Comparison;

use crate::{
    dossier::TestResult,
    evidence::{Bucket, ComparisonEvidence, ControlSecond},
    plan::{
        ComparisonPlan, Reference,
        comparison::{PARTS, Side},
    },
};

/// What a request to either takes, in microseconds.
const LATENCY: u64 = 40_063;

/// Twelve blocks, and a fifth longer is too long.
pub fn comparison() -> Comparison {
    Comparison { blocks: 12, seconds: 4, max_p95_slower_ppm: Some(200_000), matters_ms: 5 }
}

/// Of both operations of the sample, at its rate.
pub fn plan(asked: &Comparison, requests_per_minute: u32) -> ComparisonPlan {
    ComparisonPlan::Reference(Reference {
        release: "registered-address-0".to_owned(),
        bundle: format!("sha256:{}", "0f".repeat(32)),
        blocks: asked.blocks,
        seconds: asked.seconds,
        warm_up_seconds: 2,
        requests_per_minute,
        operations: vec![0, 1],
    })
}

/// What the lab would have seen, with the candidate's latency of the other's in parts per million.
pub fn measure(result: &mut TestResult, ppm: u64) {
    let Some(reference) = result.plan.prove.comparison.as_ref().and_then(ComparisonPlan::reference) else { return };
    let turns = reference.turns(&result.announcement.nonce);
    let each = u64::from(reference.requests_per_minute) / 60 / reference.operations.len().max(1) as u64;
    let (mut candidate, mut compared) = (Vec::new(), Vec::new());
    for turn in &turns {
        let (buckets, ppm) =
            if turn.side == Side::Candidate { (&mut candidate, ppm) } else { (&mut compared, 1_000_000) };
        for second in turn.from..turn.to {
            for operation in &reference.operations {
                let noise = (second * 7_919 + u64::from(*operation) * 31) % 101;
                buckets.push(Bucket {
                    second: u32::try_from(second).unwrap_or_default(),
                    operation: *operation,
                    good: each,
                    failed: BTreeMap::new(),
                    latency_us: vec![[(LATENCY + noise) * ppm / 1_000_000, each]],
                });
            }
        }
    }
    let parts = reference.blocks * PARTS;
    let left = each * reference.operations.len() as u64 * u64::from(reference.seconds);
    let second = |second| ControlSecond { second, good: 10, failed: 0, latency_us: vec![[1_023, 10]] };
    let length = u32::try_from(reference.length()).unwrap_or_default();
    let seen = ComparisonEvidence {
        candidate,
        reference: compared,
        lag_us: (0..parts).map(|_| vec![[120, left]]).collect(),
        control: result.plan.prove.control.is_some().then(|| (0..length).map(second).collect()),
    };
    if let Some(prove) = &mut result.evidence.prove {
        prove.comparison = Some(seen);
    }
}
