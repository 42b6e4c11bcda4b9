//! The soak as data.

use serde::Serialize;

use crate::{
    evidence::SoakedPod,
    plan::PhaseRole,
    report::{Report, phases::Span},
    verdict::trend::Trend,
};

/// The soak as data; samples stand in the dossier.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SoakReport {
    /// Its phase.
    pub phase: String,
    /// From one look at a pod to the next.
    pub every_seconds: u32,
    /// How far ahead trends must stay within their limits; `null` where the standard asks for no soak.
    pub horizon_seconds: Option<u32>,
    /// The pods, in the order of the evidence.
    pub pods: Vec<PodSoakReport>,
    /// The 95th percentile of latency in microseconds; `null` where it is not asked for, or not known.
    pub latency_us: Option<TrendReport>,
}

/// A pod in the soak.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSoakReport {
    /// Its component.
    pub component: String,
    /// Its UID.
    pub uid: String,
    /// Whether it was ready when the soak began.
    pub ready: bool,
    /// How often it was looked at.
    pub looks: usize,
    /// How often its container was started again.
    pub restarts: usize,
    /// Memory in bytes; `null` where nothing is concluded.
    pub memory_bytes: Option<TrendReport>,
    /// Open descriptors.
    pub descriptors: Option<TrendReport>,
}

/// A trend, and what it must not lead beyond.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrendReport {
    /// At the begin of the soak.
    pub first: u64,
    /// At its end.
    pub last: u64,
    /// Whether it grows, not by chance.
    pub grows: bool,
    /// Where it leads within the horizon.
    pub ahead: u64,
    /// The most that this may be.
    pub limit: u64,
}

impl TrendReport {
    const fn of((trend, limit): (Trend, u64)) -> Self {
        let Trend { first, last, grows, ahead } = trend;
        Self { first, last, grows, ahead, limit }
    }
}

/// The soak of `report` as data; nothing where its plan has none.
pub fn data(report: &Report<'_>, spans: &[Span<'_>]) -> Option<SoakReport> {
    let span = spans.iter().find(|span| span.is_soak())?;
    let PhaseRole::Soak { every_seconds, .. } = &span.phase.role else { return None };
    let (soaked, asked) = (report.soaked.as_ref(), report.result.standard.soak.as_ref());
    let pod = |pod: &SoakedPod| {
        let known = super::known(pod, soaked);
        PodSoakReport {
            component: pod.component.clone(),
            uid: pod.uid.clone(),
            ready: pod.ready,
            looks: pod.runs.iter().map(|run| run.samples.len()).sum(),
            restarts: pod.runs.len().saturating_sub(1),
            memory_bytes: known.and_then(|known| known.memory).map(TrendReport::of),
            descriptors: known.and_then(|known| known.descriptors).map(TrendReport::of),
        }
    };
    let latency = soaked.and_then(|soaked| soaked.latency);
    let limit = asked.and_then(|soak| soak.p95_ms).map(|ms| u64::from(ms) * 1_000);
    Some(SoakReport {
        phase: span.phase.name.clone(),
        every_seconds: *every_seconds,
        horizon_seconds: asked.map(|soak| soak.horizon_seconds),
        pods: super::pods(report.result).iter().map(pod).collect(),
        latency_us: latency.zip(limit).map(TrendReport::of),
    })
}
