//! A small test result that passes: where tests of the verdict, the register and the command line
//! start from, before they change one thing and look at what follows.
//!
//! Behind the cargo feature `sample`, which only tests ask for; the workspace is built with the features of its tests, so
//! that nothing is compiled twice. *Architecture invariant:* no program calls it, so none has it linked, and nothing in it
//! is read from a run.
//!
//! ```
//! use factory_assurance::{dsse, sample};
//!
//! let result = sample::passing();
//! let key = dsse::PrivateKey::generate();
//! let dossier = dsse::sign(&result.into_statement()?, &key)?;
//! # assert!(dossier.open::<factory_assurance::dossier::Dossier>(&[key.public()])?.verify().is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod climbed;
mod compared;
mod measured;
mod object;
mod office;
mod planned;
mod pooled;
mod record;
mod soaked;
mod terms;
mod twin;

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use factory_crds::state_service::Availability;

use crate::{
    bundle::Bundle,
    canonical,
    dossier::{AnnouncedRun, Subject, TestResult},
    dsse::{PrivateKey, sign},
    evidence::{Evidence, Failure, PROVE_MEDIA_TYPE, VERIFY_MEDIA_TYPE},
    measurement::{self, Measured, Measurements},
    plan::Plan,
    standard::Standard,
    verdict::{RULES, Verdict},
    wire::{Announced, Announcement},
};
use factory_crds::release::Outcome;

pub use object::object;
pub use office::{CONFIRMED, Office, Revoked, Story};
pub use pooled::earlier;
pub use terms::{rebuilt, terms};

/// A result that passes, its verdict computed: two components, `web` and `registry`, both faults
/// on each, 36 s at 20 requests a second.
#[must_use]
pub fn passing() -> TestResult {
    let mut result = unbroken(planned::standard(), bundle());
    // A killed pod costs the two requests that were on their way to it.
    fail(&mut result, 1, 191..193, Failure::Broken);
    judged(result)
}

/// A result that passes, with faults on the node, and a delay twice: component `web` alone, 60 s at 20
/// requests a second.
#[must_use]
pub fn struck() -> TestResult {
    let mut result = unbroken(planned::on_nodes(), of_web());
    // Nobody is reached while all pods are cut off, and one frozen pod of two costs a little.
    fail(&mut result, 0, 135..138, Failure::Timeout);
    for operation in [0, 1] {
        fail(&mut result, operation, 190..210, Failure::Timeout);
    }
    judged(result)
}

/// A result that passes, with the other faults on the node, resets and a full memory: component `web`
/// alone, 24 s at 20 requests a second.
#[must_use]
pub fn pressed() -> TestResult {
    judged(unbroken(planned::pressing(), of_web()))
}

/// A result that passes, with a CPU, volumes and descriptors that are used up: component `web` alone, 30 s at 20
/// requests a second.
#[must_use]
pub fn exhausted() -> TestResult {
    judged(unbroken(planned::exhausting(), of_web()))
}

/// A result that passes, with faults of traffic with one peer and of one direction, and with jitter: `web` calls
/// `registry`, 48 s at 20 requests a second.
#[must_use]
pub fn apart() -> TestResult {
    judged(unbroken(planned::apart(), bundle()))
}

/// The same where `registry` is no component but the database of `web`: 24 s.
#[must_use]
pub fn stored() -> TestResult {
    let mut bundle = bundle();
    bundle.databases = bundle.images.split_off("registry");
    bundle.images = bundle.databases.split_off("web");
    judged(unbroken(planned::apart(), bundle))
}

/// A result that passes, with faults of DNS's answers: component `web` alone, 30 s at 20 requests a second.
#[must_use]
pub fn misled() -> TestResult {
    judged(unbroken(planned::misled(), of_web()))
}

/// A result that passes, with faults of answers over HTTP: component `web` alone, 36 s at 20 requests a second.
#[must_use]
pub fn answering() -> TestResult {
    judged(unbroken(planned::answering(), of_web()))
}

/// A result that passes, with faults of a share of packets, without the control plane and with evictions: `web` calls
/// `registry`, 66 s at 20 requests a second.
#[must_use]
pub fn disordered() -> TestResult {
    judged(unbroken(planned::disordering(), bundle()))
}

/// A result that passes, with a node that is cut off, one pod that is, and a node that stands still: component `web`
/// alone, 30 s at 20 requests a second.
#[must_use]
pub fn cut_off() -> TestResult {
    judged(unbroken(planned::cutting(), of_web()))
}

/// A result that passes, with a rotation of the secrets of `web`; `registry` has none: 30 s at 20 requests a second.
#[must_use]
pub fn rotated() -> TestResult {
    judged(unbroken(planned::rotating(), bundle()))
}

/// A result that passes, of a standard that also says how often each fault comes: [`struck`], with
/// the downtime of a year modelled.
#[must_use]
pub fn modelled() -> TestResult {
    let mut result = struck();
    for (limits, times) in result.standard.faults.iter_mut().zip([12, 6, 2, 6, 6, 12, 6, 2]) {
        limits.times_a_year = Some(times);
    }
    judged(result)
}

