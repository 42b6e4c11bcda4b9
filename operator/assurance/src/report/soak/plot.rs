//! Memory, descriptors and latency over the soak, a picture each: a line for each life of a pod's container. What each
//! line is stands in its title, and all numbers in the table below.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    evidence::{SoakedPod, SoakedRun},
    report::{
        numbers,
        phases::Span,
        plot::clock,
        requests::{self, Requests},
        scale::{Scale, float},
        text::plain,
    },
};

use super::Words;

/// Where the axes are.
const TIME: [f64; 2] = [60.0, 690.0];
const HEIGHT: [f64; 2] = [120.0, 14.0];
/// Lines that are told apart by how they are drawn; more begin again.
const WAYS: [&str; 3] = ["p95", "p50", "p99"];
/// Most lines of a picture; the table has all pods.
const MOST: usize = 60;

/// A picture.
pub struct Panel {
    /// What it shows, with its unit.
    pub title: &'static str,
    /// Round values on the axis, where each is written.
    pub values: Vec<(f64, String)>,
    /// Moments on the axis of time.
    pub moments: Vec<(f64, String)>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line.
pub struct Line {
    /// How it is drawn.
    pub class: &'static str,
    /// Where it goes.
    pub path: String,
    /// Whose it is.
    pub title: String,
}

/// What a sample has in a picture.
type Points = Vec<(u64, u64)>;

/// The three pictures of `pods` and of the requests in `span`.
pub fn panels(
    pods: &[SoakedPod],
    seconds: &BTreeMap<u64, Requests>,
    span: &Span<'_>,
    every: u32,
    words: &Words,
) -> Vec<Panel> {
    let of_pods = |value: fn(&[u64; 3]) -> u64| -> Vec<(String, Points)> {
        let lives = pods.iter().flat_map(|pod| pod.runs.iter().map(move |run| (pod, run)));
        let points = |run: &SoakedRun| run.samples.iter().map(|sample| (sample[0], value(sample))).collect();
        lives.map(|(pod, run)| (format!("{}: {}", plain(&pod.component), plain(&pod.uid)), points(run))).collect()
    };
    let latency = vec![("p95".to_owned(), p95(seconds, span, every))];
    vec![
        panel(words.memory_plot, of_pods(|[_, bytes, _]| bytes.div_ceil(1 << 20)), span),
        panel(words.descriptors_plot, of_pods(|[_, _, open]| *open), span),
        panel(words.latency_plot, latency, span),
    ]
}

/// The 95th percentile of latency, in whole milliseconds, in each stretch of `every` seconds.
fn p95(seconds: &BTreeMap<u64, Requests>, span: &Span<'_>, every: u32) -> Points {
    let step = u64::from(every).max(1);
    let own: BTreeMap<u64, Requests> = if span.from < span.to {
        seconds.range(span.from..span.to).map(|(at, one)| (at - span.from, one.clone())).collect()
    } else {
        BTreeMap::new()
    };
    let steps = requests::in_steps(&own, step).into_iter();
    steps
        .filter_map(|(at, requests)| Some(((span.from + at) * 1_000, requests.percentile(95)?.div_ceil(1_000))))
        .collect()
}

fn panel(title: &'static str, mut all: Vec<(String, Points)>, span: &Span<'_>) -> Panel {
    all.truncate(MOST);
    let most = all.iter().flat_map(|(_, points)| points).map(|(_, value)| *value).max().unwrap_or(0);
    let (time, height) = (Scale::time(span.to - span.from, TIME), Scale::counts(most, HEIGHT));
    let lines = all.into_iter().zip(WAYS.iter().cycle()).map(|((title, points), class)| {
        let mut path = String::new();
        for (at, value) in points {
            let x = time.at(float(at.saturating_sub(span.from.saturating_mul(1_000))) / 1_000.0);
            // Writing into a String cannot fail.
            let _ = write!(path, "{}{x} {}", if path.is_empty() { 'M' } else { 'L' }, height.at(float(value)));
        }
        Line { class, path, title }
    });
    Panel {
        title,
        values: height.ticks.iter().map(|value| (height.at(float(*value)), numbers::count(*value))).collect(),
        moments: time.ticks.iter().map(|second| (time.at(float(*second)), clock(*second))).collect(),
        lines: lines.collect(),
    }
}
