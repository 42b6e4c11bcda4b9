//! The lease of a fault that lasts: its effect must end by itself, neither early, for then it was
//! less than was asked, nor late, for then it was no lease (invariant 5).

use super::{
    fault::Struck,
    found::{Found, inconclusive},
    say,
};

/// How much later than its lease the effect of a fault may end, in milliseconds.
const LATE_MS: u128 = 1_000;

/// What speaks against the end of a fault that was injected at `injected_ms`.
pub fn check(struck: &Struck<'_>, injected_ms: u64) -> Option<Found> {
    let asked = &struck.asked;
    if !asked.lasts() {
        return None;
    }
    let (component, fault) = (struck.component_name(), asked.words());
    let lease = asked.lease_ms();
    let planned = say::seconds(lease);
    let Some(ended) = struck.evidence.ended_ms else {
        let message = format!("{component}: {fault} was not seen to end; its lease is {planned}");
        return Some(inconclusive("LeaseNotSeenToEnd", message));
    };
    let lasted = ended.saturating_sub(injected_ms);
    let said = say::seconds(lasted);
    let end = struck.window().1;
    if u128::from(lasted) > u128::from(lease) + LATE_MS {
        let message = format!("{component}: {fault} lasted {said}; its lease is {planned}");
        Some(inconclusive("LeaseOverrun", message))
    } else if ended > end {
        let (ended, end) = (say::seconds(ended), say::seconds(end));
        let message =
            format!("{component}: {fault} ended {ended} after the start of the load; its phase ended at {end}");
        Some(inconclusive("LeaseOverrun", message))
    } else if u128::from(lasted) * 10 < u128::from(lease) * 9 {
        let message = format!("{component}: {fault} lasted only {said}; its lease is {planned}");
        Some(inconclusive("LeaseCutShort", message))
    } else {
        None
    }
}
