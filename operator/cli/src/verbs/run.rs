//! `run SERVICE`: asks for another attempt at the same commit and manifest, then follows it. The
//! attempt is the operator's: this only leaves the wish on the service.

use std::io::{self, Write as _};

use super::watch::{self, Follow, Patience};
use crate::{arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure};

/// Options of `run`.
#[derive(Debug, clap::Args)]
pub struct RunArguments {
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// Ask, and do not wait for what comes of it
    #[arg(long, conflicts_with_all = ["until", "timeout"])]
    no_wait: bool,
    /// When to end
    #[command(flatten)]
    patience: Patience,
}

/// Asks for a run.
pub async fn run(arguments: &RunArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    let before = cluster.service(&arguments.service).await?.status.map(|status| status.release).unwrap_or_default();
    cluster.ask_for_run(&arguments.service).await?;
    writeln!(io::stdout(), "Asked for another attempt at {}.", arguments.service)?;
    if arguments.no_wait {
        return Ok(Exit::Good);
    }
    watch::follow(&cluster, &arguments.service, Follow::After(before), &arguments.patience).await
}
