//! The phases of a plan on the axis of time, each fault with its number and what was seen of it. The
//! n-th fault phase is read with the n-th element of the evidence, as the verdict does.

use factory_crds::resilience_standard::FaultKind;

use crate::{
    dossier::TestResult,
    evidence::FaultEvidence,
    plan::{Phase, PhaseRole, Strike},
};

/// A phase and its planned seconds.
pub struct Span<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// First second, inclusive.
    pub from: u64,
    /// Last second, exclusive.
    pub to: u64,
    /// Of a fault.
    pub fault: Option<Fault<'a>>,
}

/// A fault of the plan.
pub struct Fault<'a> {
    /// From 1, in the order of the plan: how the report speaks of it.
    pub number: usize,
    /// Which.
    pub kind: FaultKind,
    /// The component it strikes.
    pub component: &'a str,
    /// How it is done, for a fault on the node.
    pub strike: Option<&'a Strike>,
    /// What was seen of it, if anything.
    pub seen: Option<&'a FaultEvidence>,
}

/// All phases of the plan of `result`, one after another from 0.
pub fn spans(result: &TestResult) -> Vec<Span<'_>> {
    let mut seen = result.evidence.prove.iter().flat_map(|prove| &prove.faults);
    let (mut from, mut number) = (0_u64, 0);
    let mut spans = Vec::new();
    for phase in &result.plan.prove.phases {
        let to = from.saturating_add(phase.seconds.into());
        let fault = match &phase.role {
            PhaseRole::Fault { kind, component, strike } => {
                number += 1;
                Some(Fault { number, kind: *kind, component, strike: strike.as_ref(), seen: seen.next() })
            }
            PhaseRole::WarmUp {} | PhaseRole::Steady {} | PhaseRole::Soak { .. } | PhaseRole::Capacity { .. } => None,
        };
        spans.push(Span { phase, from, to, fault });
        from = to;
    }
    spans
}

/// Length of the run in seconds: as planned.
pub fn length(spans: &[Span<'_>]) -> u64 {
    spans.last().map_or(0, |span| span.to)
}

/// Index of the phase to which `second` belongs.
pub fn at(spans: &[Span<'_>], second: u64) -> Option<usize> {
    let index = spans.partition_point(|span| span.to <= second);
    (index < spans.len()).then_some(index)
}

impl Span<'_> {
    /// Whether it is a steady phase.
    pub const fn is_steady(&self) -> bool {
        matches!(self.phase.role, PhaseRole::Steady {})
    }

    /// Whether it is a soak.
    pub const fn is_soak(&self) -> bool {
        matches!(self.phase.role, PhaseRole::Soak { .. })
    }

    /// Its rate in percent of the declared one, if it is a step of the ladder.
    pub const fn percent(&self) -> Option<u32> {
        match self.phase.role {
            PhaseRole::Capacity { percent } => Some(percent),
            _ => None,
        }
    }
}

impl Fault<'_> {
    /// From when to when its lease ran, in milliseconds: to the moment at which its effect was seen
    /// to be over, or as planned where nobody saw it.
    pub fn lease(&self) -> Option<(u64, u64)> {
        let lease = self.strike.map(|strike| strike.lease_seconds).filter(|seconds| *seconds > 0)?;
        let seen = self.seen?;
        let from = seen.injected_ms?;
        let to = seen.ended_ms.unwrap_or_else(|| from.saturating_add(u64::from(lease) * 1_000));
        (from < to).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn faults_are_counted_and_read_with_their_evidence() {
        let result = sample::passing();
        let spans = spans(&result);
        let faults: Vec<_> = spans.iter().filter_map(|span| span.fault.as_ref().map(|fault| (span, fault))).collect();
        assert_eq!(faults.iter().map(|(_, fault)| fault.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(faults.iter().all(|(span, fault)| fault.seen.unwrap().phase == span.phase.name));
        assert_eq!((length(&spans), at(&spans, 0), at(&spans, 2), at(&spans, 36)), (36, Some(0), Some(1), None));
    }

    #[test]
    fn a_lease_ends_when_its_effect_was_seen_to_be_over() {
        let mut result = sample::passing();
        let mut fault = result.evidence.prove.as_mut().unwrap().faults[0].clone();
        let strike = Strike {
            share: factory_crds::resilience_standard::Share::One,
            lease_seconds: 3,
            strength: 0,
            ..Strike::default()
        };
        let lease = |seen: &FaultEvidence| {
            let kind = FaultKind::Freeze;
            Fault { number: 1, kind, component: "web", strike: Some(&strike), seen: Some(seen) }.lease()
        };
        fault.injected_ms = Some(7_040);
        assert_eq!(lease(&fault), Some((7_040, 10_040)));
        fault.ended_ms = Some(10_100);
        assert_eq!(lease(&fault), Some((7_040, 10_100)));
        fault.injected_ms = None;
        assert_eq!(lease(&fault), None);
    }
}
