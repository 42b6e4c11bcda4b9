//! What each finding means and what it is about. A finding is a code and a sentence; the codes and
//! how each sentence begins are specified in `docs/verdict.md`, and a test holds this file against
//! that page.
//!
//! *Architecture invariant:* nothing passes here either. A finding that cannot be placed concerns
//! the whole run, and what a finding left unjudged is never shown as passed.

use factory_crds::{
    release::{Finding, Outcome},
    resilience_standard::FaultKind,
};

use crate::{
    dossier::TestResult,
    plan::PhaseRole,
    verdict::{Rules, Verdict, asked::Asked},
};

use super::{
    phases::{self, Span},
    text::cut,
};

/// Codes of requirements that were measured and not met; all others say that evidence is lacking.
const FAILURES: [&str; 20] = [
    "CapacityFailuresTooHigh",
    "CapacityP95TooHigh",
    "CapacityP99TooHigh",
    "CheckFailed",
    "DescriptionLies",
    "DescriptionUnreadable",
    "DescriptorsGrow",
    "DowntimeTooLong",
    "FaultCostTooHigh",
    "FaultP95TooHigh",
    "FaultP99TooHigh",
    "LatencyGrows",
    "MemoryGrows",
    "OperationFailuresTooHigh",
    "RecoveryTooSlow",
    "SlowerThanConfirmed",
    "SoakRestarted",
    "SteadyFailuresTooHigh",
    "SteadyP95TooHigh",
    "SteadyP99TooHigh",
];

/// Codes that void nothing beside what they name.
const VOID_NOTHING: [&str; 8] = [
    "PlanIncomplete",
    "GeneratorSaturated",
    "DowntimeTooLong",
    "DowntimeNotExcluded",
    "OperationFailuresTooHigh",
    "OperationHardlyAsked",
    "OperationNeverServed",
    "ProfileMissing",
];

/// Codes whose message names the checks or descriptions where only those are void.
const ABOUT_EVIDENCE: [&str; 4] =
    ["EvidenceMissing", "EvidenceOfAnotherRun", "EvidenceIncomplete", "EvidenceContradictory"];

/// Codes of what is found of pods in a soak; their sentences begin with the component, as those of its faults do.
const OF_SOAK: [&str; 9] = [
    "DescriptorsGrow",
    "LatencyGrows",
    "MemoryGrows",
    "SoakMissing",
    "SoakPodGone",
    "SoakPodMissing",
    "SoakRestarted",
    "SoakTooFewSamples",
    "SoakUnbounded",
];

/// Codes of what is found beside the last confirmed release.
const OF_COMPARISON: [&str; 3] = ["ComparisonMissing", "ComparisonVoid", "SlowerThanConfirmed"];

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The run as a whole.
    Run,
    /// A check of the plan, by its index.
    Check(usize),
    /// A description of the plan, by its index.
    Description(usize),
    /// A phase of the plan, by its index.
    Phase(usize),
    /// The comparison with the last confirmed release.
    Comparison,
}

/// A finding with what it means and what it is about.
pub struct Read<'a> {
    /// As the verdict has it.
    pub finding: &'a Finding,
    /// `Failed` or `Inconclusive`.
    pub outcome: Outcome,
    /// At least one; several where the sentence does not tell them apart.
    pub places: Vec<Place>,
}

/// Reads all findings of `verdict` on `result`.
pub fn read<'a>(result: &TestResult, verdict: &'a Verdict) -> Vec<Read<'a>> {
    let spans = phases::spans(result);
    let one = |finding: &'a Finding| Read {
        finding,
        outcome: outcome(&finding.code),
        places: places(result, &spans, finding),
    };
    verdict.findings.iter().map(one).collect()
}

/// What a finding with `code` means.
pub fn outcome(code: &str) -> Outcome {
    if FAILURES.contains(&code) { Outcome::Failed } else { Outcome::Inconclusive }
}

impl Read<'_> {
    /// Whether nothing can be said of `place` because of it.
    pub fn voids(&self, place: Place) -> bool {
        let code = self.finding.code.as_str();
        if !self.places.contains(&Place::Run) || VOID_NOTHING.contains(&code) {
            return false;
        }
        let of_checks = ["the functional checks", "check ", "description "]
            .iter()
            .any(|opening| self.finding.message.starts_with(opening));
        match place {
            _ if !ABOUT_EVIDENCE.contains(&code) => match code {
                "GeneratorLagged" | "LoadTooLow" | "TwinMissing" => {
                    matches!(place, Place::Phase(_) | Place::Comparison)
                }
                _ => true,
            },
            Place::Check(_) | Place::Description(_) => of_checks,
            Place::Phase(_) | Place::Comparison | Place::Run => !of_checks,
        }
    }
}

