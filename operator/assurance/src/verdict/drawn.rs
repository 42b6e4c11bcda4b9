//! Operations that are drawn from a description: whether the plan says from which, and whether what was asked is what follows
//! from the description, the plan and the nonce. What was drawn is drawn again here; nothing of it is believed.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    canonical::sha256,
    dossier::TestResult,
    evidence::{DrawnEvidence, ProveEvidence},
    plan::{DrawnPlan, LoadOperation},
};

use super::{Rules, completeness::mismatch, say};

/// Most operations of one description: a load of hundreds says nothing of any.
const MOST: u32 = 32;

/// `result` with the operations that follow from the descriptions in its evidence, behind those of its plan: as the load was.
pub fn effective(result: &TestResult) -> Cow<'_, TestResult> {
    if result.plan.prove.load.drawn.is_empty() {
        return Cow::Borrowed(result);
    }
    let mut effective = result.clone();
    effective.plan.prove.load.operations.extend(operations(result));
    Cow::Owned(effective)
}

/// The operations that follow from the descriptions in the evidence of `result`, in the order in which they stand behind
/// those of its plan.
pub fn operations(result: &TestResult) -> impl Iterator<Item = LoadOperation> {
    drawn(result).flat_map(|(_, _, operations)| operations)
}

/// Each description of the plan with what the evidence has in its place, and what follows from it: nothing where it is not
/// byte for byte what was verified.
fn drawn(result: &TestResult) -> impl Iterator<Item = (&DrawnPlan, &DrawnEvidence, Vec<LoadOperation>)> {
    let seen = result.evidence.prove.iter().flat_map(|prove| prove.drawn.iter().flatten());
    let nonce = result.announcement.nonce.as_str();
    result.plan.prove.load.drawn.iter().zip(seen).map(move |(plan, seen)| {
        let operations = if is_verified(result, plan, seen) { plan.draw(&seen.description, nonce) } else { Vec::new() };
        (plan, seen, operations)
    })
}

/// Whether `seen` has the text that was verified, and nothing else was verified of that component and path.
fn is_verified(result: &TestResult, plan: &DrawnPlan, seen: &DrawnEvidence) -> bool {
    let contracts = result.evidence.verify.iter().flat_map(|verify| &verify.contracts);
    let verified = contracts.filter(|one| one.component == plan.component && one.path == plan.path);
    let digests: BTreeSet<&str> = verified.map(|one| one.digest.as_str()).collect();
    digests == BTreeSet::from([sha256(seen.description.as_bytes()).as_str()])
}

/// What the plan lacks, if it draws anything.
pub fn plan_lacks(result: &TestResult, rules: Rules) -> Option<String> {
    let verified = &result.plan.verify.descriptions;
    let mut known = BTreeSet::new();
    result.plan.prove.load.drawn.iter().find_map(|plan| {
        let name = say::quote(&plan.name());
        let is_verified = verified.iter().any(|one| one.component == plan.component && one.path == plan.path);
        if rules < Rules::V3 {
            Some("the plan draws operations from a description, which these rules do not know".to_owned())
        } else if !is_verified {
            Some(format!("operations are drawn from description {name}, which is not verified"))
        } else if !known.insert(plan.name()) {
            Some(format!("operations are drawn from description {name} twice"))
        } else if plan.weight == 0 || plan.most == 0 {
            Some(format!("no operation is drawn from description {name}"))
        } else if plan.most > MOST {
            Some(format!("{} operations may be drawn from description {name}; {MOST} are the most", plan.most))
        } else {
            None
        }
    })
}

/// What of the descriptions is missing.
pub fn lacks(result: &TestResult, prove: &ProveEvidence) -> Option<String> {
    let planned: Vec<String> = result.plan.prove.load.drawn.iter().map(DrawnPlan::name).collect();
    let seen = prove.drawn.iter().flatten().map(|one| format!("{}{}", one.component, one.path)).collect::<Vec<_>>();
    mismatch("drawn description", planned.iter().map(String::as_str), seen.iter().map(String::as_str)).or_else(|| {
        let (plan, seen, _) = drawn(result).find(|(_, _, operations)| operations.is_empty())?;
        let why = if is_verified(result, plan, seen) {
            "it gives nothing that could be drawn"
        } else {
            "what was drawn from is not what was verified"
        };
        Some(format!("drawn description {}: {why}", say::quote(&plan.name())))
    })
}

/// What in the evidence was not so drawn from what was verified; something else is a lack.
pub fn contradiction(result: &TestResult) -> Option<String> {
    let verified = drawn(result).filter(|(plan, seen, _)| is_verified(result, plan, seen));
    verified.into_iter().find_map(|(plan, seen, operations)| {
        let name = say::quote(&plan.name());
        let names = operations.iter().map(|one| one.name.as_str());
        let differ = mismatch("operation", names, seen.operations.iter().map(String::as_str))?;
        Some(format!("drawn description {name}: not as it was to be drawn: {differ}"))
    })
}
