//! One fault: whether it was felt, what it cost, how soon requests came through again, and whether
//! anything of it was left.

use std::collections::BTreeSet;

use factory_crds::resilience_standard::{FaultKind, Share};

use crate::{
    dossier::TestResult,
    evidence::{FaultEvidence, SLOT_MS, Slot},
    standard::Standard,
};

use super::{
    asked::{Asked, Limits},
    felt::Felt,
    found::{Found, failed, inconclusive},
    lease,
    load::{Measured, SLOTS, Span},
    recovery::{Recovery, lost_ms, recovery},
    rotated::Rotated,
    say, steady,
};

/// A fault, whom it struck, and what was seen of it.
pub struct Struck<'a> {
    /// What was asked for.
    pub asked: Asked,
    /// The component.
    pub component: &'a str,
    /// How many of its variables a rotation gives other values.
    pub variables: usize,
    /// Its phase.
    pub span: &'a Span<'a>,
    /// What was seen.
    pub evidence: &'a FaultEvidence,
    /// Traffic of the whole run.
    pub slots: &'a [Slot],
}

/// What one repetition of a fault came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Lost service, in milliseconds.
    pub lost_ms: u64,
    /// When requests came through again.
    pub recovery: Recovery,
}

/// Holds one fault phase against the limits of its fault; also what it cost, where that may be concluded.
pub fn check(result: &TestResult, struck: &Struck<'_>, measured: &Measured) -> (Vec<Found>, Option<Cost>) {
    let (mut found, as_planned) = struck.done();
    found.extend(struck.residue());
    // A cost without a dose, or of more than was planned, is no cost of this fault.
    let limits = struck.asked.limits(&result.standard).filter(|_| as_planned);
    let Some(limits) = limits else { return (found, None) };
    if let Some(few) = steady::too_few(&result.standard, struck.span, measured) {
        found.push(few);
        return (found, None);
    }
    found.extend(struck.cost(&limits, measured));
    found.extend(struck.slow(&limits, measured));
    let declared = result.availability.recovery_time.millis();
    found.extend(struck.late_recovery(&result.standard, declared));
    let recovery = struck.recovery(&result.standard);
    (found, struck.lost_ms().map(|lost_ms| Cost { lost_ms, recovery }))
}

