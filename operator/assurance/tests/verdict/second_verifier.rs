//! The second implementation, in another language and from `docs/verdict.md`, agrees bit for bit:
//! on hundreds of varied results, on the vectors that are kept for ever, and on a signed dossier.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use factory_assurance::{
    canonical,
    dossier::{Dossier, TestResult},
    dsse::{self, Envelope, PrivateKey, PublicKey},
    evidence::Failure,
    plan::PhaseRole,
    sample,
    term::Term,
};
use factory_crds::{Json, release::Outcome, resilience_standard::Direction};
use serde_json::json;

use super::{
    closed, comparison, cut_off, drawn, fault, history, rotated, shaped, simulated, soak, third, twin, varied,
};

const RESULTS: u64 = 1_800;

pub fn verifier(arguments: &[&Path]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-harness/peers/verify.py");
    Command::new("python3").arg(script).args(arguments).output().expect("python3 is needed for the second verifier")
}

/// A file of its own for every call: tests of one process run side by side.
pub fn temporary(name: &str) -> PathBuf {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{call}-{name}", std::process::id()))
}

/// Asserts that the second verifier says, line by line, what `judge` says.
pub fn assert_agree(results: &[TestResult]) {
    let file = temporary("results.jsonl");
    let lines: String = results.iter().map(|result| serde_json::to_string(result).unwrap() + "\n").collect();
    fs::write(&file, lines).unwrap();
    let output = verifier(&[Path::new("--judge-lines"), &file]);
    fs::remove_file(&file).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), results.len());
    for (index, (result, theirs)) in results.iter().zip(theirs.lines()).enumerate() {
        let ours = String::from_utf8(canonical::bytes(&result.judge()).unwrap()).unwrap();
        assert_eq!(ours, theirs, "result {index}");
    }
}

#[test]
fn the_second_verifier_agrees_where_a_peer_is_a_database_and_where_there_is_none() {
    let stored = sample::stored();
    assert_eq!(stored.verdict.outcome, Outcome::Passed);
    let mut made_up = stored.clone();
    made_up.bundle.databases.clear();
    assert_eq!(made_up.judge().outcome, Outcome::Inconclusive);
    assert_agree(&[stored, made_up]);
}

