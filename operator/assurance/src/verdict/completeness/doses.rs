//! Whether the doses of faults agree with themselves: each is of a pod that could be struck and of a
//! class that the fault has, stands there once, and has values that its kind can have.

use std::collections::BTreeSet;

use factory_crds::resilience_standard::{FaultKind, Share};

use crate::{
    evidence::{Class, Dose, FaultEvidence, PodSeen, ProveEvidence},
    verdict::{
        Rules,
        asked::Asked,
        histogram,
        load::{Span, Timeline},
        say,
    },
};

/// The first contradiction; the first rules knew no doses.
pub fn contradiction(rules: Rules, timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    if rules < Rules::V2 {
        return None;
    }
    let asked = |span: &Span<'_>| Asked::of(rules, &span.phase.role).map(|(asked, _)| asked);
    let planned = timeline.spans.iter().filter_map(asked);
    planned.zip(&prove.faults).find_map(|(asked, fault)| of_fault(&asked, fault))
}

fn of_fault(asked: &Asked, fault: &FaultEvidence) -> Option<String> {
    let phase = say::quote(&fault.phase);
    let rotates = asked.rotates();
    if rotates && fault.ended_ms.is_some() {
        return Some(format!("phase {phase}: {} is not done on a node, and has no end", asked.words()));
    }
    if !asked.on_node() && !rotates {
        let none = fault.doses.is_empty() && fault.ended_ms.is_none();
        return (!none)
            .then(|| format!("phase {phase}: {} is not done on a node, and has no dose or end", asked.words()));
    }
    let struck: BTreeSet<&str> = fault.doses.iter().map(|dose| dose.pod.as_str()).collect();
    // A pod that waits for a node is nowhere; only one that could be struck, or was, must be somewhere.
    let unplaced = |pod: &&PodSeen| {
        asked.share() == Share::Node && pod.node.is_none() && (pod.ready || struck.contains(pod.uid.as_str()))
    };
    if !fault.doses.is_empty()
        && let Some(pod) = fault.before.iter().find(unplaced)
    {
        let pod = say::quote(&pod.uid);
        return Some(format!("phase {phase}, pod {pod}: it is not said on which node it was"));
    }
    let before: BTreeSet<&str> = fault.before.iter().map(|pod| pod.uid.as_str()).collect();
    let mut seen = BTreeSet::new();
    fault.doses.iter().find_map(|dose| {
        let was_there = before.contains(dose.pod.as_str());
        // Those that come are what a rotation is about.
        let stranger = !rotates && asked.share() == Share::One && !was_there;
        let twice = !seen.insert((dose.pod.as_str(), dose.class));
        let wrong = of_dose(asked, dose, stranger, twice).or_else(|| {
            let other = if was_there { &dose.during } else { &dose.before };
            let amiss = rotates && (dose.class != Class::All || !other.is_empty());
            amiss.then(|| "a dose that says more than what the pod was given".to_owned())
        })?;
        Some(format!("phase {phase}, pod {}: {wrong}", say::quote(&dose.pod)))
    })
}

fn of_dose(asked: &Asked, dose: &Dose, stranger: bool, twice: bool) -> Option<String> {
    let cells = || dose.before.iter().chain(&dose.during);
    if (dose.class == Class::Dns) != asked.kind.on_dns() {
        Some(format!("a dose of class {}, which {} does not have", name(dose.class), asked.kind.slug()))
    } else if twice {
        Some(format!("two doses of class {}", name(dose.class)))
    } else if stranger {
        Some("a dose of a pod that was not there before".to_owned())
    } else if !histogram::rises(&dose.before) || !histogram::rises(&dose.during) {
        Some("the values of a histogram of its dose do not rise".to_owned())
    } else if has_sides(asked.kind) && cells().any(|[value, _]| *value > 1) {
        Some("a value of its dose is neither 0 nor 1".to_owned())
    } else {
        None
    }
}

/// Whether a value says which of two things was seen, and no amount.
const fn has_sides(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Delay | FaultKind::Jitter | FaultKind::DnsDelay | FaultKind::Bandwidth)
        && !kind.takes_percent()
}

const fn name(class: Class) -> &'static str {
    match class {
        Class::All => "All",
        Class::New => "New",
        Class::Pooled => "Pooled",
        Class::Dns => "Dns",
    }
}
