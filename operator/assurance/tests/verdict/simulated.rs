//! False alarms and power, by simulation: runs drawn from recorded ones (`tests/recorded`), judged by the shipped
//! standards. A sound service is not failed by chance. How often one that is worse than a limit is passed all the
//! same is a figure and no rule: `make bench ONLY=verdict` asks for it, and `docs/verdict.md` writes it down.
//!
//! `SIMULATED_RUNS` says how many runs of each, `SIMULATED_OUTPUT` into which file the rows of `make bench` go.

// Shares are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

#[path = "simulated/draw.rs"]
mod draw;
#[path = "simulated/fault.rs"]
mod fault;
#[path = "simulated/recorded.rs"]
mod recorded;
#[path = "simulated/run.rs"]
mod run;
#[path = "simulated/soak.rs"]
mod soak;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    sync::LazyLock,
};

use factory_assurance::dossier::TestResult;
use factory_crds::{
    ResilienceStandardSpec,
    release::Outcome,
    resilience_standard::{FaultKind, FaultLimits},
};
use serde_json::{Value, json};

use super::standards::standard;
use recorded::Recorded;
use run::{Stage, Worse};

static RECORDED: LazyLock<Recorded> = LazyLock::new(Recorded::read);

/// Standards with the users that the design page has for their class.
const STANDARDS: [(&str, u64); 3] = [("basic", 200), ("important", 1_000), ("critical", 5_000)];
/// Runs of a sound service under each standard; of each that is worse, a quarter.
const RUNS: u64 = 300;
/// Of sound services, the largest share that may be failed.
const FALSE_ALARMS: f64 = 0.01;

/// The recorded runs.
pub fn recorded() -> Vec<TestResult> {
    RECORDED.results.clone()
}

/// A few simulated ones, sound and not.
pub fn some() -> Vec<TestResult> {
    let worse = Worse { limps: Some((FaultKind::PodKill, 9.0)), slower: Some((0.5, 600.0)), ..Worse::default() };
    with("basic", 200, |stage| {
        [stage.run(Worse::default(), 1), stage.run(Worse::default(), 2), stage.run(worse, 3)].into()
    })
}

fn runs() -> u64 {
    env::var("SIMULATED_RUNS").map_or(RUNS, |text| text.parse().expect("SIMULATED_RUNS: a number"))
}

/// What became of some runs.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    outcomes: BTreeMap<String, u64>,
    codes: BTreeMap<String, u64>,
}

impl Tally {
    fn of(results: impl Iterator<Item = TestResult>) -> Self {
        let mut tally = Self::default();
        for result in results {
            tally.runs += 1;
            *tally.outcomes.entry(format!("{:?}", result.verdict.outcome)).or_default() += 1;
            let codes: BTreeSet<_> = result.verdict.findings.into_iter().map(|finding| finding.code).collect();
            for code in codes {
                *tally.codes.entry(code).or_default() += 1;
            }
        }
        tally
    }

    fn share(&self, outcome: Outcome) -> f64 {
        self.outcomes.get(&format!("{outcome:?}")).map_or(0.0, |count| *count as f64 / self.runs as f64)
    }

    /// A row of `make bench`.
    fn row(&self, name: &str, value: f64, goal: Option<(&str, bool)>) -> Value {
        println!("  {name:<58} {:>6.1} %  {:?}", 100.0 * value, self.codes);
        json!({
            "name": name, "value": 100.0 * value, "unit": "%", "peer": "runs", "peerValue": self.runs,
            "ratio": null, "goal": goal.map(|(goal, _)| goal), "holds": goal.map(|(_, holds)| holds),
        })
    }
}

/// `count` runs of a service that is `worse`.
fn simulate(stage: &Stage<'_>, worse: Worse, count: u64) -> Tally {
    Tally::of((0..count).map(|seed| stage.run(worse, seed * 1_000_003 + 17)))
}

