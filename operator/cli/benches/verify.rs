//! `make bench ONLY=verify`: how long a reader of a large dossier waits for its verdict, beside the second verifier.
//! The dossier is the tests' sample as a service with six hundred thousand users would have it. Beside the road;
//! nothing here is part of the product.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "what cannot be measured ends the measurement")]

use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use factory_assurance::{
    dossier::TestResult,
    dsse::{PrivateKey, sign},
    sample,
};
use serde_json::json;

/// Operations of the load, each with its own histogram in each second.
const OPERATIONS: u32 = 20;
/// How many times more requests of each operation there are than in the sample: 6,000 a second.
const TIMES: u64 = 600;
/// Different latencies in a second of an operation.
const DIFFERENT: u64 = 3_000;
/// Requests of an operation in a second of the sample.
const SAMPLED: u64 = 10;
/// A person who waits longer looks elsewhere.
const GOAL_MS: f64 = 1_000.0;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-verify");
    fs::create_dir_all(&folder).unwrap();
    let (dossier, public) = (folder.join("dossier.json"), folder.join("dossier.pub"));
    let key = PrivateKey::generate();
    fs::write(&public, key.public().to_pem().unwrap()).unwrap();
    let envelope = serde_json::to_vec(&sign(&large().into_statement().unwrap(), &key).unwrap()).unwrap();
    fs::write(&dossier, &envelope).unwrap();

    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-harness/peers/verify.py");
    let mut ours = Command::new(env!("CARGO_BIN_EXE_kubectl-factory"));
    ours.arg("verify").arg(&dossier).arg("--key").arg(&public);
    let mut second = Command::new("python3");
    second.arg(peer).arg(&dossier).arg("--key").arg(&public);
    let (ours, second) = (median(&mut ours, 5), median(&mut second, 3));
    let megabytes = envelope.len() / 1_000_000;
    let name = format!("verify of {megabytes} MB, offline, median of 5");
    println!("  {name:<50} {ours:>8.0} ms   goal at most {GOAL_MS}; the second verifier {second:.0} ms");
    if let Some(file) = env::var_os("OUTPUT") {
        let figure = json!([{"name": name, "value": ours, "unit": "ms", "peer": "second verifier (Python)",
            "peerValue": second, "ratio": second / ours, "goal": format!("at most {GOAL_MS}"), "holds": ours <= GOAL_MS}]);
        fs::write(file, serde_json::to_string_pretty(&figure).unwrap()).unwrap();
    }
}

/// Milliseconds of a run of `command`, which must pass the dossier.
fn median(command: &mut Command, runs: usize) -> f64 {
    let mut all: Vec<Duration> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            let output = command.output().unwrap();
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            began.elapsed()
        })
        .collect();
    all.sort();
    all[runs / 2].as_secs_f64() * 1_000.0
}

/// The sample with more operations, and more requests of each.
fn large() -> TestResult {
    let mut result = sample::passing();
    let load = &mut result.plan.prove.load;
    let model = load.operations[1].clone();
    let before = u64::try_from(load.operations.len()).unwrap();
    for number in load.operations.len()..OPERATIONS as usize {
        let mut operation = model.clone();
        operation.name = format!("GET /{number}");
        operation.request.path = format!("/{number}");
        load.operations.push(operation);
    }
    let more = TIMES * u64::from(OPERATIONS) / before;
    let wide = |few: u32| few * u32::try_from(more).unwrap();
    (load.requests_per_minute, load.max_in_flight) = (wide(load.requests_per_minute), wide(load.max_in_flight));
    result.availability.simultaneous_users = wide(result.availability.simultaneous_users);

    let prove = result.evidence.prove.as_mut().unwrap();
    let seconds = u32::try_from(prove.slots.len() / 10).unwrap();
    let known = std::mem::take(&mut prove.buckets);
    for second in 0..seconds {
        for operation in 0..OPERATIONS {
            let was = known.iter().find(|bucket| (bucket.second, bucket.operation) == (second, operation));
            let mut bucket = was.unwrap_or(&known[0]).clone();
            (bucket.second, bucket.operation) = (second, operation);
            bucket.good = SAMPLED * TIMES - bucket.failed.values().sum::<u64>();
            let each = bucket.good / DIFFERENT;
            bucket.latency_us = (0..DIFFERENT).map(|step| [4_011 + 3 * step, each]).collect();
            bucket.latency_us[0][1] += bucket.good - each * DIFFERENT;
            prove.buckets.push(bucket);
        }
    }
    let due = TIMES * u64::from(OPERATIONS);
    for [good, failed] in &mut prove.slots {
        *good = u32::try_from(due - u64::from(*failed)).unwrap();
    }
    for [_, count] in &mut prove.lag_us {
        *count *= more;
    }
    sample::judged(result)
}
