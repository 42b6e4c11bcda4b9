//! What earlier runs of the sample's service add: the same repetition of each fault, so many times.

use factory_crds::resilience_standard::History;

use crate::{
    dossier::TestResult,
    plan::{EarlierRuns, history::Kept},
    risk::Planned,
};

/// Lets `result` build on so many earlier runs, each an attempt before it, in each of which each fault came to what `of` says
/// of its place among the plan's risks and of the run: recovery and lost service.
pub fn earlier(result: &mut TestResult, runs: u64, of: impl Fn(usize, u64) -> (Option<u64>, u64)) {
    result.standard.history = Some(History { most_repetitions: 30 });
    result.announcement.attempt = u32::try_from(runs).map_or(u32::MAX, |runs| runs.saturating_add(1));
    let risks = Planned::from(&*result).distinct().unwrap_or_default();
    let kept = |place: usize, run: u64| {
        let (recovery_ms, lost_ms) = of(place, run);
        Kept { place: run, dossier: format!("sha256:{run:064x}"), recovery_ms, lost_ms }
    };
    let faults = risks.into_iter().enumerate();
    let faults = faults.map(|(place, risk)| (risk, (0..runs).map(|run| kept(place, run)).collect()));
    result.plan.prove.history = Some(EarlierRuns::of(faults.collect()));
}
