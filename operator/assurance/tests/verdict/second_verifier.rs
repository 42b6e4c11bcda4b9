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
    sample,
};
use factory_crds::release::Outcome;

use super::{fault, prove, varied, verify};

const RESULTS: u64 = 600;

fn verifier(arguments: &[&Path]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-harness/peers/verify.py");
    Command::new("python3").arg(script).args(arguments).output().expect("python3 is needed for the second verifier")
}

/// A file of its own for every call: tests of one process run side by side.
fn temporary(name: &str) -> PathBuf {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{call}-{name}", std::process::id()))
}

/// Asserts that the second verifier says, line by line, what `judge` says.
fn assert_agree(results: &[TestResult]) {
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
fn the_second_verifier_agrees_on_varied_results() {
    let results: Vec<TestResult> = (0..RESULTS).map(varied::result).collect();
    // Agreement on one kind of result only would say little.
    for outcome in [Outcome::Passed, Outcome::Inconclusive, Outcome::Failed] {
        let count = results.iter().filter(|result| result.verdict.outcome == outcome).count();
        assert!(count > 60, "{count} are {outcome:?}");
    }
    let codes: BTreeSet<&str> =
        results.iter().flat_map(|result| &result.verdict.findings).map(|finding| finding.code.as_str()).collect();
    assert!(codes.len() > 20, "{codes:?}");
    assert_agree(&results);
}

#[test]
fn the_second_verifier_agrees_on_the_vectors() {
    assert_agree(&vectors().into_iter().map(|(_, result)| result).collect::<Vec<_>>());
}

/// Rules of an old version are kept for ever: what was once a verdict stays one.
#[test]
fn the_vectors_keep_their_verdicts() {
    let vectors = vectors();
    assert_eq!(vectors.len(), cases().len());
    for (name, result) in vectors {
        assert_eq!(result.judge(), result.verdict, "{name}");
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

/// The results in `tests/vectors`, by name.
fn vectors() -> Vec<(String, TestResult)> {
    cases()
        .into_iter()
        .map(|(name, _)| {
            let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
            (name.to_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect()
}

fn cases() -> Vec<(&'static str, TestResult)> {
    let with = |change: fn(&mut TestResult)| {
        let mut result = sample::passing();
        change(&mut result);
        sample::judged(result)
    };
    vec![
        ("passed", sample::passing()),
        ("fault-cost-too-high", sample::failing()),
        ("no-load-evidence", sample::inconclusive()),
        ("generator-lagged", with(|r| prove(r).lag_us[1][0] = 212_345)),
        (
            "recovery-too-slow",
            with(|r| {
                sample::fail(r, 0, 200..206, Failure::Timeout);
                r.standard.faults[0].max_failed_ppm = 100_000;
                r.availability.recovery_time = "1s".parse().unwrap();
            }),
        ),
        ("fault-not-felt", with(|r| fault(r, "rolling-restart-web").gone.truncate(1))),
        (
            "check-failed-and-vacuous",
            with(|r| {
                verify(r).checks[0].steps[0].mutants[1].rejected = false;
                verify(r).checks[0].steps[1].deviations =
                    vec!["body /id: missing".to_owned(), "body /pin: missing".to_owned()];
            }),
        ),
        (
            "description-lies",
            with(|r| {
                verify(r).contracts[0].operations[0].answers[0].contradictions =
                    vec!["status 201 is not described".to_owned()];
                verify(r).contracts[0].operations[1].answers.clear();
            }),
        ),
    ]
}

/// Writes the vectors. They are never changed; a case that is added is written once.
#[test]
#[ignore = "writes tests/vectors; run by hand when a case is added"]
fn write_vectors() {
    for (name, result) in cases() {
        let path = folder().join(format!("{name}.json"));
        if !path.exists() {
            fs::write(path, canonical::bytes(&result).unwrap()).unwrap();
        }
    }
    if !folder().join("dossier.pub").exists() {
        let key = PrivateKey::generate();
        let envelope = dsse::sign(&sample::passing().into_statement().unwrap(), &key).unwrap();
        fs::write(folder().join("dossier.dsse.json"), serde_json::to_vec(&envelope).unwrap()).unwrap();
        fs::write(folder().join("dossier.pub"), key.public().to_pem().unwrap()).unwrap();
    }
}