fn with<T>(name: &str, users: u64, look: impl FnOnce(&Stage<'_>) -> T) -> T {
    let object = standard(name);
    look(&Stage { name, spec: &object.spec, users, recorded: &RECORDED })
}

#[test]
fn a_sound_service_is_not_failed_by_chance() {
    let output = env::var("SIMULATED_OUTPUT");
    let mut rows = Vec::new();
    for (name, users) in STANDARDS {
        with(name, users, |stage| {
            let lacks = RECORDED.lacks(stage.spec);
            if !lacks.is_empty() {
                println!("  {name}: not simulated, because no run is recorded with {lacks:?}");
                assert_ne!(name, "basic");
                return;
            }
            let sound = simulate(stage, Worse::default(), runs());
            let alarms = sound.share(Outcome::Failed);
            let goal = Some(("at most 1", alarms <= FALSE_ALARMS));
            rows.push(sound.row(&format!("{name}: sound, failed"), alarms, goal));
            let unknown = sound.share(Outcome::Inconclusive);
            rows.push(sound.row(
                &format!("{name}: sound, inconclusive"),
                unknown,
                Some(("at most 5", unknown <= 0.05)),
            ));
            assert!(alarms <= FALSE_ALARMS, "{name}: {sound:?}");
            if output.is_ok() {
                rows.extend(power(stage, (runs() / 4).max(1)));
            }
        });
    }
    if let Ok(path) = output {
        fs::write(path, serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
    }
}

/// Of services that are so much worse than a limit, the share that is not passed; of those that need half of what it
/// allows, the share that is failed by the chance of a short run.
fn power(stage: &Stage<'_>, count: u64) -> Vec<Value> {
    let mut rows = Vec::new();
    for (limit, worse) in worse_than_limits(stage.spec, 0.5) {
        let tally = simulate(stage, worse, count);
        let failed = tally.share(Outcome::Failed);
        rows.push(tally.row(&format!("{}: {limit} at half its limit, failed", stage.name), failed, None));
    }
    for times in [1.1, 1.5] {
        for (limit, worse) in worse_than_limits(stage.spec, times) {
            let tally = simulate(stage, worse, count);
            let caught = 1.0 - tally.share(Outcome::Passed);
            rows.push(tally.row(&format!("{}: {limit} {times} times its limit, not passed", stage.name), caught, None));
        }
    }
    rows
}

/// A service that is `times` worse than each limit in turn.
fn worse_than_limits(spec: &ResilienceStandardSpec, times: f64) -> Vec<(String, Worse)> {
    let steady = &spec.steady;
    // Twice as many as the percentile leaves out.
    let slower = |of: f64, ms: u32| Worse { slower: Some((of, times * f64::from(ms))), ..Worse::default() };
    let mut all = vec![
        (
            "steady failures".to_owned(),
            Worse { steady_failed_ppm: times * f64::from(steady.max_failed_ppm), ..Worse::default() },
        ),
        ("steady p95".to_owned(), slower(0.10, steady.p95_ms)),
        ("steady p99".to_owned(), slower(0.02, steady.p99_ms)),
    ];
    let away = |limits: &FaultLimits| {
        let share = times * f64::from(limits.max_failed_ppm) / 1e6;
        let seconds = share * f64::from(limits.window_seconds);
        (format!("cost of {}", limits.kind.slug()), Worse { away: Some((limits.kind, seconds)), ..Worse::default() })
    };
    all.extend(spec.faults.iter().map(away));
    all
}

/// The gate is awake: an outage that is far beyond every limit never passes.
#[test]
fn a_service_that_stays_away_fails_every_time() {
    with("basic", 200, |stage| {
        let away = Worse { away: Some((FaultKind::RollingRestart, 4.0)), ..Worse::default() };
        let tally = simulate(stage, away, 30);
        assert_eq!(tally.outcomes, [("Failed".to_owned(), 30)].into(), "{tally:?}");
        let limps = Worse { limps: Some((FaultKind::PodKill, 9.0)), ..Worse::default() };
        let tally = simulate(stage, limps, 30);
        assert!(tally.share(Outcome::Failed) > 0.9 && tally.codes.contains_key("RecoveryTooSlow"), "{tally:?}");
    });
}
