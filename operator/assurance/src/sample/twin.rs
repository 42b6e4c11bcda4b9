//! A twin in front of the sample's service, and what it answered.

use std::collections::BTreeMap;

use crate::{
    dossier::TestResult,
    evidence::{Bucket, TwinEvidence},
    plan::{
        PhaseRole, TwinPlan,
        twin::{hold_us, percent},
    },
};

/// Ten requests a second.
pub fn plan() -> TwinPlan {
    TwinPlan {
        name: "slow-twin-in-front-of-the-candidate".to_owned(),
        port: 8080,
        operation: 0,
        requests_per_second: 10,
    }
}

/// Each answer a little later than it was held back.
pub fn measured(result: &TestResult) -> TwinEvidence {
    let percent = percent(&result.announcement.nonce);
    let hold = hold_us(percent, result.standard.steady.p95_ms);
    let bucket = |second| Bucket {
        second,
        operation: 0,
        good: 10,
        failed: BTreeMap::new(),
        latency_us: vec![[hold + 1_023, 9], [hold + 8_191, 1]],
    };
    let mut from = 0;
    let mut buckets = Vec::new();
    for phase in &result.plan.prove.phases {
        let to = from + phase.seconds;
        if phase.role == (PhaseRole::Steady {}) {
            buckets.extend((from..to).map(bucket));
        }
        from = to;
    }
    TwinEvidence { percent, buckets }
}
