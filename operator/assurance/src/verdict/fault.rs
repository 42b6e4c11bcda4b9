//! One fault: whether it was felt, what it cost, how soon requests came through again, and whether
//! anything of it was left.

use std::collections::BTreeSet;

use factory_crds::resilience_standard::{FaultKind, FaultLimits};

use crate::{
    dossier::TestResult,
    evidence::{FaultEvidence, SLOT_MS, Slot},
    standard::Standard,
};

use super::{
    found::{Found, failed, inconclusive},
    load::{Measured, SLOTS, Span},
    recovery::{Recovery, recovery},
    say, steady,
};

/// A fault, whom it struck, and what was seen of it.
pub struct Struck<'a> {
    /// Which fault.
    pub kind: FaultKind,
    /// The component.
    pub component: &'a str,
    /// Its phase.
    pub span: &'a Span<'a>,
    /// What was seen.
    pub evidence: &'a FaultEvidence,
    /// Traffic of the whole run.
    pub slots: &'a [Slot],
}

/// Holds one fault phase against the limits of its fault.
pub fn check(result: &TestResult, struck: &Struck<'_>, measured: &Measured) -> Vec<Found> {
    let mut found = struck.dose();
    found.extend(struck.residue());
    // A cost without a dose is no cost of this fault.
    if !struck.struck() {
        return found;
    }
    let Some(limit_ppm) = limit_ppm(&result.standard, struck.kind) else { return found };
    if let Some(few) = steady::too_few(&result.standard, struck.span, measured) {
        found.push(few);
        return found;
    }
    found.extend(struck.cost(limit_ppm, measured));
    let declared = result.availability.recovery_time.millis();
    found.extend(struck.late_recovery(&result.standard, declared));
    found
}

/// The strictest limit of the standard for `kind`.
pub fn limit_ppm(standard: &Standard, kind: FaultKind) -> Option<u32> {
    of_kind(standard, kind).map(|limits| limits.max_failed_ppm).min()
}

/// The limits of the standard for `kind`.
fn of_kind(standard: &Standard, kind: FaultKind) -> impl Iterator<Item = &FaultLimits> {
    standard.faults.iter().filter(move |limits| limits.kind == kind)
}

