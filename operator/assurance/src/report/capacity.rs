//! The ladder for the reader: what became of each step, up to where it held, and on what: pods with their limits, on
//! nodes of such a size.

mod plot;
mod words;

use serde::Serialize;

use crate::{
    dossier::TestResult,
    evidence::{NodeProfile, PodsProfile, Profile},
    verdict::capacity::{Ladder, State, Step},
};

use super::{
    Language, Report, numbers,
    phases::Span,
    requests::{self, Requests},
    text::plain,
};
pub use plot::Plot;
pub use words::Words;

/// The section of a page.
pub struct Section {
    /// Its words.
    pub words: &'static Words,
    /// Name and value: up to where it held, where it broke, what must hold, and what it ran on.
    pub facts: Vec<(&'static str, String)>,
    /// The ladder as a picture.
    pub plot: Plot,
    /// The same as a table.
    pub rows: Vec<Row>,
}

/// A step.
pub struct Row {
    /// Its rate in percent of the declared one.
    pub percent: u32,
    /// Whether it must hold.
    pub must_hold: bool,
    /// Requests a second, as planned.
    pub rate: String,
    /// Requests that were due.
    pub requests: u64,
    /// Those that failed, and which share they are.
    pub failed: String,
    /// 95th and 99th percentile of latency, in milliseconds.
    pub percentiles: [String; 2],
    /// What became of it.
    pub state: &'static str,
    /// The same for the style sheet.
    pub class: &'static str,
}

/// The ladder as data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CapacityReport {
    /// The step that must hold, as the standard asks; `null` where it asks for none.
    pub must_hold_percent: Option<u32>,
    /// What became of each step.
    pub steps: Vec<StepReport>,
    /// What it was measured on; `null` where nobody knows.
    pub profile: Option<Profile>,
}

/// A step as data; its figures stand among those of the run, by its phase.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Its phase.
    pub phase: String,
    /// Its rate in percent of the declared one.
    pub percent: u32,
    /// `Held`, `Broke`, `Unknown`, or `Untold` of one that came after one that broke.
    pub state: &'static str,
}

/// The ladder of `report` as data; nothing where its plan has none.
pub fn data(report: &Report<'_>, spans: &[Span<'_>]) -> Option<CapacityReport> {
    let (result, steps) = (report.result, of(report, spans));
    let step = |(span, step): &(&Span<'_>, Step)| StepReport {
        phase: span.phase.name.clone(),
        percent: step.percent,
        state: match step.state {
            State::Held => "Held",
            State::Broke => "Broke",
            State::Unknown => "Unknown",
            State::Untold => "Untold",
        },
    };
    (!steps.is_empty()).then(|| CapacityReport {
        must_hold_percent: must_hold(result),
        steps: steps.iter().map(step).collect(),
        profile: result.evidence.prove.as_ref().and_then(|prove| prove.profile.clone()),
    })
}

/// The section in `language`; nothing where the plan of `report` has no ladder.
pub fn section(report: &Report<'_>, spans: &[Span<'_>], language: Language) -> Option<Section> {
    let (result, words) = (report.result, words::of(language));
    let facts = facts(result, &report.ladder, words);
    let steps = of(report, spans);
    if steps.is_empty() {
        return None;
    }
    let seconds = requests::by_second(result.evidence.prove.as_ref());
    let must_hold = must_hold(result);
    let rows: Vec<Row> = steps
        .iter()
        .map(|(span, step)| row(result, *step, &requests::between(&seconds, span.from, span.to), words, must_hold))
        .collect();
    Some(Section { words, facts, plot: plot::of(&rows, must_hold, words), rows })
}

/// The steps with their phases, in the order of the plan.
pub fn of<'a>(report: &Report<'_>, spans: &'a [Span<'a>]) -> Vec<(&'a Span<'a>, Step)> {
    spans.iter().filter(|span| span.percent().is_some()).zip(report.ladder.steps.iter().copied()).collect()
}

/// The step that must hold.
pub fn must_hold(result: &TestResult) -> Option<u32> {
    result.standard.capacity.as_ref().map(|capacity| capacity.headroom_percent)
}

fn row(result: &TestResult, step: Step, requests: &Requests, words: &'static Words, must_hold: Option<u32>) -> Row {
    let rate = u64::from(result.plan.prove.load.requests_per_minute) * u64::from(step.percent);
    let failures = numbers::exact(requests.failures());
    let shown = |percent| requests.percentile(percent).map_or_else(|| "–".to_owned(), |us| numbers::decimal(us, 3));
    Row {
        percent: step.percent,
        must_hold: must_hold.is_some_and(|must| step.percent <= must),
        // Of a hundredth of a minute's requests, to a tenth of a request a second.
        rate: numbers::decimal(rate / 600, 1),
        requests: numbers::exact(requests.total()),
        failed: requests.failed_ppm().map_or_else(String::new, |ppm| format!("{failures} ({})", numbers::percent(ppm))),
        percentiles: [95, 99].map(shown),
        state: words.state(step.state),
        class: class(step.state),
    }
}

const fn class(state: State) -> &'static str {
    match state {
        State::Held => "held",
        State::Broke => "broke",
        State::Unknown => "unknown",
        State::Untold => "untold",
    }
}

fn facts(result: &TestResult, ladder: &Ladder, words: &Words) -> Vec<(&'static str, String)> {
    let percent = |percent: u32| format!("{percent} %");
    let held = match ladder.held() {
        None => words.not_known.to_owned(),
        Some(0) => words.no_step.to_owned(),
        Some(held) => percent(held),
    };
    let whole = ladder.steps.iter().all(|step| step.state == State::Held);
    let unbroken = if whole { words.nowhere } else { words.not_known };
    let broke = ladder.broke_at().map_or_else(|| unbroken.to_owned(), percent);
    let mut facts = vec![(words.held_up_to, held), (words.broke_at, broke)];
    facts.extend(must_hold(result).map(|must| (words.must_hold, percent(must))));
    let profile = result.evidence.prove.as_ref().and_then(|prove| prove.profile.as_ref());
    match profile {
        None => facts.push((words.ran_on, words.not_known.to_owned())),
        Some(profile) => facts.extend(profile.nodes.iter().map(|node| (words.ran_on, described(node, words)))),
    }
    facts
}

/// `web × 2 (0.5 CPU, 128 MiB); registry × 1 (…) – node: 2 CPU, 3952 MiB; amd64, 6.1.0`.
fn described(node: &NodeProfile, words: &Words) -> String {
    let pods: Vec<String> = node.pods.iter().map(|pods| of_pods(pods, words)).collect();
    let size = [cpu(node.cpu_milli), memory(node.memory_bytes)].join(", ");
    let (architecture, kernel) = (plain(&node.architecture), plain(&node.kernel));
    format!("{} – {}: {size}; {architecture}, {kernel}", pods.join("; "), words.node)
}

fn of_pods(pods: &PodsProfile, words: &Words) -> String {
    let limits = [pods.cpu_milli.map(cpu), pods.memory_bytes.map(memory)];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let limits = if limits.is_empty() { words.no_limit.to_owned() } else { limits.join(", ") };
    format!("{} × {} ({limits})", plain(&pods.component), pods.count)
}

fn cpu(milli: u64) -> String {
    format!("{} CPU", numbers::decimal(milli, 3))
}

fn memory(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
