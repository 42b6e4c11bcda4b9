//! One pod in a soak: whether it can be judged, and whether what it uses leads beyond its limits.

use crate::{dossier::TestResult, evidence::SoakedPod};

use super::{
    super::{
        found::{Found, failed, inconclusive},
        load::exact,
        say,
        trend::{Sample, Trend},
    },
    Judged,
};

impl Judged<'_> {
    /// Why nothing can be said of how `pod` grew, the first that applies: it was started again, went, or was not looked
    /// at. One that was not ready when the soak began is judged by its restarts alone.
    pub fn lacks(&self, pod: &SoakedPod) -> Option<Found> {
        let (name, uid) = (say::cut(&pod.component), say::quote(&pod.uid));
        let restarts = pod.runs.len().saturating_sub(1);
        if restarts > 0 {
            let message = format!(
                "{name}: the container of pod {uid} was started again {restarts} times during the soak, in which nothing was broken"
            );
            return Some(failed("SoakRestarted", message));
        }
        if !pod.ready {
            return None;
        }
        let phase = self.span.from.saturating_mul(1_000)..self.span.to.saturating_mul(1_000);
        if let Some(at) = pod.gone_ms.filter(|at| phase.contains(at)) {
            let message = format!(
                "{name}: pod {uid} went {} after the start of the load, during the soak, in which nothing was broken",
                say::seconds(at)
            );
            return Some(inconclusive("SoakPodGone", message));
        }
        let (seen, least) = (pod.runs.first().map_or(0, |run| run.samples.len() as u64), self.least());
        (seen < least).then(|| {
            let why = pod.errors.first().map(|why| format!(": {}", say::cut(why))).unwrap_or_default();
            let message = format!(
                "{name}: pod {uid} was looked at {seen} times during the soak; fewer than {least} are no evidence{why}"
            );
            inconclusive("SoakTooFewSamples", message)
        })
    }

    /// The trend of `samples`, and the limit that it must not lead beyond: so many percent of `limit`.
    pub fn bounded(&self, samples: &[Sample], series: u64, limit: u64, percent: u32) -> Option<(Trend, u64)> {
        let limit = exact(u128::from(limit) * u128::from(percent) / 100);
        (limit > 0).then_some(limit).and_then(|limit| Some((self.trend(samples, series)?, limit)))
    }

    /// What is found of one `measure` of `pod`, whose trend and limit are known or not.
    pub fn of_pod(&self, pod: &SoakedPod, measure: &Measure, trend: Option<(Trend, u64)>) -> Option<Found> {
        let (name, uid, what) = (say::cut(&pod.component), say::quote(&pod.uid), measure.what);
        let Some((trend, limit)) = trend else {
            let message =
                format!("{name}: pod {uid} has no limit of {what}: nobody knows how much of it there is to use up");
            return Some(inconclusive("SoakUnbounded", message));
        };
        (trend.ahead > limit).then(|| {
            let place = format!("{name}: {} of pod {uid}", measure.used);
            let [first, last, ahead] = [trend.first, trend.last, trend.ahead].map(measure.measured);
            let (limit, leads) = ((measure.limit)(limit), self.leads(&ahead));
            let how =
                if trend.grows { format!("grew from {first} to {last} in {leads}") } else { format!("was at {last}") };
            failed(measure.code, format!("{place} {how}; the standard allows {limit}"))
        })
    }
}

/// Something that a pod uses up.
pub struct Measure {
    code: &'static str,
    what: &'static str,
    used: &'static str,
    measured: fn(u64) -> String,
    limit: fn(u64) -> String,
}

/// Of memory.
pub const MEMORY: Measure =
    Measure { code: "MemoryGrows", what: "memory", used: "memory", measured: say::memory_measured, limit: say::memory };

/// Of descriptors.
pub const DESCRIPTORS: Measure =
    Measure { code: "DescriptorsGrow", what: "descriptors", used: "open descriptors", measured: count, limit: count };

fn count(number: u64) -> String {
    number.to_string()
}

/// Components of which no pod was ready when the soak began.
pub fn absent<'a>(result: &'a TestResult, pods: &'a [SoakedPod]) -> impl Iterator<Item = Found> + 'a {
    let is_there = |component: &str| pods.iter().any(|pod| pod.ready && pod.component == component);
    result.bundle.images.keys().filter(move |component| !is_there(component)).map(|component| {
        let message = format!("the soak: no pod of component {} was ready when it began", say::quote(component));
        inconclusive("SoakPodMissing", message)
    })
}