fn places(result: &TestResult, spans: &[Span<'_>], finding: &Finding) -> Vec<Place> {
    let (code, message) = (finding.code.as_str(), finding.message.as_str());
    if ABOUT_EVIDENCE.contains(&code) || code == "PlanIncomplete" {
        return vec![Place::Run];
    }
    if OF_COMPARISON.contains(&code) {
        return vec![Place::Comparison];
    }
    if OF_SOAK.contains(&code)
        && let Some(soak) = spans.iter().position(Span::is_soak)
    {
        return vec![Place::Phase(soak)];
    }
    let plan = &result.plan.verify;
    let checks = plan.checks.iter().enumerate();
    let checks = checks
        .filter(|(_, check)| message.starts_with(&format!("check `{}`", cut(&check.name))))
        .map(|(index, _)| Place::Check(index));
    let descriptions = plan.descriptions.iter().enumerate();
    let descriptions = descriptions
        .filter(|(_, one)| message.starts_with(&format!("{}{}: ", cut(&one.component), cut(&one.path))))
        .map(|(index, _)| Place::Description(index));
    let phases: Vec<(usize, &Span<'_>)> =
        spans.iter().enumerate().filter(|(_, span)| is_about(span, spans, message)).collect();
    // Of several faults of one kind on one component, the one that is named with its strength.
    let in_full =
        |span: &Span<'_>| in_full(span).filter(|words| message.contains(words)).map_or(0, |words| words.len());
    let best = phases.iter().map(|(_, span)| in_full(span)).max().unwrap_or(0);
    let phases = phases.into_iter().filter(|(_, span)| in_full(span) == best).map(|(index, _)| Place::Phase(index));
    let found: Vec<Place> = checks.chain(descriptions).chain(phases).collect();
    if found.is_empty() { vec![Place::Run] } else { found }
}

/// Whether `message` is about the phase of `span`.
fn is_about(span: &Span<'_>, spans: &[Span<'_>], message: &str) -> bool {
    if message.starts_with(&format!("phase `{}`", cut(&span.phase.name))) {
        return true;
    }
    match &span.phase.role {
        PhaseRole::WarmUp {} | PhaseRole::Capacity { .. } => false,
        PhaseRole::Steady {} | PhaseRole::Soak { .. } => message.starts_with(&format!("{}, ", steady(span, spans))),
        PhaseRole::Fault { kind, component, .. } => {
            let Some(rest) = message.strip_prefix(&format!("{}: ", cut(component))) else { return false };
            // The kind that is named first: a reason behind it may name another.
            let first = FaultKind::ALL
                .into_iter()
                .filter_map(|kind| {
                    Some((rest.find(kind.slug()).into_iter().chain(rest.find(kind.phrase())).min()?, kind))
                })
                .min();
            first.is_some_and(|(_, named)| named == *kind)
        }
    }
}

/// How the verdict names a fault on the node, as in `delay of 200 ms for 4 s of all pods`.
fn in_full(span: &Span<'_>) -> Option<String> {
    let fault = span.fault.as_ref()?;
    Some(Asked { rules: Rules::V2, kind: fault.kind, strike: Some(fault.strike?.clone()) }.words())
}

/// How the verdict speaks of a steady phase, or of a soak.
fn steady(span: &Span<'_>, spans: &[Span<'_>]) -> &'static str {
    if span.is_soak() {
        return "in the soak";
    }
    let mut faults = spans.iter().filter(|span| span.fault.is_some());
    let Some(first) = faults.next() else { return "in the steady state" };
    let last = faults.next_back().unwrap_or(first);
    if span.to <= first.from {
        "in the steady state before any fault"
    } else if span.from >= last.to {
        "in the steady state after the last fault"
    } else {
        "in the steady state between two faults"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evidence::Failure, sample};
    use factory_crds::resilience_standard::Share;

    /// `(code, F or I)` of every table row and sentence of the specification.
    fn specified() -> Vec<(&'static str, &'static str)> {
        let page = include_str!("../../../../docs/verdict.md");
        let mut found = Vec::new();
        for (start, _) in page.match_indices("` (") {
            let (before, after) = (&page[..start], &page[start + 3..]);
            let code = before.rsplit('`').next().unwrap_or_default();
            if let Some(letter) = ["F)", "I)"].into_iter().find(|letter| after.starts_with(letter)) {
                found.push((code, &letter[..1]));
            }
        }
        found
    }

    #[test]
    fn every_code_means_what_the_specification_says() {
        let specified = specified();
        assert!(specified.len() > 25, "{specified:?}");
        for (code, letter) in specified {
            let want = if letter == "F" { Outcome::Failed } else { Outcome::Inconclusive };
            assert_eq!(outcome(code), want, "{code}");
        }
    }

    #[test]
    fn a_finding_is_placed_where_its_sentence_says() {
        let result = sample::failing();
        let read = read(&result, &result.verdict);
        assert!(!read.is_empty());
        let web = result.plan.prove.phases.iter().position(|phase| phase.name == "pod-kill-web").unwrap();
        assert!(read.iter().all(|one| one.places == [Place::Phase(web)]), "{:?}", result.verdict.findings);
    }

    #[test]
    fn slow_steady_state_after_the_faults_is_not_that_before_them() {
        let mut result = sample::passing();
        sample::fail(&mut result, 0, 320..340, Failure::Status);
        let result = sample::judged(result);
        let last = result.plan.prove.phases.len() - 1;
        let read = read(&result, &result.verdict);
        // Of an operation by itself it is said of the run.
        assert_eq!(
            read.iter().map(|one| (one.finding.code.as_str(), one.places.clone())).collect::<Vec<_>>(),
            [("SteadyFailuresTooHigh", vec![Place::Phase(last)]), ("OperationFailuresTooHigh", vec![Place::Run])]
        );
    }

    #[test]
    fn of_two_delays_the_one_that_is_named_is_meant() {
        let mut result = sample::passing();
        let strikes = [(200, 4, Share::One), (50, 2, Share::One), (50, 2, Share::All)];
        for (phase, (strength, lease_seconds, share)) in result.plan.prove.phases[2..5].iter_mut().zip(strikes) {
            let strike = Some(crate::plan::Strike { share, lease_seconds, strength, ..crate::plan::Strike::default() });
            phase.role = PhaseRole::Fault { kind: FaultKind::Delay, component: "web".to_owned(), strike };
        }
        let spans = phases::spans(&result);
        let placed = |message: &str| {
            places(&result, &spans, &Finding { code: "FaultNotFelt".to_owned(), message: format!("web: {message}") })
        };
        assert_eq!(placed("delay of 200 ms for 4 s was not felt: a loss"), [Place::Phase(2)]);
        assert_eq!(placed("delay of 50 ms for 2 s was not felt"), [Place::Phase(3)]);
        assert_eq!(
            placed("when packets to it were delayed (delay of 50 ms for 2 s of all pods), 9 % failed"),
            [Place::Phase(4)]
        );
        assert_eq!(placed("delay was not felt"), [Place::Phase(2), Place::Phase(3), Place::Phase(4)]);
    }

    #[test]
    fn missing_evidence_voids_what_it_is_missing_for_and_no_more() {
        let result = sample::inconclusive();
        let read = read(&result, &result.verdict);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].places, [Place::Run]);
        assert!(read[0].voids(Place::Phase(1)) && !read[0].voids(Place::Check(0)));
        let mut result = sample::passing();
        result.evidence.verify = None;
        let result = sample::judged(result);
        let read = super::read(&result, &result.verdict);
        assert!(
            !read[0].voids(Place::Phase(1)) && read[0].voids(Place::Check(0)) && read[0].voids(Place::Description(0))
        );
    }

    #[test]
    fn what_was_drawn_from_a_description_is_of_the_load_and_not_of_the_checks() {
        let message = "drawn description `web/openapi.json`: it gives nothing that could be drawn".to_owned();
        let finding = Finding { code: "EvidenceIncomplete".to_owned(), message };
        let read = Read { finding: &finding, outcome: outcome(&finding.code), places: vec![Place::Run] };
        assert!(read.voids(Place::Phase(1)) && !read.voids(Place::Check(0)) && !read.voids(Place::Description(0)));
    }

    #[test]
    fn a_code_that_nobody_knows_voids_everything() {
        let finding = Finding { code: "UnknownRules".to_owned(), message: "the result names the rules".to_owned() };
        let read = Read { finding: &finding, outcome: outcome(&finding.code), places: vec![Place::Run] };
        assert!([Place::Check(0), Place::Description(0), Place::Phase(0)].into_iter().all(|place| read.voids(place)));
    }
}
