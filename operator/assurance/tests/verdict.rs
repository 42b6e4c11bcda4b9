//! The rules of the verdict, seen from outside: each says no beyond its limit and yes at it, none
//! passes by absence, and a second implementation agrees.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on may stop
#![allow(clippy::assigning_clones)] // tables read better with `=`

#[path = "verdict/by_standard.rs"]
mod by_standard;
#[path = "verdict/capacity.rs"]
mod capacity;
#[path = "verdict/closed.rs"]
mod closed;
#[path = "verdict/comparison.rs"]
mod comparison;
#[path = "verdict/conclusions.rs"]
mod conclusions;
#[path = "verdict/control.rs"]
mod control;
#[path = "verdict/cut_off.rs"]
mod cut_off;
#[path = "verdict/downtime.rs"]
mod downtime;
#[path = "verdict/drawn.rs"]
mod drawn;
#[path = "verdict/evidence.rs"]
mod evidence;
#[path = "verdict/form.rs"]
mod form;
#[path = "verdict/history.rs"]
mod history;
#[path = "verdict/limits.rs"]
mod limits;
#[path = "verdict/operations.rs"]
mod operations;
#[path = "verdict/orders.rs"]
mod orders;
#[path = "verdict/peers.rs"]
mod peers;
#[path = "verdict/plan.rs"]
mod plan;
#[path = "verdict/properties.rs"]
mod properties;
#[path = "verdict/removal.rs"]
mod removal;
#[path = "verdict/rotated.rs"]
mod rotated;
#[path = "verdict/sabotage.rs"]
mod sabotage;
#[path = "verdict/second_verifier.rs"]
mod second_verifier;
#[path = "verdict/shaped.rs"]
mod shaped;
#[path = "verdict/simulated.rs"]
mod simulated;
#[path = "verdict/soak.rs"]
mod soak;
#[path = "verdict/standards.rs"]
mod standards;
#[path = "verdict/struck.rs"]
mod struck;
#[path = "verdict/third.rs"]
mod third;
#[path = "verdict/twin.rs"]
mod twin;
#[path = "verdict/varied.rs"]
mod varied;

use factory_assurance::{
    dossier::TestResult,
    evidence::{FaultEvidence, ProveEvidence, VerifyEvidence},
    sample,
    verdict::Verdict,
};
use factory_crds::release::Outcome;

/// The verdict on the passing sample after one change.
fn after(change: impl FnOnce(&mut TestResult)) -> Verdict {
    let mut result = sample::passing();
    change(&mut result);
    result.judge()
}

/// Asserts that the verdict has exactly the findings with these codes, and the outcome that goes with them.
fn assert_finds(verdict: &Verdict, outcome: Outcome, codes: &[&str], what: &str) {
    let found: Vec<&str> = verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((verdict.outcome, found.as_slice()), (outcome, codes), "{what}: {:#?}", verdict.findings);
}

fn verify(result: &mut TestResult) -> &mut VerifyEvidence {
    result.evidence.verify.as_mut().unwrap()
}

fn prove(result: &mut TestResult) -> &mut ProveEvidence {
    result.evidence.prove.as_mut().unwrap()
}

/// The plan has so many requests a minute, and users who make them by the standard; what came stays as it is.
fn paced(result: &mut TestResult, per_minute: u32) {
    result.plan.prove.load.requests_per_minute = per_minute;
    result.availability.simultaneous_users = per_minute;
    result.standard.load.iter_mut().for_each(|load| load.think_time_ms = 60_000);
}

/// Evidence of the fault in phase `name`.
fn fault<'a>(result: &'a mut TestResult, name: &str) -> &'a mut FaultEvidence {
    prove(result).faults.iter_mut().find(|fault| fault.phase == name).unwrap()
}
