//! The verdict: a pure function from a test result to an outcome with findings. `docs/verdict.md`
//! specifies it, and `test-harness/peers/verifier/` is a second implementation that agrees bit for bit.
//!
//! Each group of rules is a file beside, written as a checklist of functions that return what they
//! found. *Architecture invariant:* nothing passes by absence. A rule that lacks its evidence says
//! `Inconclusive`; evidence is hostile input, so no count may overflow into a pass.

mod arrivals;
pub(crate) mod asked;
pub(crate) mod capacity;
mod chance;
mod closed;
pub(crate) mod comparison;
mod completeness;
mod contract;
mod control;
mod dose;
mod downtime;
pub(crate) mod drawn;
mod excess;
mod fault;
mod felt;
mod figures;
mod found;
mod functional;
mod generator;
mod histogram;
mod history;
mod lease;
mod load;
mod operations;
mod plan;
mod recovery;
mod rotated;
mod rules;
mod say;
pub(crate) mod soak;
mod steady;
pub(crate) mod trend;
pub(crate) mod twin;

use serde::{Deserialize, Serialize};

use factory_crds::release::{Finding, Outcome};

use crate::{
    canonical::NotCanonical,
    dossier::TestResult,
    evidence::ProveEvidence,
    plan::PhaseRole,
    risk::{Planned, Repetition},
};
use asked::Asked;
use capacity::Ladder;
use comparison::Compared;
use fault::Cost;
use figures::Followed;
use found::{Found, inconclusive};
use history::Pooled;
use load::{Load, Timeline};
pub(crate) use rules::Rules;
use soak::Soaked;

/// Version of the rules by which a new result is judged.
pub const RULES: &str = Rules::V3.name();

/// Largest integer that canonical JSON (RFC 8785) keeps exactly: 2^53 − 1.
pub const MAX_EXACT: u64 = (1 << 53) - 1;

/// What follows from a test result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// Worst of the findings; `Passed` only when there is none.
    pub outcome: Outcome,
    /// What was found, failures first, then in the order of the plan.
    pub findings: Vec<Finding>,
    /// What was measured, for people and dashboards.
    pub figures: Vec<Figure>,
}

/// A measured number with its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figure {
    /// Phase of the plan; empty for the whole run.
    pub phase: String,
    /// What it is. Of a phase: `requests`, `failedPpm`, `p95Us`, `p99Us`, `controlP95Us`; of a steady one
    /// also `twinP95Us`; of a fault also `podsGone`, or `podsFelt` and `doseP50` where it is done on a node,
    /// `recoveryMs`, `readyAgainMs`, `lostMs`; of a step of the ladder also `unsentPpm` and `lagP99Us`; of a soak also
    /// `restarts`, `memoryAheadPpm`, `descriptorsAheadPpm` and `p95AheadUs`; of the whole run
    /// before the ladder `requests`, `unsentPpm`, `lagP99Us`, of users who wait `omittedRequests`, `twinPercent`, and where there is a ladder `heldPercent`
    /// and `brokeAtPercent`, and where there is a comparison `comparedBlocks`, `comparedPpm`, `comparedLeastPpm` and
    /// `comparedMostPpm`; of both, where downtime is modelled, `modelledDowntimeMs`, and of the whole run
    /// `seenDowntimeMs`. Where earlier runs count too, of the whole run `earlierRuns` and `ownSeenDowntimeMs`, and of a fault
    /// `repetitions`, `earlierRepetitions`, `recoveredPercent` and `attemptsNotCounted`.
    pub name: String,
    /// The value; `None` where it could not be measured.
    pub value: Option<u64>,
    /// Its limit; `None` where there is none. `requests`, `podsGone`, `podsFelt`, `heldPercent` and
    /// `comparedBlocks` must reach theirs, `twinP95Us` must exceed it; the limit of `doseP50` is what was asked for; all others must not
    /// exceed theirs.
    pub limit: Option<u64>,
}

/// What follows from a test result, with what a report shows of it besides.
pub(crate) struct Conclusion {
    pub(crate) verdict: Verdict,
    /// What became of the ladder.
    pub(crate) ladder: Ladder,
    /// What became of the soak; nothing where nothing is concluded from it.
    pub(crate) soaked: Option<Soaked>,
    /// What became of the comparison; nothing where nothing is concluded from it.
    pub(crate) compared: Option<Compared>,
}

