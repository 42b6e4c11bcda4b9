//! `make bench ONLY=corpus`: every pair of the corpus through the factory, on a real cluster, by the standards as
//! they are shipped. `OUTPUT` is the file for the rows, `PAIRS=name,name` takes only those pairs.
//!
//! Services are built side by side and queue for the lab. It fails only when it could not measure.

mod rows;

use std::{collections::BTreeSet, env, fs, process::ExitCode};

use factory_journeys::{
    Cluster, Failure,
    corpus::{Judged, Pair, Run, pairs, runs},
    ensure,
    scene::Scene,
};
use futures::{StreamExt as _, stream};

/// Services on their way at one time: one is measured while others are built.
const AT_ONE_TIME: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(measure()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("corpus: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<(), Failure> {
    let output = env::var("OUTPUT").map_err(|_| Failure::new("OUTPUT: not set; it names the file for the rows"))?;
    let all = pairs(&Cluster::find()?.root)?;
    let chosen = chosen(&all, &env::var("PAIRS").unwrap_or_default())?;
    let scene = Scene::of("bench-corpus").await?;
    let runs = runs(&chosen);
    println!(
        "  {} pairs, {} services; one of class `important` takes about 9 minutes, another 2",
        chosen.len(),
        runs.len()
    );
    let of = Scene::fresh("offices");
    let judged: Vec<(Run<'_>, Judged)> = stream::iter(runs.into_iter().enumerate())
        .map(|(index, run)| one(&scene, run, format!("{of}-{index}")))
        .buffer_unordered(AT_ONE_TIME)
        .collect()
        .await;
    let rows = rows::of(&chosen, &judged);
    fs::write(&output, serde_json::to_string_pretty(&rows)? + "\n")?;
    let broken = judged.iter().any(|(_, judged)| matches!(judged, Judged::Wrong(why) if why.starts_with(BROKEN)));
    ensure(!broken, || "not every service came to a verdict".to_owned())
}

/// Begin of what is said of a run that came to no verdict.
const BROKEN: &str = "no verdict: ";

async fn one<'a>(scene: &Scene, run: Run<'a>, name: String) -> (Run<'a>, Judged) {
    let judged = match run.verdict(scene, &name).await {
        Ok(release) => run.judge(&release),
        Err(failure) => Judged::Wrong(format!("{BROKEN}{failure}")),
    };
    println!("  {:<40} {judged:?}", run.title());
    (run, judged)
}

/// The pairs that are named, or all.
fn chosen<'a>(all: &'a [Pair], names: &str) -> Result<Vec<&'a Pair>, Failure> {
    let names: BTreeSet<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
    if let Some(name) = names.iter().find(|name| all.iter().all(|pair| pair.name != **name)) {
        return Err(Failure::new(format!("PAIRS: `{name}` is no pair of test-harness/corpus/pairs.yaml")));
    }
    Ok(all.iter().filter(|pair| names.is_empty() || names.contains(pair.name.as_str())).collect())
}
