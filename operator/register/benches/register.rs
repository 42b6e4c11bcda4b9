//! `make bench ONLY=register`: what the register does in a second, and how long its readers wait. The real
//! server on loopback over a real database file, filled to the size that is asked for; only the cluster's
//! API server is replaced, by a table of tokens. Beside the road; nothing here is part of the product.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "what cannot be measured ends the measurement")]

#[path = "register/filled.rs"]
mod filled;
#[path = "register/measured.rs"]
mod measured;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/register/server.rs"]
mod server;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../tests/register/world.rs"]
mod world;

use std::{env, path::PathBuf};

use measured::Figure;
use world::World;

/// Entries of services.
const ENTRIES: u64 = 100_000;

#[tokio::main]
async fn main() {
    let events: u64 = number("EVENTS", 10_000_000).max(ENTRIES + 1);
    let dossier = env::var_os("DOSSIER").map(|file| std::fs::read_to_string(file).unwrap());
    let mut figures = vec![measured::submissions(&World::start().await, dossier.as_deref()).await];

    let world = World::start().await;
    let database = PathBuf::from(&world.place.address);
    let world = world.restart_after(async move { filled::fill(&database, ENTRIES, events) }).await;
    println!("  a database of {events} events, {ENTRIES} of them entries: {} MB", size(&world) / 1_000_000);
    figures.extend(measured::proofs(&world, events).await);
    figures.push(measured::pages(&world, ENTRIES).await);
    for figure in &figures {
        println!("  {figure}");
    }
    if let Some(file) = env::var_os("OUTPUT") {
        std::fs::write(
            file,
            serde_json::to_string_pretty(&figures.iter().map(Figure::json).collect::<Vec<_>>()).unwrap(),
        )
        .unwrap();
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|error| panic!("{name}: `{text}`: {error}")))
}

fn size(world: &World) -> u64 {
    std::fs::metadata(&world.place.address).map_or(0, |file| file.len())
}
