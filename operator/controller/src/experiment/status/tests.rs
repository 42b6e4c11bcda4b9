//! Tables: what a release says, and what its experiment says then.

use factory_crds::{
    ExperimentSpec, Outcome,
    release::{AnnouncementReference, Finding},
};

use super::*;
use crate::state_service::{examples, releases};

const VERIFY: &str = "registry.test/results/a/b@sha256:01";
const PROVE: &str = "registry.test/results/a/b@sha256:02";

fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

/// The release, with `stages` as type, status, reason, message; each became so a second later.
fn release(rehearsal: bool, stages: &[(&str, &str, &str, &str)], status: ReleaseStatus) -> Release {
    let service = examples::service();
    let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
    release.spec.rehearsal = rehearsal;
    let conditions = (101..)
        .zip(stages)
        .map(|(second, (type_, status, reason, message))| {
            condition::condition(type_, status, reason, message, Some(1), at(second))
        })
        .collect();
    release.status = Some(ReleaseStatus { conditions, ..status });
    release
}

fn experiment(status: Option<ExperimentStatus>) -> Experiment {
    let spec = ExperimentSpec {
        service: "registered-address".to_owned(),
        release: String::new(),
        rehearsal: false,
        plan: None,
    };
    let mut experiment = Experiment::new("x", spec);
    experiment.metadata.creation_timestamp = Some(at(100));
    experiment.metadata.generation = Some(1);
    experiment.status = status;
    experiment
}

fn announced() -> ReleaseStatus {
    let announcement = AnnouncementReference { id: "a-17".to_owned(), nonce: "0".to_owned(), attempt: 2 };
    ReleaseStatus { announcement: Some(announcement), ..ReleaseStatus::default() }
}

fn ended(outcome: Outcome, finding: &str) -> ReleaseStatus {
    let findings = [finding].into_iter().filter(|text| !text.is_empty());
    let findings = findings.map(|text| Finding { code: "Found".to_owned(), message: text.to_owned() }).collect();
    ReleaseStatus { outcome: Some(outcome), findings, ..announced() }
}

fn measured(outcome: Option<Outcome>, finding: &str) -> ReleaseStatus {
    let seen = outcome.map_or_else(announced, |outcome| ended(outcome, finding));
    ReleaseStatus { verify_results: VERIFY.to_owned(), prove_results: PROVE.to_owned(), ..seen }
}

/// All moments of the road that an experiment can be looked at, by name.
fn moments() -> Vec<(&'static str, Release)> {
    let done = |type_| (type_, "True", "Done", "");
    let going = ("Verified", "Unknown", "Running", "verify is running");
    let broken = ("Proven", "False", "Failed", "one request too many failed");
    let not_built = ReleaseStatus { announcement: None, ..ended(Outcome::Failed, "web: no semicolon") };
    let at_proven = |seen| ReleaseStatus { stage: "Proven".to_owned(), message: "prove is running".to_owned(), ..seen };
    vec![
        ("not written yet", release(false, &[done("Deployed")], ReleaseStatus::default())),
        ("checks", release(false, &[done("Deployed"), going], announced())),
        (
            "load",
            release(false, &[done("Verified"), ("Proven", "Unknown", "LabBusy", "waits")], at_proven(announced())),
        ),
        ("passed", release(false, &[done("Verified"), done("Proven")], measured(Some(Outcome::Passed), ""))),
        ("failed", release(false, &[done("Verified"), broken], measured(Some(Outcome::Failed), "too many"))),
        (
            "checks failed",
            release(
                false,
                &[("Verified", "False", "ChecksFailed", "a check"), ("Proven", "False", "Failed", "a check")],
                ReleaseStatus { verify_results: VERIFY.to_owned(), ..ended(Outcome::Failed, "a check") },
            ),
        ),
        ("lab failed", release(false, &[("Verified", "False", "LabFailed", "no")], ended(Outcome::Failed, "no"))),
        (
            "dossier not kept",
            release(false, &[done("Verified"), ("Proven", "Unknown", "Retrying", "registry")], measured(None, "")),
        ),
        ("rehearsal not built", release(true, &[("Built", "False", "BuildFailed", "web")], not_built)),
        ("rehearsal passed", release(true, &[done("Verified"), done("Proven")], measured(Some(Outcome::Passed), ""))),
    ]
}

