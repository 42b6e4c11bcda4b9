//! Who felt a fault on the node: of each pod that it struck over all classes of its traffic, and of
//! the component as many as the plan's share asks for.

use std::collections::{BTreeMap, BTreeSet};

use factory_crds::resilience_standard::{FaultKind, Share};

use crate::evidence::{self, Class, FaultEvidence};

use super::{
    asked::Asked,
    dose::{self, Dose},
    found::{Found, inconclusive},
    say,
};

/// Classes in the order in which they are looked at.
const CLASSES: [Class; 4] = [Class::All, Class::New, Class::Pooled, Class::Dns];

/// Who felt it.
pub struct Felt {
    /// Pods that were ready before.
    pub ready: usize,
    /// Those of them that felt it.
    pub count: usize,
    /// How many of them must.
    pub must: usize,
    /// Strength that the pod which felt least of it measured.
    pub least: Option<u64>,
    /// Pods that it struck.
    struck: usize,
    /// Nodes on which pods that were there before were struck, where all of one node are to be.
    nodes: usize,
    /// The first that did not feel it, or of which it is not known, by its words.
    missed: Option<Missed>,
}

/// A pod that did not feel the fault.
enum Missed {
    NotFelt(String),
    Unknown(String),
}

impl Felt {
    /// Of what `evidence` has on the fault that was `asked` for.
    pub fn of(asked: &Asked, evidence: &FaultEvidence) -> Self {
        let mut doses: BTreeMap<&str, Vec<&evidence::Dose>> = BTreeMap::new();
        for dose in &evidence.doses {
            doses.entry(&dose.pod).or_default().push(dose);
        }
        let ready: BTreeMap<&str, Option<u32>> =
            evidence.before.iter().filter(|pod| pod.ready).map(|pod| (pod.uid.as_str(), pod.node)).collect();
        let struck = evidence.before.iter().filter(|pod| doses.contains_key(pod.uid.as_str()));
        let nodes: BTreeSet<Option<u32>> = struck.map(|pod| pod.node).collect();
        let share = asked.share();
        let is_meant = |pod: &str, node: &Option<u32>| match share {
            Share::One => doses.contains_key(pod),
            Share::All => true,
            Share::Node => nodes.contains(node),
        };
        let judged: Vec<&str> = ready.iter().filter(|(pod, node)| is_meant(pod, node)).map(|(pod, _)| *pod).collect();
        let must = if share == Share::One { 1 } else { judged.len().max(1) };
        let (mut count, mut least, mut missed) = (0, None, None);
        for pod in judged {
            let place = format!("pod {}", say::quote(pod));
            match of_pod(asked, doses.get(pod).map_or(&[][..], Vec::as_slice)) {
                (_, Dose::Felt(measured)) => {
                    count += 1;
                    least = lesser(asked, least, measured);
                }
                // What was measured and is not enough says more than what was not measured.
                (class, Dose::NotFelt(why)) => {
                    if !matches!(missed, Some(Missed::NotFelt(_))) {
                        missed = Some(Missed::NotFelt(format!("{place}{}: {why}", words(class))));
                    }
                }
                (class, Dose::Unknown(why)) => {
                    missed = missed.or_else(|| Some(Missed::Unknown(format!("{place}{}: {why}", words(class)))));
                }
            }
        }
        let nodes = if share == Share::Node { nodes.len() } else { 0 };
        Self { ready: ready.len(), count, must, least, struck: doses.len(), nodes, missed }
    }

    /// What speaks against it: too few felt it, or too many were struck.
    pub fn check(&self, asked: &Asked, component: &str) -> Vec<Found> {
        let fault = asked.words();
        let mut found = Vec::new();
        if self.count < self.must {
            let how_many = format!("{} of {} ready pods felt it, {} must", self.count, self.ready, self.must);
            let unknown = |why: &str| {
                let message = format!("{component}: it is not known whether {fault} was felt: {how_many}; {why}");
                inconclusive("FaultDoseUnknown", message)
            };
            found.push(match &self.missed {
                Some(Missed::NotFelt(why)) => {
                    inconclusive("FaultNotFelt", format!("{component}: {fault} was not felt: {how_many}; {why}"))
                }
                Some(Missed::Unknown(why)) => unknown(why),
                None => unknown("nothing was measured in a ready pod"),
            });
        }
        if self.is_too_wide(asked) {
            let message = match self.nodes {
                0 => format!("{component}: {fault} struck {} pods; one was planned", self.struck),
                nodes => format!("{component}: {fault} struck pods on {nodes} nodes; one was planned"),
            };
            found.push(inconclusive("FaultTooWide", message));
        }
        found
    }

    /// Whether it struck every pod that could have gone on serving.
    pub fn is_of_all(&self, asked: &Asked) -> bool {
        match asked.share() {
            Share::One => false,
            Share::All => true,
            Share::Node => self.must >= self.ready,
        }
    }

    /// Whether it struck more pods than were planned.
    pub fn is_too_wide(&self, asked: &Asked) -> bool {
        asked.share() == Share::One && self.struck > 1 || self.nodes > 1
    }
}

/// What one pod felt: every class that says something must have felt it, and none may be left out.
fn of_pod(asked: &Asked, doses: &[&evidence::Dose]) -> (Class, Dose) {
    let none = if asked.kind.on_dns() { Class::Dns } else { Class::All };
    let Some(strength) = asked.strength().or((!asked.has_strength()).then_some(0)) else {
        return (none, Dose::Unknown("the plan does not say how strong it is".to_owned()));
    };
    if doses.is_empty() {
        return (none, Dose::Unknown("nothing was measured".to_owned()));
    }
    let of_class = |class| {
        let doses = doses.iter().filter(move |dose| dose.class == class);
        doses.map(move |dose| (class, dose::of(asked.kind, strength, &dose.before, &dose.during)))
    };
    let said: Vec<(Class, Dose)> = CLASSES.into_iter().flat_map(of_class).collect();
    if let Some(not_felt) = said.iter().find(|(_, dose)| matches!(dose, Dose::NotFelt(_))) {
        return not_felt.clone();
    }
    let measured = |class| said.iter().any(|(other, _)| *other == class);
    let parts = if none == Class::Dns { &[Class::Dns][..] } else { &[Class::New, Class::Pooled] };
    if !measured(none)
        && let Some(class) = parts.iter().find(|class| !measured(**class))
    {
        return (*class, Dose::Unknown("nothing was measured".to_owned()));
    }
    let felt = said.iter().filter_map(|(_, dose)| match dose {
        Dose::Felt(measured) => Some(*measured),
        Dose::NotFelt(_) | Dose::Unknown(_) => None,
    });
    match felt.reduce(|one, other| lesser(asked, one, other)) {
        Some(measured) => (none, Dose::Felt(measured)),
        None => said.into_iter().next().unwrap_or((none, Dose::Unknown("nothing was measured".to_owned()))),
    }
}

/// The weaker of two measured strengths: a limit of bandwidth is weaker the more it lets through.
fn lesser(asked: &Asked, one: Option<u64>, other: Option<u64>) -> Option<u64> {
    let both = one.into_iter().chain(other);
    if asked.kind == FaultKind::Bandwidth { both.max() } else { both.min() }
}

const fn words(class: Class) -> &'static str {
    match class {
        Class::All | Class::Dns => "",
        Class::New => ", new connections",
        Class::Pooled => ", open connections",
    }
}
