//! The measurements, each from outside through HTTP.

use std::{
    fmt,
    time::{Duration, Instant},
};

use factory_assurance::{
    dossier::{Dossier, TestResult},
    dsse::Envelope,
    sample,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::{
    filled::service,
    world::{PARTICIPANT, World, named, send},
};

/// Submissions that are measured, and callers at the same time.
const SUBMISSIONS: usize = 400;
const CALLERS: usize = 4;
/// Proofs of each kind.
const PROOFS: u64 = 1000;
/// Pages a second, and for how long.
const RATE: u64 = 200;
const SECONDS: u64 = 20;

/// One figure with its goal.
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: (&'static str, f64),
    holds: bool,
}

impl Figure {
    /// A value that should be at least `goal`.
    fn at_least(name: String, value: f64, unit: &'static str, goal: f64) -> Self {
        Self { name, value, unit, goal: ("at least", goal), holds: value >= goal }
    }

    /// A value that should be at most `goal`.
    fn at_most(name: String, value: f64, unit: &'static str, goal: f64) -> Self {
        Self { name, value, unit, goal: ("at most", goal), holds: value <= goal }
    }

    /// As every group of `make bench` writes it.
    pub fn json(&self) -> Value {
        let (words, goal) = self.goal;
        json!({"name": self.name, "value": self.value, "unit": self.unit, "peer": "goal", "peerValue": goal,
            "ratio": self.value / goal, "goal": format!("{words} {goal}"), "holds": self.holds})
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, goal) = self.goal;
        let held = if self.holds { "holds" } else { "MISSED" };
        write!(to, "{:<64} {:>9.1} {:<5} goal {words} {goal}: {held}", self.name, self.value, self.unit)
    }
}

/// How many dossiers a second are verified, judged again and on the disk. `recorded` is a signed dossier of a
/// real run; without it the sample of the tests stands for it.
pub async fn submissions(world: &World, recorded: Option<&str>) -> Figure {
    let (what, model) = match recorded {
        None => ("sample", sample::passing()),
        Some(text) => {
            let envelope: Envelope = serde_json::from_str(text).unwrap();
            let dossier: Dossier = serde_json::from_slice(&envelope.payload_bytes().unwrap()).unwrap();
            ("recorded dossier", dossier.predicate)
        }
    };
    // Written before the clock runs: the register shares its cores with its callers, and what they write is not its work.
    let (mut requests, mut bytes) = (Vec::new(), 0);
    for number in 0..SUBMISSIONS {
        let key = format!("submission-{number}");
        let result: TestResult = world.announce(named(model.clone(), &key), &key).await;
        let dossier = world.dossier(&result);
        bytes = serde_json::to_vec(&dossier).unwrap().len();
        requests.push(world.submission(dossier, &key));
    }
    let started = Instant::now();
    let mut taken = stream::iter(requests).map(send).buffer_unordered(CALLERS);
    while let Some(answer) = taken.next().await {
        assert_eq!(answer.status.as_u16(), 201);
    }
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = SUBMISSIONS as f64 / started.elapsed().as_secs_f64();
    Figure::at_least(format!("submissions a second, {what} of {} kB", bytes / 1000), rate, "1/s", 100.0)
}

/// How long a proof takes, of any event, and from any earlier size.
pub async fn proofs(world: &World, events: u64) -> Vec<Figure> {
    let mut figures = Vec::new();
    for kind in ["inclusion", "consistency"] {
        let mut times = Vec::new();
        for draw in 1..=PROOFS {
            let number = spread(draw, events);
            let path = match kind {
                "inclusion" => format!("/api/v1/log/inclusion?event={number}&size={events}"),
                _ => format!("/api/v1/log/consistency?from={number}&to={events}"),
            };
            let started = Instant::now();
            assert_eq!(world.get(&path, "").await.status.as_u16(), 200);
            times.push(started.elapsed());
        }
        figures.push(Figure::at_most(format!("proof of {kind} among {events} events, p99"), p99(times), "ms", 10.0));
    }
    figures
}

/// How long the reader of a service's page waits, from the moment at which it should have been asked for.
pub async fn pages(world: &World, entries: u64) -> Figure {
    let began = tokio::time::Instant::now();
    let times: Vec<Duration> = stream::iter(0..RATE * SECONDS)
        .map(|number| async move {
            let due = began + Duration::from_micros(number * 1_000_000 / RATE);
            sleep_until(due).await;
            let path = format!("/entries/{PARTICIPANT}/{}", service(spread(number + 1, entries)));
            assert_eq!(world.get(&path, "").await.status.as_u16(), 200);
            due.elapsed()
        })
        .buffer_unordered(1000)
        .collect()
        .await;
    Figure::at_most(format!("page of a service at {RATE} a second, {entries} entries, p99"), p99(times), "ms", 50.0)
}

/// A number from 1 to `most` that is far from those of other draws.
fn spread(draw: u64, most: u64) -> u64 {
    draw.wrapping_mul(0x9e37_79b9_7f4a_7c15) % most + 1
}

/// In milliseconds.
fn p99(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[(times.len() * 99).div_ceil(100) - 1].as_secs_f64() * 1000.0
}