#[test]
fn the_conditions_follow_from_what_the_release_says() {
    let wanted = [
        ("not written yet", ["Unknown Pending", "Unknown Pending", "Unknown Pending"], ""),
        ("checks", ["True Done", "Unknown Running", "Unknown Pending"], ""),
        ("load", ["True Done", "True Done", "Unknown LabBusy"], "Proven: prove is running"),
        ("passed", ["True Done", "True Done", "True Done"], "Passed"),
        ("failed", ["True Done", "True Done", "True Done"], "Failed: too many"),
        ("checks failed", ["True Done", "False ChecksFailed", "False NotMeasured"], "Failed: a check"),
        ("lab failed", ["True Done", "False LabFailed", "False NotReached"], "Failed: no"),
        ("dossier not kept", ["True Done", "True Done", "True Done"], ""),
        (
            "rehearsal not built",
            ["False Rehearsal", "False NotReached", "False NotReached"],
            "Failed: web: no semicolon",
        ),
        ("rehearsal passed", ["False Rehearsal", "True Done", "True Done"], "Passed"),
    ];
    for ((name, release), (expected, conditions, message)) in moments().into_iter().zip(wanted) {
        assert_eq!(name, expected);
        let status = of(&experiment(None), &release);
        let types: Vec<_> = status.conditions.iter().map(|known| known.type_.as_str()).collect();
        assert_eq!(types, ["Announced", "Verified", "Measured"], "{name}");
        let said: Vec<_> = status.conditions.iter().map(|known| format!("{} {}", known.status, known.reason)).collect();
        assert_eq!(said, conditions, "{name}");
        assert_eq!(status.message, message, "{name}");
        assert_eq!(status.release, release.name_any(), "{name}");
    }
}

#[test]
fn announcement_and_results_are_named() {
    let passed = moments().swap_remove(3).1;
    let status = of(&experiment(None), &passed);
    assert!(status.conditions[0].message.contains("a-17"), "{:?}", status.conditions);
    assert_eq!((status.verify_results.as_str(), status.prove_results.as_str()), (VERIFY, PROVE));
}

#[test]
fn a_second_look_at_the_same_facts_changes_nothing() {
    for (name, release) in moments() {
        let first = of(&experiment(None), &release);
        assert_ne!(first, ExperimentStatus::default(), "{name}");
        assert_eq!(of(&experiment(Some(first.clone())), &release), first, "{name}");
    }
}

#[test]
fn a_condition_changes_its_time_only_with_its_status() {
    let moments = moments();
    let time = |status: &ExperimentStatus, index: usize| status.conditions[index].last_transition_time.clone();
    let (load, passed) = (&moments[2].1, &moments[3].1);
    let first = of(&experiment(None), load);
    let mut later = passed.clone();
    later.status.as_mut().unwrap().conditions[0].last_transition_time = at(900);
    later.status.as_mut().unwrap().conditions[1].last_transition_time = at(901);
    let second = of(&experiment(Some(first.clone())), &later);
    assert_eq!(time(&second, 1), time(&first, 1), "Verified was true before");
    assert_eq!(time(&second, 2), at(901), "Measured became true");
}

#[test]
fn what_the_release_does_after_its_verdict_is_no_news_of_the_experiment() {
    let passed = moments().swap_remove(3).1;
    let before = of(&experiment(None), &passed);
    let mut launched = passed;
    let seen = launched.status.as_mut().unwrap();
    seen.stage = "Launched".to_owned();
    seen.message = "web: 1 of 2 pods are ready".to_owned();
    seen.entry = "http://register.test/services/1".to_owned();
    seen.conditions.push(condition::condition("Launched", "Unknown", "Starting", "", Some(1), at(500)));
    assert_eq!(of(&experiment(Some(before.clone())), &launched), before);
}

#[test]
fn conditions_of_other_types_do_not_stay() {
    let passed = moments().swap_remove(3).1;
    let mut old = of(&experiment(None), &passed);
    let plain = old.clone();
    old.conditions.insert(0, condition::condition("Built", "True", "Done", "", Some(1), at(1)));
    assert_eq!(of(&experiment(Some(old)), &passed), plain);
}