/// Judges a test result.
#[must_use]
pub fn judge(result: &TestResult) -> Verdict {
    conclude(result).verdict
}

/// The same, with what a report shows.
pub(crate) fn conclude(result: &TestResult) -> Conclusion {
    let Some(rules) = Rules::named(&result.rules) else {
        let message = format!("the result names the rules {}; known are {}", say::quote(&result.rules), known());
        let verdict = verdict(vec![inconclusive("UnknownRules", message)], Vec::new());
        return Conclusion { verdict, ladder: Ladder::default(), soaked: None, compared: None };
    };
    // The risk of a fault is that of the announced load, and not of what was drawn from it.
    let earlier = history::of(result);
    measured(result, |result, timeline, load| {
        let mut found = plan::check(result, rules);
        found.extend(history::check(&earlier));
        found.extend(verified(result));
        let pooled = earlier.as_ref().ok().and_then(Option::as_ref);
        let proven = proven(result, rules, timeline, load, pooled);
        if twin::silences(&proven.found) {
            found.clear();
        }
        let figures = figures::of(result, rules, timeline, load, &proven.followed(pooled));
        let Proven { found: of_prove, ladder, soaked, compared, .. } = proven;
        found.extend(of_prove);
        Conclusion { verdict: verdict(found, figures), ladder, soaked, compared }
    })
}

/// The repetitions of faults in `result` that later runs may build on: where its standard asks for that, those that were done as
/// planned and measured, whatever came of them. Costs as much time as a verdict without its modelled years.
pub fn repetitions(result: &TestResult) -> Result<Vec<Repetition>, NotCanonical> {
    let asked = result.standard.history.as_ref();
    let Some(rules) = asked.and_then(|_| Rules::named(&result.rules)) else { return Ok(Vec::new()) };
    measured(result, |done, timeline, load| {
        let Ok(prove) = sound(done, rules, timeline, load) else { return Ok(Vec::new()) };
        let (_, costs) = phases(done, rules, prove, timeline, load);
        Ok(history::repetitions(&costs, timeline, &Planned::from(result).risks()?))
    })
}

/// What `then` makes of `result`, with what was drawn standing in its plan, its phases in time, and what its load measured.
fn measured<T>(result: &TestResult, then: impl FnOnce(&TestResult, &Timeline<'_>, &Load) -> T) -> T {
    let effective = drawn::effective(result);
    let result: &TestResult = &effective;
    let timeline = Timeline::of(&result.plan.prove.phases);
    let load = Load::of(result.evidence.prove.as_ref(), &result.plan.prove.load, &timeline);
    then(result, &timeline, &load)
}

/// Names of all versions of the rules that this program knows, oldest first.
#[must_use]
pub fn known() -> String {
    Rules::ALL.map(Rules::name).join(" and ")
}

/// Whether this program knows the rules of this name.
#[must_use]
pub fn knows(name: &str) -> bool {
    Rules::named(name).is_some()
}

/// What the functional rules alone find in `verify`: enough to know that a candidate need not be
/// broken any further.
#[must_use]
pub fn of_checks(plan: &crate::plan::VerifyPlan, verify: &crate::evidence::VerifyEvidence) -> Vec<Finding> {
    let found = functional::check(plan, verify).into_iter().chain(contract::check(verify));
    found.map(|found| found.finding).collect()
}

/// What `factory-lab verify` saw, if it is evidence of this run.
fn verified(result: &TestResult) -> Vec<Found> {
    let (verify, lacks) = completeness::of_verify(result);
    match verify {
        Some(verify) if lacks.is_empty() => {
            let mut found = functional::check(&result.plan.verify, verify);
            found.extend(contract::check(verify));
            found
        }
        _ => lacks,
    }
}

/// What the fault of one phase came to, where that may be concluded.
struct PhaseCost {
    /// Index of the phase.
    phase: usize,
    asked: Asked,
    cost: Cost,
}

/// What follows from what `factory-lab prove` measured.
struct Proven {
    found: Vec<Found>,
    costs: Vec<PhaseCost>,
    downtime: Option<downtime::Downtime>,
    ladder: Ladder,
    soaked: Option<Soaked>,
    compared: Option<Compared>,
}

impl Proven {
    fn followed<'a>(&'a self, pooled: Option<&'a Pooled>) -> Followed<'a> {
        Followed {
            costs: &self.costs,
            pooled,
            downtime: self.downtime.as_ref(),
            ladder: &self.ladder,
            soaked: self.soaked.as_ref(),
            compared: self.compared.as_ref(),
        }
    }
}

/// What `factory-lab prove` measured, if it is evidence of this run and no fault of the generator; else what it lacks, or
/// what makes it void.
fn sound<'a>(
    result: &'a TestResult,
    rules: Rules,
    timeline: &Timeline,
    load: &Load,
) -> Result<&'a ProveEvidence, Vec<Found>> {
    let (prove, lacks) = completeness::of_prove(result, rules, timeline, load);
    let Some(prove) = prove.filter(|_| lacks.is_empty()) else { return Err(lacks) };
    let mut void = generator::voids(result, prove, timeline, load);
    if void.is_empty() {
        void = twin::voids(result, rules, prove, timeline, load);
    }
    if void.is_empty() { Ok(prove) } else { Err(void) }
}