/// [`modelled`] where 29 clean repetitions of earlier runs count beside its own.
#[must_use]
pub fn pooled() -> TestResult {
    let mut result = modelled();
    earlier(&mut result, 29, |_, _| (Some(0), 0));
    judged(result)
}

/// A result that passes, with a control beside the candidate and both faults on each of its two components.
#[must_use]
pub fn watched() -> TestResult {
    let mut plan = planned::plan(&planned::standard(), &["registry", "web"]);
    plan.prove.control = Some(planned::control());
    judged(carried_out(planned::standard(), bundle(), plan))
}

/// [`watched`] with a twin too, which was refused.
#[must_use]
pub fn twinned() -> TestResult {
    let mut result = watched();
    result.plan.prove.twin = Some(twin::plan());
    let seen = twin::measured(&result);
    if let Some(prove) = &mut result.evidence.prove {
        prove.twin = Some(seen);
    }
    judged(result)
}

/// A result that passes, with a control and a ladder of which every step holds: 48 s, the last twelve at 150, 200 and
/// 300 % of 20 requests a second, of which 200 % must hold.
#[must_use]
pub fn climbed() -> TestResult {
    let mut result = watched();
    let capacity = climbed::capacity();
    climbed::plan(&mut result.plan.prove, &capacity);
    climbed::measure(&mut result);
    result.standard.capacity = Some(capacity);
    judged(result)
}

/// A result that passes, with a control and a soak of a minute in which nothing grows: 96 s.
#[must_use]
pub fn soaked() -> TestResult {
    let components = ["registry", "web"];
    let mut standard = planned::standard();
    let mut plan = planned::plan(&standard, &components);
    plan.prove.control = Some(planned::control());
    let soak = soaked::soak();
    soaked::plan(&mut plan.prove, &soak, &components);
    standard.soak = Some(soak);
    let mut result = carried_out(standard, bundle(), plan);
    soaked::measure(&mut result);
    judged(result)
}

/// A result that passes, with a control, measured beside the last confirmed release in twelve blocks: it takes as long.
#[must_use]
pub fn compared() -> TestResult {
    taking(1_000_000)
}

/// The same where 95 % of answers take so many parts per million of the time that they take of the last confirmed
/// release; a fifth longer is too long.
#[must_use]
pub fn taking(ppm: u64) -> TestResult {
    drawn(&"5a".repeat(32), ppm)
}

/// The same of the run with this nonce, from which the order of the blocks is drawn.
#[must_use]
pub fn drawn(nonce: &str, ppm: u64) -> TestResult {
    let mut result = watched();
    nonce.clone_into(&mut result.announcement.nonce);
    result.evidence.verify.iter_mut().for_each(|verify| nonce.clone_into(&mut verify.nonce));
    result.evidence.prove.iter_mut().for_each(|prove| nonce.clone_into(&mut prove.nonce));
    let comparison = compared::comparison();
    let per_minute = result.plan.prove.load.requests_per_minute;
    result.plan.prove.comparison = Some(compared::plan(&comparison, per_minute));
    result.standard.comparison = Some(comparison);
    compared::measure(&mut result, ppm);
    judged(result)
}

/// What `standard` asks of the components of `bundle`, and nothing fails.
fn unbroken(standard: Standard, bundle: Bundle) -> TestResult {
    let components: Vec<&str> = bundle.images.keys().map(String::as_str).collect();
    let plan = planned::plan(&standard, &components);
    carried_out(standard, bundle, plan)
}

fn carried_out(standard: Standard, bundle: Bundle, plan: Plan) -> TestResult {
    let announcement = AnnouncedRun { id: "announcement-1".to_owned(), nonce: "5a".repeat(32), attempt: 1 };
    let evidence = Evidence {
        verify: Some(measured::verify(&plan, &announcement.nonce)),
        prove: Some(measured::prove(&plan, &announcement.nonce)),
    };
    TestResult {
        rules: RULES.to_owned(),
        subject: subject(),
        bundle,
        standard,
        availability: availability(),
        announcement,
        plan,
        evidence,
        measurements: None,
        record: record::record(),
        verdict: unjudged(),
    }
}

/// A result that fails: a third of the requests found no connection after a pod of `web` was killed.
#[must_use]
pub fn failing() -> TestResult {
    let mut result = passing();
    fail(&mut result, 0, 195..235, Failure::Connect);
    judged(result)
}

/// A result that cannot be judged: the load never ran.
#[must_use]
pub fn inconclusive() -> TestResult {
    let mut result = passing();
    result.evidence.prove = None;
    judged(result)
}

/// Lets one request of `operation` (0 or 1) fail by `cause` in each tenth of a second of `slots`, so
/// that all parts of the evidence still agree. The verdict is left as it was.
pub fn fail(result: &mut TestResult, operation: u32, slots: Range<u32>, cause: Failure) {
    if let Some(prove) = &mut result.evidence.prove {
        measured::fail(prove, operation, slots, cause);
    }
}