impl Struck<'_> {
    /// Planned milliseconds of the phase.
    fn window(&self) -> (u64, u64) {
        (self.span.from.saturating_mul(1_000), self.span.to.saturating_mul(1_000))
    }

    /// Pods that were ready before, those of them that were seen to go within the window.
    pub fn pods_gone(&self) -> (usize, usize) {
        let (from, to) = self.window();
        let before: BTreeSet<&str> =
            self.evidence.before.iter().filter(|pod| pod.ready).map(|pod| pod.uid.as_str()).collect();
        let gone: BTreeSet<&str> = self
            .evidence
            .gone
            .iter()
            .filter(|pod| (from..to).contains(&pod.at_ms))
            .map(|pod| pod.uid.as_str())
            .collect();
        (before.len(), before.intersection(&gone).count())
    }

    /// How many of them must go for the fault to be felt.
    pub fn must_go(&self, before: usize) -> usize {
        match self.kind {
            FaultKind::PodKill => 1,
            FaultKind::RollingRestart => before.max(1),
            _ => 1,
        }
    }

    /// Whether anything was done to the component.
    fn struck(&self) -> bool {
        self.evidence.injected_ms.is_some() && self.pods_gone().1 > 0
    }

    /// Whether it was felt, and in time.
    fn dose(&self) -> Vec<Found> {
        let component = self.component_name();
        let fault = self.kind.slug();
        let errors = &self.evidence.errors;
        let why = errors.first().map_or("no reason was given".to_owned(), |first| {
            format!("{}{}", say::cut(first), say::more(errors.len() - 1))
        });
        let Some(injected) = self.evidence.injected_ms else {
            return vec![inconclusive("FaultRefused", format!("{component}: {fault} could not be injected: {why}"))];
        };
        let mut found = Vec::new();
        if !errors.is_empty() {
            found.push(inconclusive("FaultErrors", format!("{component}: {fault} did not go as it should: {why}")));
        }
        found.extend(self.late(injected));
        let (before, gone) = self.pods_gone();
        let must = self.must_go(before);
        if gone < must {
            let window = say::seconds(self.window().1 - self.window().0);
            found.push(inconclusive(
                "FaultNotFelt",
                format!("{component}: {fault} was not felt: {gone} of {before} ready pods went within the {window} of its phase; {must} must"),
            ));
        }
        found
    }

    /// A fault that came outside its phase, or so late that the window is not what was planned.
    fn late(&self, injected: u64) -> Option<Found> {
        let (from, to) = self.window();
        let latest = (to - from) / 5;
        if injected >= from && injected - from <= latest {
            return None;
        }
        let message = format!(
            "{}: {} came {} after the start of the load; its phase began at {}, and it must come within {} of that",
            self.component_name(),
            self.kind.slug(),
            say::seconds(injected),
            say::seconds(from),
            say::seconds(latest),
        );
        Some(inconclusive("FaultOutOfTime", message))
    }

    /// Something of the fault was left.
    fn residue(&self) -> Option<Found> {
        let (first, rest) = self.evidence.residue.split_first()?;
        let message = format!(
            "{}: {} left something behind: {}{}",
            self.component_name(),
            self.kind.slug(),
            say::cut(first),
            say::more(rest.len()),
        );
        Some(inconclusive("ResidueLeft", message))
    }

    /// More requests failed than the fault may cost.
    fn cost(&self, limit_ppm: u32, measured: &Measured) -> Option<Found> {
        let share = measured.failed_more_than(limit_ppm)?;
        let limit = say::percent(limit_ppm.into());
        let (component, phrase) = (self.component_name(), self.kind.phrase());
        Some(failed("FaultCostTooHigh", format!("{component}: when {phrase}, {share}; the standard allows {limit}")))
    }

    /// When requests came through again.
    pub fn recovery(&self, standard: &Standard) -> Recovery {
        let (Some(injected), Some(limit)) = (self.evidence.injected_ms, limit_ppm(standard, self.kind)) else {
            return Recovery::Unknown;
        };
        let first = self.span.from.saturating_mul(SLOTS).max(injected / SLOT_MS);
        recovery(
            self.slots,
            first,
            self.span.to.saturating_mul(SLOTS),
            injected,
            limit.max(standard.steady.max_failed_ppm),
        )
    }

    /// Requests came through again too late, or pods were never ready again.
    fn late_recovery(&self, standard: &Standard, declared_ms: u64) -> Option<Found> {
        let (component, phrase) = (self.component_name(), self.kind.phrase());
        let after = format!("{component}: after {phrase}");
        match self.recovery(standard) {
            Recovery::Unknown => Some(inconclusive(
                "RecoveryNotMeasured",
                format!("{after}, requests were due in too few moments to see when it served again"),
            )),
            Recovery::Never => Some(failed(
                "RecoveryTooSlow",
                format!("{after}, it did not serve again within the {} s watched", self.span.phase.seconds),
            )),
            Recovery::After(ms) if ms > declared_ms => Some(failed(
                "RecoveryTooSlow",
                format!(
                    "{after}, it served again after {}; declared recoveryTime is {}",
                    say::seconds_measured(ms),
                    say::seconds(declared_ms)
                ),
            )),
            Recovery::After(_) if self.evidence.ready_again_ms.is_none() => Some(inconclusive(
                "NotSeenReadyAgain",
                format!("{after}, requests were served, but its pods were not seen to be ready again"),
            )),
            Recovery::After(_) => None,
        }
    }

    fn component_name(&self) -> String {
        say::cut(self.component)
    }
}