/// What follows from what `factory-lab prove` measured, where it is [sound].
fn proven(result: &TestResult, rules: Rules, timeline: &Timeline, load: &Load, pooled: Option<&Pooled>) -> Proven {
    let prove = match sound(result, rules, timeline, load) {
        Ok(prove) => prove,
        Err(found) => {
            return Proven {
                found,
                costs: Vec::new(),
                downtime: None,
                ladder: Ladder::unknown(timeline),
                soaked: None,
                compared: None,
            };
        }
    };
    let mut found: Vec<Found> = generator::saturated(load).into_iter().collect();
    let (of_phases, costs) = phases(result, rules, prove, timeline, load);
    found.extend(of_phases);
    let (of_soak, soaked) = soak::check(result, rules, prove, timeline, load);
    found.extend(of_soak);
    let (of_ladder, ladder) = capacity::climb(result, rules, prove, timeline, load);
    found.extend(of_ladder);
    let downtime = downtime::of(result, rules, &costs, pooled);
    let declared = result.availability.max_downtime_per_year.millis();
    found.extend(downtime.as_ref().and_then(|downtime| downtime::check(downtime, declared)));
    let (of_comparison, compared) = comparison::check(result, prove);
    found.extend(of_comparison);
    Proven { found, costs, downtime, ladder, soaked, compared }
}

/// Every phase but the steps of the ladder by its own limits, in the order of the plan, then every operation; and what
/// the faults cost.
fn phases(
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    timeline: &Timeline,
    load: &Load,
) -> (Vec<Found>, Vec<PhaseCost>) {
    let mut faults = prove.faults.iter();
    let (mut found, mut costs) = (Vec::new(), Vec::new());
    let mut heard = Vec::with_capacity(timeline.spans.len());
    let spans = timeline.spans.iter().zip(&load.phases).enumerate();
    for (phase, (span, measured)) in spans.filter(|(_, (span, _))| span.percent().is_none()) {
        let void = control::voids(result, rules, prove, span);
        let is_void = void.is_some();
        found.extend(void);
        heard.push(!is_void && steady::too_few(&result.standard, span, measured).is_none());
        if let Some((asked, component)) = Asked::of(rules, &span.phase.role) {
            if let Some(evidence) = faults.next().filter(|_| !is_void) {
                let (slots, variables) = (&prove.slots, result.plan.prove.rotated(component));
                let struck = fault::Struck { asked: asked.clone(), component, variables, span, evidence, slots };
                let (of_fault, cost) = fault::check(result, &struck, measured);
                found.extend(of_fault);
                costs.extend(cost.map(|cost| PhaseCost { phase, asked, cost }));
            }
        } else if (span.phase.role == (PhaseRole::Steady {}) || span.soak().is_some()) && !is_void {
            found.extend(steady::check(&result.standard, timeline, span, measured));
        }
    }
    if rules.judges_operations() {
        found.extend(operations::check(result, prove, timeline, &heard));
    }
    (found, costs)
}

fn verdict(mut found: Vec<Found>, figures: Vec<Figure>) -> Verdict {
    // Stable: within one outcome the order of the plan stays.
    found.sort_by_key(|one| std::cmp::Reverse(one.outcome));
    let outcome = found.first().map_or(Outcome::Passed, |worst| worst.outcome);
    Verdict { outcome, findings: found.into_iter().map(|one| one.finding).collect(), figures }
}