/// Signs what the lab measured in the samples of one process.
#[must_use]
pub fn lab() -> &'static PrivateKey {
    static KEY: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate);
    &KEY
}

/// `result` as it would be, had the register answered its announcement with `announced`, and signed by the [`lab`].
#[must_use]
pub fn announced(mut result: TestResult, announced: &Announced) -> TestResult {
    result.announcement =
        AnnouncedRun { id: announced.id.clone(), nonce: announced.nonce.clone(), attempt: announced.attempt };
    if let Some(verify) = &mut result.evidence.verify {
        verify.nonce.clone_from(&announced.nonce);
    }
    let twin = result.plan.prove.twin.is_some().then(|| twin::measured(&result));
    if let Some(prove) = &mut result.evidence.prove {
        prove.nonce.clone_from(&announced.nonce);
        prove.twin = twin;
    }
    // Whose turn it is is drawn from the nonce as well.
    if result.plan.prove.comparison.is_some() {
        compared::measure(&mut result, 1_000_000);
    }
    judged(measured_by(result, lab()))
}

/// `result` as the lab signs it with `key`.
#[must_use]
pub fn measured_by(mut result: TestResult, key: &PrivateKey) -> TestResult {
    let run = Measured::of(&result).ok();
    let signed = |media_type, digest: Result<String, _>| {
        sign(&measurement::statement(run.clone()?, media_type, &digest.ok()?), key).ok()
    };
    let Evidence { verify, prove } = &result.evidence;
    result.measurements = Some(Measurements {
        verify: verify.as_ref().and_then(|evidence| signed(VERIFY_MEDIA_TYPE, canonical::digest(evidence))),
        prove: prove.as_ref().and_then(|evidence| signed(PROVE_MEDIA_TYPE, canonical::digest(evidence))),
    });
    result
}

/// The announcement that goes before `result`.
#[must_use]
pub fn announcement(result: &TestResult, epoch: u64) -> Announcement {
    Announcement {
        subject: result.subject.clone(),
        bundle: result.bundle.clone(),
        standard: result.standard.clone(),
        plan: result.plan.clone(),
        rules: result.rules.clone(),
        record: canonical::digest(&result.record).unwrap_or_default(),
        epoch,
    }
}

/// `result` with the verdict that follows from it.
#[must_use]
pub fn judged(mut result: TestResult) -> TestResult {
    result.verdict = result.judge();
    result
}

/// What stands where no verdict has been computed yet.
fn of_web() -> Bundle {
    let mut bundle = bundle();
    bundle.images.remove("registry");
    bundle
}

fn unjudged() -> Verdict {
    Verdict { outcome: Outcome::Inconclusive, findings: Vec::new(), figures: Vec::new() }
}

fn subject() -> Subject {
    Subject {
        participant: "social-registry".to_owned(),
        service: "registered-address".to_owned(),
        release: "registered-address-1".to_owned(),
        release_uid: "0b9e1c52-6f0a-4a35-9d59-2f5a3b0c7d10".to_owned(),
        source: "http://git.example.test/demo/registered-address.git".to_owned(),
        commit: "c0ffee".repeat(7)[..40].to_owned(),
        spec_hash: format!("sha256:{}", "5e".repeat(32)),
    }
}

fn bundle() -> Bundle {
    let image = |name: &str, byte: &str| {
        (name.to_owned(), format!("registry.example.test/demo/{name}@sha256:{}", byte.repeat(32)))
    };
    Bundle {
        images: BTreeMap::from([image("registry", "a1"), image("web", "b2")]),
        databases: BTreeMap::new(),
        manifests: format!("sha256:{}", "c3".repeat(32)),
        configuration: format!("sha256:{}", "d4".repeat(32)),
    }
}

fn availability() -> Availability {
    let span = |text: &str| text.parse().unwrap_or_default();
    Availability { max_downtime_per_year: span("8h"), recovery_time: span("30s"), simultaneous_users: 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_come_out_as_they_are_named() {
        assert_eq!(passing().verdict.findings, []);
        assert_eq!(passing().verdict.outcome, Outcome::Passed);
        assert_eq!(struck().verdict.findings, []);
        assert_eq!(struck().verdict.outcome, Outcome::Passed);
        assert_eq!(modelled().verdict.findings, []);
        assert_eq!(modelled().verdict.outcome, Outcome::Passed);
        assert_eq!(climbed().verdict.findings, []);
        assert_eq!(climbed().verdict.outcome, Outcome::Passed);
        assert_eq!(soaked().verdict.findings, []);
        assert_eq!(soaked().verdict.outcome, Outcome::Passed);
        assert_eq!(compared().verdict.findings, []);
        assert_eq!(compared().verdict.outcome, Outcome::Passed);
        assert_eq!(failing().verdict.outcome, Outcome::Failed);
        assert_eq!(inconclusive().verdict.outcome, Outcome::Inconclusive);
    }
}
