//! The soak for the reader: what each pod used over time, where that leads, and how quickly answers came meanwhile.

mod data;
mod plot;
mod words;

pub use data::{PodSoakReport, SoakReport, TrendReport, data};
pub use plot::Panel;
pub use words::Words;

use crate::{
    dossier::TestResult,
    evidence::SoakedPod,
    plan::PhaseRole,
    verdict::{
        soak::{PodSoaked, Soaked},
        trend::Trend,
    },
};

use super::{Language, Report, numbers, phases::Span, requests, text::plain};

/// The section of a page.
pub struct Section {
    /// Its words.
    pub words: &'static Words,
    /// Name and value: how long, how often looked at, how far ahead, and latency.
    pub facts: Vec<(&'static str, String)>,
    /// Memory, descriptors and latency as pictures.
    pub panels: Vec<Panel>,
    /// The same as a table.
    pub rows: Vec<Row>,
}

/// A pod.
pub struct Row {
    /// Its component.
    pub component: String,
    /// Its UID.
    pub uid: String,
    /// How often it was looked at.
    pub looks: usize,
    /// How often its container was started again.
    pub restarts: usize,
    /// Memory: how it went, and where it leads.
    pub memory: [String; 2],
    /// Descriptors: the same.
    pub descriptors: [String; 2],
    /// Whether either leads beyond its limit.
    pub over: bool,
}

/// The section in `language`; nothing where the plan of `report` has no soak.
pub fn section(report: &Report<'_>, spans: &[Span<'_>], language: Language) -> Option<Section> {
    let (result, words) = (report.result, words::of(language));
    let span = spans.iter().find(|span| span.is_soak())?;
    let PhaseRole::Soak { every_seconds, .. } = &span.phase.role else { return None };
    let soaked = report.soaked.as_ref();
    let pods = pods(result);
    let seconds = |seconds: u64| numbers::span(seconds.saturating_mul(1_000));
    let mut facts = vec![(words.lasted, seconds(span.to - span.from)), (words.every, seconds((*every_seconds).into()))];
    if let Some(soak) = &result.standard.soak {
        facts.push((words.horizon, seconds(soak.horizon_seconds.into())));
        let limit = soak.p95_ms.map(|ms| u64::from(ms) * 1_000);
        facts.extend(limit.map(|limit| {
            let trend = soaked.and_then(|soaked| soaked.latency).map(|trend| (trend, limit));
            let [went, leads] = told(trend, numbers::milliseconds, words);
            (words.latency, format!("{went}; {}: {leads}", words.leads))
        }));
    }
    let by_second = requests::by_second(result.evidence.prove.as_ref());
    let rows = pods.iter().map(|pod| row(pod, soaked, words)).collect();
    Some(Section { words, facts, panels: plot::panels(pods, &by_second, span, *every_seconds, words), rows })
}

/// The pods of the evidence.
fn pods(result: &TestResult) -> &[SoakedPod] {
    result.evidence.prove.as_ref().and_then(|prove| prove.soak.as_deref()).unwrap_or_default()
}

/// What the verdict knows of `pod`.
fn known<'a>(pod: &SoakedPod, soaked: Option<&'a Soaked>) -> Option<&'a PodSoaked> {
    soaked?.pods.iter().find(|one| one.uid == pod.uid)
}

fn row(pod: &SoakedPod, soaked: Option<&Soaked>, words: &Words) -> Row {
    let trends = known(pod, soaked);
    let (memory, descriptors) = (trends.and_then(|trends| trends.memory), trends.and_then(|trends| trends.descriptors));
    let beyond = |trend: Option<(Trend, u64)>| trend.is_some_and(|(trend, limit)| trend.ahead > limit);
    Row {
        component: plain(&pod.component),
        uid: plain(&pod.uid),
        looks: pod.runs.iter().map(|run| run.samples.len()).sum(),
        restarts: pod.runs.len().saturating_sub(1),
        memory: told(memory, mebibytes, words),
        descriptors: told(descriptors, numbers::count, words),
        over: beyond(memory) || beyond(descriptors),
    }
}

/// How a trend went, and where it leads, beside its limit.
fn told(trend: Option<(Trend, u64)>, show: fn(u64) -> String, words: &Words) -> [String; 2] {
    let Some((trend, limit)) = trend else { return [words.not_known; 2].map(str::to_owned) };
    let ahead = if trend.grows { show(trend.ahead) } else { words.nowhere.to_owned() };
    [format!("{} → {}", show(trend.first), show(trend.last)), format!("{ahead} (≤ {})", show(limit))]
}

/// Rounded up to a tenth.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", numbers::decimal(numbers::exact((u128::from(bytes) * 10).div_ceil(1 << 20)), 1))
}
