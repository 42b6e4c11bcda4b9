//! The end of the demo on the terminal: a table, the reasons, and the addresses to open.

use std::path::Path;

use factory_journeys::{result::DemoResult, web};

use crate::{
    OWN_SECONDS_GOAL, TRAVELLERS,
    journey::{Arrived, End, Stage},
    own_time::OwnTimes,
};

/// Prints everything that a person wants to see at the end.
pub fn print(stage: &Stage, arrived: &[Arrived], end: &DemoResult, times: &OwnTimes, path: &Path) {
    println!();
    println!("{:<46} {:<13} {:<11} {:<9} {:>8} {:>8}", "service", "verdict", "stage", "launched", "seconds", "own");
    for result in &end.services {
        let launched = if result.launched { "yes" } else { "no" };
        let own = times.of(result).map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1}"));
        let seconds: f64 = result.stages.values().sum();
        println!(
            "{:<46} {:<13} {:<11} {launched:<9} {seconds:>8.0} {own:>8}",
            result.service, result.verdict, result.phase
        );
    }
    for (one, traveller) in arrived.iter().zip(&TRAVELLERS) {
        if traveller.end == End::Refused && !one.result.reasons.is_empty() {
            println!("\n{} was refused by what was measured:", one.result.service);
            for reason in &one.result.reasons {
                println!("  - {reason}");
            }
        }
    }
    if let Some(seconds) = end.overhead_seconds {
        println!(
            "\nThe factory itself added {seconds:.1} s (goal: at most {OWN_SECONDS_GOAL:.0} s): from apply to Registered, less builds, \
             experiments, the queue for the lab, and waiting for the regulator."
        );
    }
    println!("\nOpen in a browser:");
    for one in arrived.iter().filter(|one| one.result.launched) {
        println!("  {:<46} {}", one.result.service, stage.web.address(&one.host));
        println!("  {:<46} {}", "  its entry in the register", one.result.entry);
    }
    if let Some(entry) = arrived.iter().map(|one| one.result.entry.as_str()).find(|entry| !entry.is_empty()) {
        println!("  {:<46} {}entries", "the register", stage.web.address(web::parts(entry).0));
    }
    println!(
        "\nLook around as the platform engineer: export KUBECONFIG={}",
        stage.people.engineer.kubeconfig.display()
    );
    println!("Result: {}", path.display());
}
