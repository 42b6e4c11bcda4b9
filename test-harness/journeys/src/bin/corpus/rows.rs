//! What the bench says: three counts, and a row for each pair.

use factory_journeys::corpus::{Judged, Pair, Run};
use serde_json::{Value, json};

/// Most runs of which nothing may be concluded, in percent.
const INCONCLUSIVE: usize = 5;

/// Rows for `target/bench/corpus.json`; they are printed too.
pub fn of(pairs: &[&Pair], judged: &[(Run<'_>, Judged)]) -> Vec<Value> {
    let count = |what: &dyn Fn(&Run<'_>, &Judged) -> bool| judged.iter().filter(|(run, end)| what(run, end)).count();
    let sound = count(&|run, _| run.sound);
    let caught = count(&|run, end| !run.sound && *end == Judged::Right);
    let failed = count(&|run, end| run.sound && matches!(end, Judged::Wrong(_)));
    let unknown = count(&|_, end| matches!(end, Judged::Inconclusive(_)));
    let few = format!("at most {INCONCLUSIVE} %");
    let mut rows = vec![
        row("defects caught for their own reason", caught, "defects", pairs.len(), "all", caught == pairs.len()),
        row("sound twins failed", failed, "twins", sound, "none", failed == 0),
        row("inconclusive", unknown, "services", judged.len(), &few, unknown * 100 <= INCONCLUSIVE * judged.len()),
    ];
    for row in &rows {
        println!(
            "  {:<40} {} of {}  goal {}: {}",
            text(row, "name"),
            row["value"],
            row["peerValue"],
            text(row, "goal"),
            held(row)
        );
    }
    rows.extend(pairs.iter().map(|pair| of_pair(pair, judged)));
    rows
}

fn of_pair(pair: &Pair, judged: &[(Run<'_>, Judged)]) -> Value {
    let right = |sound: bool| {
        let of_it = |run: &Run<'_>| {
            run.sound == sound && if sound { run.pair.shape() == pair.shape() } else { run.pair.name == pair.name }
        };
        judged.iter().any(|(run, end)| of_it(run) && *end == Judged::Right)
    };
    let (caught, passed) = (right(false), right(true));
    row(&pair.name, caught.into(), "twin passed", passed.into(), "both", caught && passed)
}

fn row(name: &str, value: usize, peer: &str, all: usize, goal: &str, holds: bool) -> Value {
    json!({
        "name": name, "value": value, "unit": "of", "peer": peer, "peerValue": all,
        "ratio": null, "goal": goal, "holds": holds,
    })
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

fn held(row: &Value) -> &'static str {
    if row["holds"] == json!(true) { "holds" } else { "MISSED" }
}
