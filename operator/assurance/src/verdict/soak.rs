//! The soak: minutes at the declared rate, in which nothing is broken. What grows in it, and would be beyond its limit
//! within the horizon of the standard, is a failure; so is a container that had to be started again. A pod that nobody
//! looked at says nothing, and nothing is not passed.

mod evidence;
mod planned;
mod pod;
mod series;

use factory_crds::resilience_standard::Soak;

use crate::{
    dossier::TestResult,
    evidence::{ProveEvidence, SoakedPod},
};

pub use evidence::{contradiction, numbers};
pub use planned::check as plan_lacks;

use super::{
    Rules, control,
    found::{Found, failed, inconclusive},
    load::{Load, Span, Timeline},
    say, steady,
    trend::{Sample, Trend},
};

/// Fewest and most looks at a pod that make a trend.
const LOOKS: std::ops::RangeInclusive<u64> = 60..=120;

/// What became of a soak.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soaked {
    /// How often a container was started again.
    pub restarts: u64,
    /// The pods whose trends are known, by component and UID.
    pub pods: Vec<PodSoaked>,
    /// The 95th percentile of latency in microseconds; `None` where it is not asked for, or not known.
    pub latency: Option<Trend>,
}

/// Trends of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSoaked {
    /// Its component.
    pub component: String,
    /// Its UID.
    pub uid: String,
    /// Bytes of memory, and their limit.
    pub memory: Option<(Trend, u64)>,
    /// Open descriptors, and their limit.
    pub descriptors: Option<(Trend, u64)>,
}

/// A soak as it is judged.
struct Judged<'a> {
    soak: &'a Soak,
    span: &'a Span<'a>,
    /// Looks at each pod, as planned.
    looks: u64,
}

/// What is found of the soak of `result`, and what became of it: nothing where the standard asks for none, the plan
/// lacks something of it, or its phase is void.
pub fn check(
    result: &TestResult,
    rules: Rules,
    prove: &ProveEvidence,
    timeline: &Timeline<'_>,
    load: &Load,
) -> (Vec<Found>, Option<Soaked>) {
    let mut phases = timeline.spans.iter().zip(&load.phases);
    let phase = phases.find_map(|(span, measured)| Some((span, measured, span.soak()?)));
    let (Some(soak), Some((span, measured, (every, _)))) = (&result.standard.soak, phase) else {
        return (Vec::new(), None);
    };
    let void = control::voids(result, rules, prove, span).is_some()
        || steady::too_few(&result.standard, span, measured).is_some();
    if void || planned::check(result).is_some() {
        return (Vec::new(), None);
    }
    let Some(pods) = &prove.soak else {
        let message = "nobody looked at memory and descriptors during the soak".to_owned();
        return (vec![inconclusive("SoakMissing", message)], None);
    };
    Judged { soak, span, looks: (span.to - span.from) / u64::from(every).max(1) }.judge(result, prove, pods)
}

impl Judged<'_> {
    fn judge(&self, result: &TestResult, prove: &ProveEvidence, pods: &[SoakedPod]) -> (Vec<Found>, Option<Soaked>) {
        let mut found: Vec<Found> = pod::absent(result, pods).collect();
        let mut pods: Vec<&SoakedPod> = pods.iter().collect();
        pods.sort_by_key(|pod| (&pod.component, &pod.uid));
        let lacks: Vec<Option<Found>> = pods.iter().map(|pod| self.lacks(pod)).collect();
        let whole = pods.iter().zip(&lacks).filter(|(pod, lack)| pod.ready && lack.is_none()).count() as u64;
        let series = 2 * whole + u64::from(self.soak.p95_ms.is_some());
        let restarts = pods.iter().map(|pod| pod.runs.len().saturating_sub(1) as u64).sum();
        let mut soaked = Soaked { restarts, ..Soaked::default() };
        for (pod, lack) in pods.iter().zip(lacks) {
            match (lack, pod.runs.first()) {
                (Some(lack), _) => found.push(lack),
                (None, Some(run)) if pod.ready => {
                    let of_memory: Vec<Sample> = run.samples.iter().map(|[at, bytes, _]| (*at, *bytes)).collect();
                    let of_descriptors: Vec<Sample> = run.samples.iter().map(|[at, _, open]| (*at, *open)).collect();
                    let memory = self.bounded(&of_memory, series, run.memory_limit, self.soak.memory_percent);
                    let descriptors =
                        self.bounded(&of_descriptors, series, run.descriptor_limit, self.soak.descriptor_percent);
                    found.extend(self.of_pod(pod, &pod::MEMORY, memory));
                    found.extend(self.of_pod(pod, &pod::DESCRIPTORS, descriptors));
                    let (component, uid) = (pod.component.clone(), pod.uid.clone());
                    soaked.pods.push(PodSoaked { component, uid, memory, descriptors });
                }
                _ => {}
            }
        }
        if let Some(limit_ms) = self.soak.p95_ms {
            let samples = series::p95(prove, self.span, self.looks);
            let (of_latency, trend) = self.of_latency(&samples, series, limit_ms);
            found.extend(of_latency);
            soaked.latency = trend;
        }
        (found, Some(soaked))
    }

    /// Fewest looks that are evidence: nine tenths of those that are planned.
    const fn least(&self) -> u64 {
        (self.looks * 9).div_ceil(10)
    }

    fn trend(&self, samples: &[Sample], series: u64) -> Option<Trend> {
        Trend::of(samples, u64::from(self.soak.horizon_seconds) * 1_000, series)
    }

    fn of_latency(&self, samples: &[Sample], series: u64, limit_ms: u32) -> (Option<Found>, Option<Trend>) {
        let (seen, least, limit) = (samples.len() as u64, self.least(), u64::from(limit_ms) * 1_000);
        let trend = self.trend(samples, series).filter(|_| seen >= least);
        let Some(trend) = trend else {
            let message = format!(
                "in the soak, answers came in {seen} of {} stretches; fewer than {least} are no evidence",
                self.looks
            );
            return (Some(inconclusive("SoakTooFewSamples", message)), None);
        };
        let found = (trend.ahead > limit).then(|| {
            let [first, last, ahead] = [trend.first, trend.last, trend.ahead].map(say::latency_measured);
            let (limit, leads) = (say::latency(limit), self.leads(&ahead));
            let how =
                if trend.grows { format!("{first} and then {last} in {leads}") } else { format!("{last} at its end") };
            failed(
                "LatencyGrows",
                format!("in the soak, 95 % of answers came within {how}; the standard allows {limit}"),
            )
        });
        (found, Some(trend))
    }

    /// How long it took, and where it leads.
    fn leads(&self, ahead: &str) -> String {
        let (seconds, horizon) = (self.span.to - self.span.from, self.soak.horizon_seconds);
        format!("{seconds} s; that is no chance, and leads to {ahead} within {horizon} s")
    }
}