#[test]
fn the_second_verifier_agrees_on_varied_results() {
    let results: Vec<TestResult> = (0..RESULTS).map(varied::result).collect();
    // Agreement on one kind of result only would say little.
    for outcome in [Outcome::Passed, Outcome::Inconclusive, Outcome::Failed] {
        let count = results.iter().filter(|result| result.verdict.outcome == outcome).count();
        assert!(count > 60, "{count} are {outcome:?}");
    }
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    assert!(codes.len() > 30, "{codes:?}");
    let of_doses = ["FaultDoseUnknown", "FaultTooWide", "FaultP95TooHigh", "LeaseOverrun", "LeaseCutShort"];
    assert!(of_doses.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    let of_ladder = ["CapacityFailuresTooHigh", "StepNotAsked", "ProfileMissing"];
    assert!(of_ladder.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    let of_operations = ["OperationFailuresTooHigh", "OperationHardlyAsked"];
    assert!(of_operations.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert_agree(&results);
}

/// Twins that were late, were not, failed, or were lost.
#[test]
fn the_second_verifier_agrees_on_twins() {
    let results: Vec<TestResult> = (0..400).map(varied::twin).collect();
    let count = |code: &str| {
        let found = |result: &&TestResult| result.verdict.findings.iter().any(|finding| finding.code == code);
        results.iter().filter(found).count()
    };
    let refused = results.iter().filter(|result| result.verdict.outcome != Outcome::Inconclusive).count();
    let counts = [count("TwinPassed"), count("TwinMissing"), refused];
    assert!(counts.into_iter().all(|count| count > 10), "{counts:?}");
    assert_agree(&results);
}

/// Soaks in which pods leaked, wandered, were started again or were lost.
#[test]
fn the_second_verifier_agrees_on_soaks() {
    let results: Vec<TestResult> = (0..400).map(varied::soaked).collect();
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    let of_soak = [
        "DescriptorsGrow",
        "LatencyGrows",
        "MemoryGrows",
        "SoakMissing",
        "SoakPodGone",
        "SoakRestarted",
        "SoakTooFewSamples",
        "SoakUnbounded",
    ];
    assert!(of_soak.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert!(results.iter().any(|result| result.verdict.outcome == Outcome::Passed));
    assert_agree(&results);
}

/// Loads of every shape, and plans that follow from it or do not.
#[test]
fn the_second_verifier_agrees_on_shapes_of_the_load() {
    let results: Vec<TestResult> = (0..600).map(shaped::varied).collect();
    let said = |words: &str| {
        let says = |result: &&TestResult| result.verdict.findings.iter().any(|found| found.message.contains(words));
        results.iter().filter(says).count()
    };
    let counts = ["by the standard it is", "by the standard they are", "does not fit into", "connections of the load"];
    for (words, count) in counts.map(|words| (words, said(words))) {
        assert!(count > 5, "{words}: {count}");
    }
    assert!(results.iter().filter(|result| result.verdict.outcome == Outcome::Passed).count() > 60);
    assert_agree(&results);
}

/// Users who wait, for services that are sound, slow, stall or are away.
#[test]
fn the_second_verifier_agrees_on_users_who_wait() {
    let results: Vec<TestResult> = (0..500).map(closed::varied).collect();
    let count = |code: &str| {
        let found = |result: &&TestResult| result.verdict.findings.iter().any(|finding| finding.code == code);
        results.iter().filter(found).count()
    };
    let counts = ["LoadTooLow", "SteadyP95TooHigh", "SteadyFailuresTooHigh", "PlanIncomplete"].map(count);
    assert!(counts.into_iter().all(|count| count > 10), "{counts:?}");
    assert!(results.iter().filter(|result| result.verdict.outcome == Outcome::Passed).count() > 10);
    assert_agree(&results);
}

/// Descriptions that give something, nothing, or are no descriptions.
#[test]
fn the_second_verifier_agrees_on_what_is_drawn() {
    let results: Vec<TestResult> = (0..600).map(drawn::varied).collect();
    let count = |words: &str| {
        let says = |result: &&TestResult| result.verdict.findings.iter().any(|found| found.message.contains(words));
        results.iter().filter(says).count()
    };
    let counts =
        ["gives nothing that could be drawn", "not as it was to be drawn", "what was drawn from", "drawn description"];
    for (words, count) in counts.map(|words| (words, count(words))) {
        assert!(count > 10, "{words}: {count}");
    }
    assert!(results.iter().filter(|result| result.verdict.outcome == Outcome::Passed).count() > 30);
    assert_agree(&results);
}

/// Comparisons in which one of the two was slower, failed, was disturbed or was not asked.
#[test]
fn the_second_verifier_agrees_on_comparisons() {
    let results: Vec<TestResult> = (0..300).map(varied::compared).collect();
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    let of_comparison =
        ["ComparisonMissing", "ComparisonVoid", "SlowerThanConfirmed", "PlanIncomplete", "EvidenceContradictory"];
    assert!(of_comparison.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert!(results.iter().any(|result| result.verdict.outcome == Outcome::Passed));
    assert_agree(&results);
}

/// Earlier runs that were clean, long, late or without an end, as many as may count or more, and histories of another risk.
#[test]
fn the_second_verifier_agrees_on_earlier_runs() {
    let results: Vec<TestResult> = (0..24).map(history::varied).collect();
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    let expected = ["PlanIncomplete", "DowntimeTooLong", "DowntimeNotExcluded"];
    assert!(expected.into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert!(results.iter().any(|result| result.verdict.outcome == Outcome::Passed));
    assert_agree(&results);
}

/// Years are modelled alike to the last millisecond. Few results, since each has thousands of years.
#[test]
fn the_second_verifier_agrees_on_modelled_years() {
    let results: Vec<TestResult> = (0..16).map(varied::modelled).collect();
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    assert!(["DowntimeTooLong", "DowntimeNotExcluded"].into_iter().all(|code| codes.contains(code)), "{codes:?}");
    assert_agree(&results);
}

/// Runs as they were recorded, and ones that are drawn from them.
#[test]
fn the_second_verifier_agrees_on_recorded_and_simulated_runs() {
    let mut results = simulated::recorded();
    assert!(results.iter().all(|result| result.judge() == result.verdict), "a recorded verdict does not follow");
    results.extend(simulated::some());
    assert_agree(&results);
}

#[test]
fn the_second_verifier_agrees_on_the_vectors() {
    assert_agree(&vectors().into_iter().map(|(_, result)| result).collect::<Vec<_>>());
}

/// Rules of an old version are kept for ever: what was once a verdict stays one.
#[test]
fn the_vectors_keep_their_verdicts() {
    for (name, result) in vectors() {
        assert_eq!(result.judge(), result.verdict, "{name}");
        let rules = name.split('-').next().filter(|first| ["v2", "v3"].contains(first)).unwrap_or("v1");
        assert_eq!(result.rules, format!("factory.gov.kg/verdict/{rules}"), "{name}");
    }
}

#[test]
fn the_second_verifier_opens_a_dossier_and_refuses_an_edited_one() {
    let key = PrivateKey::generate();
    let dossier = sample::failing().into_statement().unwrap();
    let [good, edited, pinned, other] = ["good", "edited", "pinned", "other"].map(temporary);
    fs::write(&good, serde_json::to_string(&dsse::sign(&dossier, &key).unwrap()).unwrap()).unwrap();
    fs::write(&edited, serde_json::to_string(&dsse::sign(&passed_instead(dossier), &key).unwrap()).unwrap()).unwrap();
    fs::write(&pinned, key.public().to_pem().unwrap()).unwrap();
    fs::write(&other, PrivateKey::generate().public().to_pem().unwrap()).unwrap();
    let with = |envelope: &Path, key: &Path| {
        let output = verifier(&[envelope, Path::new("--key"), key]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(with(&good, &pinned), (Some(2), String::new()), "a dossier that failed, in good order");
    let (code, said) = with(&good, &other);
    assert!(code == Some(1) && said.contains("signatures"), "{said}");
    let (code, said) = with(&edited, &pinned);
    assert!(code == Some(1) && said.contains("predicate.verdict"), "{said}");
    for file in [good, edited, pinned, other] {
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn the_second_verifier_holds_evidence_against_the_labs_key() {
    let (key, lab) = (PrivateKey::generate(), PrivateKey::generate());
    let [good, unsigned, foreign, changed, pinned] = ["good", "unsigned", "foreign", "changed", "lab"].map(temporary);
    let put = |file: &Path, result: TestResult| {
        let envelope = dsse::sign(&result.into_statement().unwrap(), &key).unwrap();
        fs::write(file, serde_json::to_string(&envelope).unwrap()).unwrap();
    };
    put(&good, sample::measured_by(sample::passing(), &lab));
    put(&unsigned, sample::passing());
    put(&foreign, sample::measured_by(sample::passing(), &key));
    let mut better = sample::measured_by(sample::passing(), &lab);
    sample::fail(&mut better, 0, 194..195, Failure::Broken);
    put(&changed, sample::judged(better));
    let begins = Term { from: Some("2026-03-04T00:00:00Z".parse().unwrap()), ..Term::at_all_times(lab.public()) };
    fs::write(&pinned, begins.write().unwrap()).unwrap();
    for (file, code, said) in [
        (&good, 0, ""),
        (&unsigned, 1, "predicate.measurements.verify: lacks"),
        (&foreign, 1, "predicate.measurements.verify: signatures"),
        (&changed, 1, "predicate.measurements.prove: subject"),
    ] {
        let output = verifier(&[file, Path::new("--lab-key"), &pinned]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && stderr.contains(said), "{said}: {stderr}");
    }
    // A digest is of the same bytes where Python would write a number in another way.
    let mut small = sample::passing();
    small.plan.verify.checks[0].steps[0].expect.schema = Some(Json(json!({"minimum": 1e-7, "maximum": 1e16})));
    put(&good, sample::judged(sample::measured_by(small, &lab)));
    let output = verifier(&[&good, Path::new("--lab-key"), &pinned]);
    assert_ne!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    for file in [good, unsigned, foreign, changed, pinned] {
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn the_signed_vector_opens_in_both() {
    let folder = folder();
    let key = PublicKey::from_pem(&fs::read_to_string(folder.join("dossier.pub")).unwrap()).unwrap();
    let envelope: Envelope = serde_json::from_slice(&fs::read(folder.join("dossier.dsse.json")).unwrap()).unwrap();
    assert_eq!(envelope.open::<Dossier>(&[key]).unwrap().verify().unwrap().outcome, Outcome::Passed);
    let output = verifier(&[&folder.join("dossier.dsse.json"), Path::new("--key"), &folder.join("dossier.pub")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The dossier with the verdict that its owner would like.
fn passed_instead(mut dossier: Dossier) -> Dossier {
    dossier.predicate.verdict = sample::passing().verdict;
    dossier
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Vectors of the first rules.
const FIRST: [&str; 8] = [
    "passed",
    "fault-cost-too-high",
    "no-load-evidence",
    "generator-lagged",
    "recovery-too-slow",
    "fault-not-felt",
    "check-failed-and-vacuous",
    "description-lies",
];

/// The results in `tests/vectors`, by name.
fn vectors() -> Vec<(String, TestResult)> {
    let names = FIRST.into_iter().chain(all().map(|(name, _)| name));
    names
        .map(|name| {
            let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
            (name.to_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect()
}

/// Vectors with faults of traffic with one peer, and with jitter.
fn of_one_peer() -> Vec<(&'static str, TestResult)> {
    let apart = |change: fn(&mut TestResult)| {
        let mut result = sample::apart();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-one-peer", sample::apart()),
        (
            "v2-one-peer-not-felt",
            apart(|r| {
                fault(r, "partition-web-to-registry").doses[1].during = vec![[0, 3], [1, 27]];
                fault(r, "delay-100-web-to-registry").doses[0].during = vec![[50_410, 5]];
                fault(r, "jitter-100-web").doses[1].during = vec![[60_090, 20], [100_090, 20]];
                fault(r, "jitter-100-registry").doses[0].during = vec![[410, 20], [30_410, 20]];
            }),
        ),
        (
            "v2-one-peer-plan-incomplete",
            apart(|r| {
                r.standard.faults[1].peer = Some("ledger".to_owned());
                r.standard.faults[2].direction = Some(Direction::In);
            }),
        ),
        (
            "v2-one-peer-year-modelled",
            apart(|r| {
                for (limits, times) in r.standard.faults.iter_mut().zip([12, 6, 24, 12]) {
                    limits.times_a_year = Some(times);
                }
                sample::fail(r, 0, 140..146, Failure::Timeout);
            }),
        ),
    ]
}

/// Vectors with faults of answers, of DNS and over HTTP.
fn of_answers() -> Vec<(&'static str, TestResult)> {
    let misled = |change: fn(&mut TestResult)| {
        let mut result = sample::misled();
        change(&mut result);
        sample::judged(result)
    };
    let answering = |change: fn(&mut TestResult)| {
        let mut result = sample::answering();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-answering", sample::answering()),
        (
            "v2-answering-not-felt",
            answering(|r| {
                fault(r, "http-reset-100000-web").doses[0].during = vec![[0, 191], [1, 9]];
                fault(r, "http-delay-200000-web").doses[1].during = vec![[0, 40], [1, 9]];
                fault(r, "http-status-300000-web").doses[0].before = vec![[0, 80], [1, 10]];
                fault(r, "http-cut-400000-web").doses[0].before = vec![[0, 4]];
            }),
        ),
        (
            "v2-answering-plan-incomplete",
            answering(|r| {
                r.standard.faults[1].delay_ms = Some(400);
                r.standard.faults[2].status = Some(500);
            }),
        ),
        ("v2-misled", sample::misled()),
        (
            "v2-misled-not-felt",
            misled(|r| {
                fault(r, "dns-failure-web").doses[0].during = vec![[0, 2], [1, 88]];
                fault(r, "dns-wrong-address-web").doses[0].during = vec![[1, 4]];
                fault(r, "dns-delay-200-web").doses[1].during = vec![[100_800, 30]];
            }),
        ),
        ("v2-misled-plan-incomplete", misled(|r| r.standard.faults[0].names = vec!["registry".to_owned()])),
    ]
}

/// All vectors but those of the first rules.
fn all() -> impl Iterator<Item = (&'static str, TestResult)> {
    let second = cases()
        .into_iter()
        .chain(used_up())
        .chain(of_one_peer())
        .chain(of_answers())
        .chain(of_packets())
        .chain(beside())
        .chain(of_ladder())
        .chain(twin::vectors());
    second
        .map(|(name, result)| (name, by_the_second(result)))
        .chain(third::cases())
        .chain(soak::vectors())
        .chain(rotated::vectors())
        .chain(cut_off::vectors())
        .chain(shaped::vectors())
        .chain(closed::vectors())
        .chain(drawn::vectors())
        .chain(comparison::vectors())
        .chain(history::vectors())
}

/// As the factory would have reported it that knew the second rules.
fn by_the_second(mut result: TestResult) -> TestResult {
    result.rules = "factory.gov.kg/verdict/v2".to_owned();
    (result.standard.class, result.standard.load) = (None, None);
    for fault in result.evidence.prove.iter_mut().flat_map(|prove| &mut prove.faults) {
        fault.ordered_ms = None;
    }
    sample::judged(result)
}

/// Vectors with faults of a share of packets, and without the control plane.
fn of_packets() -> Vec<(&'static str, TestResult)> {
    let disordered = |change: fn(&mut TestResult)| {
        let mut result = sample::disordered();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-disordered", sample::disordered()),
        (
            "v2-disordered-not-felt",
            disordered(|r| {
                fault(r, "duplicate-100000-web").doses[0].during = vec![[0, 381], [1, 19]];
                fault(r, "corrupt-50000-web").doses[0].before = vec![[0, 290], [1, 10]];
                fault(r, "reorder-200000-web-to-registry").doses[0].during = vec![[0, 29], [1, 20]];
                fault(r, "control-plane-outage-web").doses[1].during = vec![[0, 1], [1, 23]];
                fault(r, "corrupt-50000-registry").doses[0].during = vec![[0, 95], [1, 4]];
                fault(r, "control-plane-outage-registry").doses[0].before = vec![[0, 7], [1, 1]];
            }),
        ),
        (
            "v2-disordered-plan-incomplete",
            disordered(|r| {
                r.standard.faults[0].packet_ppm = Some(200_000);
                let PhaseRole::Fault { strike: Some(strike), .. } = &mut r.plan.prove.phases[3].role else { return };
                strike.strength = 1_000_001;
            }),
        ),
        (
            "v2-control-plane-unknown",
            disordered(|r| {
                fault(r, "control-plane-outage-web").doses[0].during = vec![[1, 4]];
                fault(r, "control-plane-outage-registry").doses[1].before = vec![[0, 4]];
            }),
        ),
    ]
}

/// Vectors with a control.
fn beside() -> Vec<(&'static str, TestResult)> {
    let mut moved = sample::watched();
    sample::fail(&mut moved, 0, 190..230, Failure::Timeout);
    for one in moved.evidence.prove.iter_mut().flat_map(|prove| prove.control.iter_mut().flatten()) {
        match one.second {
            19..23 => one.latency_us = vec![[611, 9], [233_471, 1]],
            30 => (one.good, one.failed, one.latency_us) = (5, 5, vec![[611, 5]]),
            _ => {}
        }
    }
    let mut lacking = sample::watched();
    lacking.evidence.prove.iter_mut().for_each(|prove| prove.control = None);
    vec![
        ("v2-control", sample::watched()),
        ("v2-control-moved", sample::judged(moved)),
        ("v2-control-missing", sample::judged(lacking)),
    ]
}

/// Vectors with a ladder.
fn of_ladder() -> Vec<(&'static str, TestResult)> {
    let climbed = |change: fn(&mut TestResult)| {
        let mut result = sample::climbed();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-capacity-held", sample::climbed()),
        ("v2-capacity-broke-below", climbed(|r| sample::fail(r, 0, 400..440, Failure::Timeout))),
        ("v2-capacity-broke-beyond", climbed(|r| sample::fail(r, 1, 440..480, Failure::Connect))),
        (
            "v2-capacity-void",
            climbed(|r| {
                sample::fail(r, 0, 400..440, Failure::Timeout);
                let seen = r.evidence.prove.iter_mut().flat_map(|prove| prove.control.iter_mut().flatten());
                seen.filter(|one| (40..44).contains(&one.second)).for_each(|one| one.latency_us[1][0] = 233_471);
            }),
        ),
        (
            "v2-capacity-not-asked",
            climbed(|r| {
                sample::fail(r, 0, 360..364, Failure::Unsent);
                r.evidence.prove.iter_mut().for_each(|prove| prove.profile = None);
            }),
        ),
        (
            "v2-capacity-plan-incomplete",
            climbed(|r| r.standard.capacity.iter_mut().for_each(|capacity| capacity.step_seconds = 9)),
        ),
    ]
}

/// Vectors of what a container may use and that runs out.
fn used_up() -> Vec<(&'static str, TestResult)> {
    let used_up = |change: fn(&mut TestResult)| {
        let mut result = sample::exhausted();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("v2-used-up", sample::exhausted()),
        (
            "v2-used-up-not-felt",
            used_up(|r| {
                fault(r, "cpu-starvation-80-web").doses[0].during = vec![[69, 20], [80, 60]];
                fault(r, "disk-full-95-web").doses[0].during = vec![[3, 40], [95, 40]];
                fault(r, "descriptor-exhaustion-90-web").doses[0].during = vec![[79, 40], [90, 40]];
            }),
        ),
        (
            "v2-used-up-unknown",
            used_up(|r| {
                fault(r, "cpu-starvation-80-web").doses[0].before = vec![[61, 8]];
                fault(r, "disk-full-95-web").doses[0].before = vec![[76, 8]];
                fault(r, "descriptor-exhaustion-90-web").doses[0].during = vec![[90, 4]];
            }),
        ),
    ]
}

/// Vectors of the second rules.
fn cases() -> Vec<(&'static str, TestResult)> {
    let changed = |mut result: TestResult, change: fn(&mut TestResult)| {
        change(&mut result);
        sample::judged(result)
    };
    let with = |change| changed(sample::struck(), change);
    let pressed = |change| changed(sample::pressed(), change);
    vec![
        ("v2-passed", sample::passing()),
        ("v2-on-nodes-passed", sample::struck()),
        ("v2-fault-cost-too-high", sample::failing()),
        (
            "v2-slow-and-late",
            with(|r| {
                sample::fail(r, 0, 210..216, Failure::Timeout);
                r.standard.faults[2].max_failed_ppm = 300_000;
                r.standard.faults[3].p95_ms = Some(12);
                r.standard.faults[3].p99_ms = Some(12);
                r.availability.recovery_time = "200ms".parse().unwrap();
            }),
        ),
        (
            "v2-not-felt",
            with(|r| {
                fault(r, "container-kill-web").doses[0].during = vec![[0, 30]];
                fault(r, "freeze-web").doses[0].during = vec![[0, 4], [1, 26]];
                fault(r, "partition-web").doses[3].during = vec![[0, 1], [1, 26]];
                fault(r, "delay-200-web").doses[1].during = vec![[98_300, 40]];
                fault(r, "delay-50-web").doses[0].during = vec![[500, 3], [50_500, 5]];
                fault(r, "loss-50000-web").doses[0].during = vec![[0, 396], [1, 4]];
                fault(r, "bandwidth-500-web").doses[0].during = vec![[400, 1], [900, 3]];
                fault(r, "dns-outage-web").doses[1].before = vec![[0, 8], [1, 1]];
            }),
        ),
        (
            "v2-dose-unknown",
            with(|r| {
                fault(r, "container-kill-web").doses[0].before.clear();
                fault(r, "freeze-web").doses[0].during = vec![[1, 4]];
                fault(r, "partition-web").doses.truncate(2);
                fault(r, "delay-200-web").doses.pop();
                fault(r, "loss-50000-web").doses[0].during = vec![[0, 60], [1, 4]];
                fault(r, "bandwidth-500-web").doses[0].before = vec![[450, 4]];
                fault(r, "dns-outage-web").doses.clear();
            }),
        ),
        (
            "v2-lease",
            with(|r| {
                fault(r, "freeze-web").ended_ms = Some(18_000);
                fault(r, "partition-web").ended_ms = None;
                fault(r, "delay-200-web").ended_ms = Some(26_000);
                let mut second = fault(r, "loss-50000-web").doses[0].clone();
                second.pod = "web-loss-1".to_owned();
                fault(r, "loss-50000-web").doses.push(second);
            }),
        ),
        ("v2-year-modelled", sample::modelled()),
        (
            "v2-year-too-long",
            with(|r| {
                for limits in &mut r.standard.faults {
                    limits.times_a_year = Some(52);
                }
                r.availability.max_downtime_per_year = "3m".parse().unwrap();
            }),
        ),
        ("v2-contradictory", with(|r| fault(r, "delay-200-web").doses[0].during.reverse())),
        ("v2-resets-and-memory", sample::pressed()),
        (
            "v2-resets-and-memory-not-felt",
            pressed(|r| {
                fault(r, "reset-100000-web").doses[0].during = vec![[0, 388], [1, 12]];
                fault(r, "memory-pressure-90-web").doses[0].during = vec![[79, 20], [90, 60]];
            }),
        ),
        (
            "v2-resets-and-memory-unknown",
            pressed(|r| {
                fault(r, "reset-100000-web").doses[0].during = vec![[0, 36], [1, 4]];
                fault(r, "memory-pressure-90-web").doses[0].before = vec![[71, 8]];
            }),
        ),
        ("v2-plan-incomplete", with(|r| r.standard.faults[3].delay_ms = Some(250))),
    ]
}

/// Writes the vectors. They are never changed; a case that is added is written once.
#[test]
#[ignore = "writes tests/vectors; run by hand when a case is added"]
fn write_vectors() {
    for (name, result) in all() {
        let path = folder().join(format!("{name}.json"));
        if !path.exists() {
            fs::write(path, canonical::bytes(&result).unwrap()).unwrap();
        }
    }
}
