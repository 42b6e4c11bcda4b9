//! Two runs side by side: which figures differ by more than noise.
//!
//! Judged are four figures of the steady state: 50th, 95th and 99th percentile of latency, and the
//! share of failed requests. Noise is estimated from the runs themselves, second by second:
//!
//! 1. *Within a run*, by a stationary bootstrap (Politis and Romano 1994): the seconds of each steady
//!    phase are drawn again, 2000 times, in blocks of random length, because neighbouring seconds
//!    resemble each other. The middle of the 2000 differences, stretched for the few blocks that there
//!    are, is an interval that holds the true one in 95 % of cases for all four figures together
//!    (98.75 % each, Bonferroni).
//! 2. *Drift*: the steady state before the faults against that after them, in one and the same run. By
//!    how much one run differs from itself, two runs may differ for no reason.
//! 3. *Resolution*: values are cells of a histogram, up to a thousandth wide.
//!
//! A figure is better or worse only if the interval, widened by the resolution, lies on one side of 0
//! and the difference exceeds the drift of either run. The numbers come from a generator that is
//! seeded by the digests of the two dossiers: the same two always compare the same, and compared
//! the other way round they say the opposite.
//!
//! What it cannot know: whether the machines were the same. Two runs are two samples of one; more
//! runs say more.

mod bootstrap;
mod side;

use serde::Serialize;

use crate::{dossier::TestResult, verdict};

use super::text::plain;
use side::Side;

/// Version of this structure.
const FORMAT: &str = "factory.gov.kg/comparison/v1";

/// The judged figures: name, and whether it is a percentile.
const FIGURES: [(&str, Figure); 4] = [
    ("p50Us", Figure::Percentile(50)),
    ("p95Us", Figure::Percentile(95)),
    ("p99Us", Figure::Percentile(99)),
    ("failedPpm", Figure::Failed),
];

/// A figure of the steady state.
#[derive(Clone, Copy, Debug)]
enum Figure {
    /// Of latency, in microseconds.
    Percentile(u8),
    /// Failed requests in parts per million.
    Failed,
}

/// A dossier to compare.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What it says.
    pub result: &'a TestResult,
    /// Digest of its payload: the seed of its noise.
    pub digest: &'a str,
}

/// How the second run stands beside the first; of several, the last of these that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Judgement {
    /// The difference is no larger than noise.
    WithinNoise,
    /// Less than before, by more than noise: all four figures are better when they are less.
    Better,
    /// Too few seconds in one of the two to say.
    Unknown,
    /// More than before, by more than noise.
    Worse,
}

/// Two runs side by side.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// `factory.gov.kg/comparison/v1`.
    pub format: &'static str,
    /// Of the four figures: worse if one is, else unknown if one is, else better if one is.
    pub judgement: Judgement,
    /// Why the two may not be comparable, one line each.
    pub cautions: Vec<String>,
    /// Digests of the two dossiers.
    pub dossiers: [String; 2],
    /// Releases of the two, as `participant/release`.
    pub releases: [String; 2],
    /// Seconds of steady state in which a request was due.
    pub steady_seconds: [usize; 2],
    /// Figures of the steady state, judged.
    pub steady: Vec<Compared>,
    /// Figures of the verdicts for each phase, side by side and not judged: each was measured once.
    pub phases: Vec<Beside>,
}

/// A judged figure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// `p50Us`, `p95Us`, `p99Us` or `failedPpm`.
    pub name: &'static str,
    /// In the two runs.
    pub values: [Option<u64>; 2],
    /// Second less first.
    pub difference: Option<i64>,
    /// Interval that holds the true difference.
    pub interval: Option<[i64; 2]>,
    /// Largest difference of one run with itself, before and after the faults.
    pub drift: u64,
    /// What that means.
    pub judgement: Judgement,
}

/// A figure that is not judged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Beside {
    /// Phase; empty for the whole run.
    pub phase: String,
    /// As in the verdict.
    pub name: String,
    /// In the two runs.
    pub values: [Option<u64>; 2],
    /// Second less first.
    pub difference: Option<i64>,
}

/// Compares `second` with `first`.
#[must_use]
pub fn compare(first: Run<'_>, second: Run<'_>) -> Comparison {
    let runs = [first, second];
    let sides = runs.map(|run| Side::of(run.result));
    let seeds = runs.map(|run| bootstrap::seed(run.digest));
    let enough = sides.iter().all(Side::is_enough);
    let noise = enough.then(|| {
        let [first, second] = &sides;
        [bootstrap::draws(first, seeds[0], &FIGURES), bootstrap::draws(second, seeds[1], &FIGURES)]
    });
    let steady: Vec<Compared> = FIGURES
        .iter()
        .enumerate()
        .map(|(index, (name, figure))| {
            let draws = noise.as_ref().map(|[first, second]| [&first[index], &second[index]].map(Vec::as_slice));
            compared(name, *figure, &sides, draws)
        })
        .collect();
    Comparison {
        format: FORMAT,
        judgement: steady.iter().map(|one| one.judgement).max().unwrap_or(Judgement::Unknown),
        cautions: cautions(first.result, second.result, runs.map(|run| run.digest)),
        dossiers: runs.map(|run| run.digest.to_owned()),
        releases: runs.map(|run| format!("{}/{}", run.result.subject.participant, run.result.subject.release)),
        steady_seconds: sides.each_ref().map(Side::seconds),
        steady,
        phases: beside(first.result, second.result),
    }
}

