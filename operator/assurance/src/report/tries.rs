//! How often whoever calls a component tries again while a fault acts on it: tries at the pods that it struck for each
//! request of the load, just before it and meanwhile. A caller that waits longer before each try asks little more than
//! before; one that does not turns a short fault into a long one.
//!
//! Both numbers are of the same pods. Where a fault strikes one of several, what goes to the others is in neither.

use serde::Serialize;

use crate::evidence::{FaultEvidence, SLOT_MS, Slot, Tries};

use super::numbers::{decimal, exact};

/// Tries at the pods that a fault struck for each thousand requests that were due in the same time, of the whole load.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TriesReport {
    /// How many pods that is of.
    pub pods: usize,
    /// Just before the fault.
    pub before_permille: u64,
    /// While it acted.
    pub during_permille: u64,
    /// That in percent of what it was before; `null` where nothing was tried before.
    pub times_percent: Option<u64>,
}

/// That of a fault with what was `seen` of it, under the load with these `slots`; nothing where none was counted. A pod for
/// which no request was due meanwhile or before is left out.
pub fn of(seen: &FaultEvidence, slots: &[Slot]) -> Option<TriesReport> {
    let ordered = seen.ordered_ms?;
    let of_pod = |tries: &Tries| {
        let until = ordered.saturating_add(tries.until_ms.into());
        let from = ordered.saturating_add(tries.from_ms.into());
        let before = due(slots, until.saturating_sub(tries.before_ms.into()), until);
        let during = due(slots, from, from.saturating_add(tries.during_ms.into()));
        Some([permille(tries.before, before)?, permille(tries.during, during)?])
    };
    let pods: Vec<_> = seen.tries.iter().filter_map(of_pod).collect();
    let [before, during] = [0, 1].map(|side| pods.iter().map(|pod| pod[side]).sum::<u128>());
    (!pods.is_empty()).then(|| TriesReport {
        pods: pods.len(),
        before_permille: exact(before),
        during_permille: exact(during),
        times_percent: (during * 100).checked_div(before).map(exact),
    })
}

impl TriesReport {
    /// For people: `1.04 → 3.12 (× 3, n = 2)`, where n is the number of pods.
    #[must_use]
    pub fn shown(&self) -> String {
        let times = self.times_percent.map(|times| format!("× {}, ", decimal(times, 2))).unwrap_or_default();
        let [before, during] = [self.before_permille, self.during_permille].map(|permille| decimal(permille, 3));
        format!("{before} → {during} ({times}n = {})", self.pods)
    }
}

/// Requests that were due from `from` to before `to`, in milliseconds, to the nearest slot.
fn due(slots: &[Slot], from: u64, to: u64) -> u64 {
    let slot =
        |ms: u64| usize::try_from(ms.saturating_add(SLOT_MS / 2) / SLOT_MS).unwrap_or(usize::MAX).min(slots.len());
    let due = slots.get(slot(from)..slot(to)).unwrap_or_default();
    due.iter().map(|[good, failed]| u64::from(*good) + u64::from(*failed)).sum()
}

fn permille(tries: u32, requests: u64) -> Option<u128> {
    (u128::from(tries) * 1_000).checked_div(requests.into())
}
