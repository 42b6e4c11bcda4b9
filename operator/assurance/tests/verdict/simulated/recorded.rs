//! What real runs showed, cut into pieces that a simulated run is put together from: seconds without a fault,
//! faults with the seconds and tenths of a second after them, how late requests left.

use std::{fs, path::Path};

use factory_assurance::{
    dossier::TestResult,
    evidence::{Failure, FaultEvidence, ProveEvidence, Slot},
    plan::{PhaseRole, Strike},
};
use factory_crds::{ResilienceStandardSpec, resilience_standard::FaultKind};

use super::draw::{Cells, gathered};

/// All recorded runs of sound services.
pub struct Recorded {
    /// The results themselves; the first one's checks and manifest stand in every simulated run.
    pub results: Vec<TestResult>,
    /// Latencies of each second of steady state.
    pub steady: Vec<Cells>,
    /// Of each run how late requests left.
    pub lags: Vec<Cells>,
    /// Faults.
    pub episodes: Vec<Episode>,
}

/// A fault that was recorded, with what its phase showed.
pub struct Episode {
    /// Which.
    pub kind: FaultKind,
    /// How.
    pub strike: Option<Strike>,
    /// As it went.
    pub evidence: FaultEvidence,
    /// Begin of its phase, in seconds of its run.
    pub from: usize,
    /// Requests a minute.
    pub rate: u32,
    /// Latencies of each second of its phase.
    pub seconds: Vec<Cells>,
    /// Good and failed requests of each tenth of a second of its phase.
    pub slots: Vec<Slot>,
    /// A cause for each request that failed in it.
    pub causes: Vec<Failure>,
}

impl Recorded {
    /// Everything in `tests/recorded`, by name.
    pub fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let results = paths.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect();
        Self::of(results)
    }

    fn of(results: Vec<TestResult>) -> Self {
        let (mut steady, mut lags, mut episodes) = (Vec::new(), Vec::new(), Vec::new());
        for result in &results {
            let prove = result.evidence.prove.as_ref().unwrap();
            lags.push(prove.lag_us.clone());
            let (mut from, mut faults) = (0, prove.faults.iter());
            for phase in &result.plan.prove.phases {
                let to = from + phase.seconds as usize;
                match &phase.role {
                    PhaseRole::WarmUp {} | PhaseRole::Soak { .. } | PhaseRole::Capacity { .. } => {}
                    PhaseRole::Steady {} => steady.extend((from..to).map(|second| latencies(prove, second))),
                    PhaseRole::Fault { kind, strike, .. } => {
                        let evidence = faults.next().unwrap().clone();
                        let rate = result.plan.prove.load.requests_per_minute;
                        let (kind, strike) = (*kind, strike.clone());
                        let seconds = (from..to).map(|second| latencies(prove, second)).collect();
                        let slots = prove.slots[10 * from..10 * to].to_vec();
                        let causes = causes(prove, from, to);
                        episodes.push(Episode { kind, strike, evidence, from, rate, seconds, slots, causes });
                    }
                }
                from = to;
            }
        }
        Self { results, steady, lags, episodes }
    }

    /// Kinds of fault that `spec` asks for and no run was recorded with.
    pub fn lacks(&self, spec: &ResilienceStandardSpec) -> Vec<FaultKind> {
        spec.faults.iter().map(|limits| limits.kind).filter(|kind| self.like(*kind).is_empty()).collect()
    }

    /// The recorded faults that can stand for `kind`.
    pub fn like(&self, kind: FaultKind) -> Vec<&Episode> {
        self.episodes.iter().filter(|episode| episode.kind == kind).collect()
    }
}

/// Latencies of all operations in one second.
fn latencies(prove: &ProveEvidence, second: usize) -> Cells {
    let buckets = prove.buckets.iter().filter(|bucket| bucket.second as usize == second);
    gathered(buckets.flat_map(|bucket| bucket.latency_us.iter().copied()).collect())
}

fn causes(prove: &ProveEvidence, from: usize, to: usize) -> Vec<Failure> {
    let buckets = prove.buckets.iter().filter(|bucket| (from..to).contains(&(bucket.second as usize)));
    let failed = buckets.flat_map(|bucket| &bucket.failed);
    failed.flat_map(|(cause, count)| std::iter::repeat_n(*cause, usize::try_from(*count).unwrap())).collect()
}