impl Struck<'_> {
    /// Planned milliseconds of the phase.
    pub fn window(&self) -> (u64, u64) {
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
        if self.asked.kind.replaces_all() { before.max(1) } else { 1 }
    }

    /// Whether it was felt, in time and as planned; and with that, whether anything was done to the
    /// component from which something may be concluded.
    fn done(&self) -> (Vec<Found>, bool) {
        let (component, fault) = (self.component_name(), self.asked.words());
        let errors = &self.evidence.errors;
        let why = errors.first().map_or("no reason was given".to_owned(), |first| {
            format!("{}{}", say::cut(first), say::more(errors.len() - 1))
        });
        let Some(injected) = self.evidence.injected_ms else {
            let refused = inconclusive("FaultRefused", format!("{component}: {fault} could not be injected: {why}"));
            return (vec![refused], false);
        };
        let mut found = Vec::new();
        if !errors.is_empty() {
            found.push(inconclusive("FaultErrors", format!("{component}: {fault} did not go as it should: {why}")));
        }
        found.extend(self.late(injected));
        if self.asked.on_node() {
            let felt = Felt::of(&self.asked, self.evidence);
            let lease = lease::check(self, injected);
            let as_planned = felt.count > 0 && !felt.is_too_wide(&self.asked) && lease.is_none();
            found.extend(felt.check(&self.asked, &component));
            found.extend(lease);
            return (found, as_planned);
        }
        let (before, gone) = self.pods_gone();
        let must = self.must_go(before);
        let rotated = self.asked.rotates().then(|| Rotated::of(self.variables, self.evidence));
        let as_planned = gone > 0 && rotated.as_ref().is_none_or(Rotated::as_planned);
        if gone < must {
            let window = say::seconds(self.window().1 - self.window().0);
            found.push(inconclusive(
                "FaultNotFelt",
                format!("{component}: {fault} was not felt: {gone} of {before} ready pods went within the {window} of its phase; {must} must"),
            ));
        } else {
            found.extend(rotated.and_then(|rotated| rotated.check(&component, &fault)));
        }
        (found, as_planned)
    }

    /// A fault that came outside its phase, or so late that the window is not what was planned.
    fn late(&self, injected: u64) -> Option<Found> {
        let (from, to) = self.window();
        // A fault that lasts must also end within its phase.
        let latest = ((to - from) / 5).min((to - from).saturating_sub(self.asked.lease_ms()));
        let began = self.began().unwrap_or(injected);
        if began >= from && injected >= from && injected - from <= latest {
            return None;
        }
        let came = if began < from { began } else { injected };
        let message = format!(
            "{}: {} came {} after the start of the load; its phase began at {}, and it must come within {} of that",
            self.component_name(),
            self.asked.words(),
            say::seconds(came),
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
            self.asked.words(),
            say::cut(first),
            say::more(rest.len()),
        );
        Some(inconclusive("ResidueLeft", message))
    }

    /// More requests failed than the fault may cost.
    fn cost(&self, limits: &Limits, measured: &Measured) -> Option<Found> {
        let share = measured.failed_more_than(limits.max_failed_ppm)?;
        let limit = say::percent(limits.max_failed_ppm.into());
        let (component, phrase) = (self.component_name(), self.asked.phrase());
        Some(failed("FaultCostTooHigh", format!("{component}: when {phrase}, {share}; the standard allows {limit}")))
    }

    /// Answers came later than the fault may make them.
    fn slow(&self, limits: &Limits, measured: &Measured) -> Vec<Found> {
        let (component, phrase) = (self.component_name(), self.asked.phrase());
        let place = format!("{component}: when {phrase}");
        let percentiles = [("FaultP95TooHigh", 95, limits.p95_ms), ("FaultP99TooHigh", 99, limits.p99_ms)];
        percentiles
            .into_iter()
            .filter_map(|(code, percent, limit)| Some(failed(code, measured.slower_than(percent, limit?, &place)?)))
            .collect()
    }

    /// When it began, in milliseconds: with its order, which may be a while before its acknowledgement; by the first
    /// rules with that.
    fn began(&self) -> Option<u64> {
        let injected = self.evidence.injected_ms?;
        let ordered = self.evidence.ordered_ms.filter(|_| self.asked.rules.begins_with_the_order());
        Some(ordered.map_or(injected, |ordered| ordered.min(injected)))
    }

    /// Service lost from its begin to the end of the phase, in milliseconds.
    pub fn lost_ms(&self) -> Option<u64> {
        let first = self.span.from.saturating_mul(SLOTS).max(self.began()? / SLOT_MS);
        Some(lost_ms(self.slots, first, self.span.to.saturating_mul(SLOTS)))
    }

    /// From when on it is asked whether requests come through again, in milliseconds: from its
    /// begin where other pods must carry on, from the end of the lease where there is none left.
    fn back_from(&self) -> Option<u64> {
        let is_away = match self.asked.share() {
            Share::Node => Felt::of(&self.asked, self.evidence).is_of_all(&self.asked),
            share => share == Share::All,
        };
        let away = if is_away { self.asked.lease_ms() } else { 0 };
        self.began().map(|began| began.saturating_add(away))
    }

    /// Moments from `from` on at which ready pods went, where each has its own recovery.
    fn went(&self, from: u64) -> Vec<u64> {
        let one_by_one = self.asked.kind.replaces_all() || self.asked.kind == FaultKind::Eviction;
        if !one_by_one || !self.asked.rules.recovers_pod_by_pod() {
            return Vec::new();
        }
        let ready: BTreeSet<&str> =
            self.evidence.before.iter().filter(|pod| pod.ready).map(|pod| pod.uid.as_str()).collect();
        let gone = self.evidence.gone.iter().filter(|pod| ready.contains(pod.uid.as_str()));
        gone.map(|pod| pod.at_ms).filter(|at| (from..self.window().1).contains(at)).collect()
    }

    /// When requests came through again.
    pub fn recovery(&self, standard: &Standard) -> Recovery {
        let (Some(from), Some(limits)) = (self.back_from(), self.asked.limits(standard)) else {
            return Recovery::Unknown;
        };
        let went = self.went(from);
        recovery(
            self.slots,
            self.span.from.saturating_mul(SLOTS).max(from / SLOT_MS),
            self.span.to.saturating_mul(SLOTS),
            limits.max_failed_ppm.max(standard.steady.max_failed_ppm),
            |end| went.iter().copied().filter(|at| *at < end).max().unwrap_or(from),
        )
    }

    /// Requests came through again too late, or pods were never ready again.
    fn late_recovery(&self, standard: &Standard, declared_ms: u64) -> Option<Found> {
        let (component, phrase) = (self.component_name(), self.asked.phrase());
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

    pub fn component_name(&self) -> String {
        say::cut(self.component)
    }
}
