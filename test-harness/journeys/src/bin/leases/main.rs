//! `make bench ONLY=leases`, its part on the cluster: `COUNT` kills drawn from `SEED`, and what they left; the rows go
//! into the file `OUTPUT`. It fails only when it could not measure.

use std::{env, fs, process::ExitCode};

use factory_journeys::{
    Failure,
    leases::{self, account::Account},
    scene::Scene,
};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(measure()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("leases: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<(), Failure> {
    let number = |name: &str, usual: u64| -> Result<u64, Failure> {
        let Ok(text) = env::var(name) else { return Ok(usual) };
        text.parse().map_err(|_| Failure::new(format!("{name}: `{text}` is no number")))
    };
    let output = env::var("OUTPUT").map_err(|_| Failure::new("OUTPUT: not set; it names the file for the rows"))?;
    let (count, seed) = (usize::try_from(number("COUNT", 200)?)?, number("SEED", 145)?);
    let scene = Scene::of("bench-leases").await?;
    let account = Box::pin(leases::measure(&scene, count, seed)).await?;
    println!("{account}");
    Ok(fs::write(&output, serde_json::to_string_pretty(&rows(&account))? + "\n")?)
}

fn rows(account: &Account) -> Vec<Value> {
    let none = |name: &str, count: usize| {
        json!({
            "name": name, "value": count, "unit": "of", "peer": "kills on the cluster", "peerValue": account.kills(),
            "ratio": null, "goal": "none", "holds": count == 0,
        })
    };
    let clean = json!({
        "name": "longest until everything is gone on the cluster", "value": account.slowest.as_secs_f64(), "unit": "s",
        "peer": "end of a lease", "peerValue": 0, "ratio": null, "goal": "within 15 s", "holds": account.objects.is_empty(),
    });
    vec![
        none("effects left on the cluster 1 s after the lease", account.effects.len()),
        none("objects left on the cluster 15 s after the lease", account.objects.len()),
        clean,
    ]
}