fn compared(name: &'static str, figure: Figure, sides: &[Side; 2], draws: Option<[&[u64]; 2]>) -> Compared {
    let values = sides.each_ref().map(|side| side.value(figure));
    let difference = difference(values);
    let drift = sides.iter().map(|side| side.drift(figure)).max().unwrap_or(0);
    let blocks = sides.iter().map(Side::blocks).min().unwrap_or(0);
    let interval =
        draws.zip(difference).and_then(|([first, second], real)| bootstrap::interval(first, second, real, blocks));
    let judgement = match (difference, interval, values) {
        (Some(difference), Some([low, high]), [Some(first), Some(second)]) => {
            // A percentile is known to one cell of its histogram.
            let cell = match figure {
                Figure::Percentile(_) => signed(first.max(second) / 1_000),
                Figure::Failed => 0,
            };
            let beyond = difference.unsigned_abs() > drift;
            match beyond {
                true if low.saturating_sub(cell) > 0 => Judgement::Worse,
                true if high.saturating_add(cell) < 0 => Judgement::Better,
                _ => Judgement::WithinNoise,
            }
        }
        _ => Judgement::Unknown,
    };
    Compared { name, values, difference, interval, drift, judgement }
}

/// Second less first.
fn difference(values: [Option<u64>; 2]) -> Option<i64> {
    let [first, second] = values;
    Some(signed(second?).saturating_sub(signed(first?)))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What is not the same in the two, and should be for a comparison to mean something.
fn cautions(first: &TestResult, second: &TestResult, digests: [&str; 2]) -> Vec<String> {
    let name = |result: &TestResult| plain(&format!("{}/{}", result.subject.participant, result.subject.service));
    let standard =
        |result: &TestResult| plain(&format!("{} version {}", result.standard.name, result.standard.version));
    let load = |result: &TestResult| format!("{} requests a minute", result.plan.prove.load.requests_per_minute);
    let mut cautions = Vec::new();
    let mut differ = |what: &str, one: String, other: String| {
        if one != other {
            cautions.push(format!("{what}: {one} and {other}"));
        }
    };
    differ("these are two services", name(first), name(second));
    differ("the standards are not the same", standard(first), standard(second));
    differ("the load is not the same", load(first), load(second));
    let came = |result: &TestResult| (result.plan.prove.load.arrivals.clone(), result.plan.prove.load.closed);
    if came(first) != came(second) {
        cautions.push("requests did not come in the same way over the time of the load".to_owned());
    }
    let operations = |result: &TestResult| {
        let load = &result.plan.prove.load;
        let planned = load.operations.iter().map(|one| (one.name.clone(), one.weight)).collect::<Vec<_>>();
        let seen = result.evidence.prove.iter().flat_map(|prove| prove.drawn.iter().flatten());
        (planned, load.drawn.clone(), seen.flat_map(|one| one.operations.clone()).collect::<Vec<_>>())
    };
    if operations(first) != operations(second) {
        cautions.push("the operations of the load are not the same".to_owned());
    }
    for (which, result) in [("first", first), ("second", second)] {
        let outcome = result.judge().outcome;
        if outcome == factory_crds::Outcome::Inconclusive {
            cautions.push(format!("the {which} run is Inconclusive: its measurements may be void"));
        }
    }
    if digests[0] == digests[1] {
        cautions.push("both are the same dossier".to_owned());
    }
    cautions
}

/// Figures of both verdicts, in the order of the first; those of the second alone behind.
fn beside(first: &TestResult, second: &TestResult) -> Vec<Beside> {
    let [first, second] = [first, second].map(|result| verdict::judge(result).figures);
    let find = |figures: &[verdict::Figure], like: &verdict::Figure| {
        figures.iter().find(|one| one.phase == like.phase && one.name == like.name).and_then(|one| one.value)
    };
    let alone =
        second.iter().filter(|one| !first.iter().any(|other| other.phase == one.phase && other.name == one.name));
    first
        .iter()
        .chain(alone)
        .map(|figure| {
            let values = [find(&first, figure), find(&second, figure)];
            Beside { phase: figure.phase.clone(), name: figure.name.clone(), values, difference: difference(values) }
        })
        .collect()
}
