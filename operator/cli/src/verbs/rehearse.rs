//! `rehearse SERVICE`: goes the road to the verdict without announcing or reporting anything, and
//! follows it. Nothing of it is evidence, and nothing of it is launched.

use std::io::{self, Write as _};

use super::watch::{self, Follow, Patience};
use crate::{arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure};

/// Options of `rehearse`.
#[derive(Debug, clap::Args)]
pub struct RehearseArguments {
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

/// Makes a rehearsal.
pub async fn run(arguments: &RehearseArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    cluster.service(&arguments.service).await?;
    let experiment = cluster.make_rehearsal(&arguments.service).await?;
    writeln!(io::stdout(), "Rehearsal {experiment} of {}.", arguments.service)?;
    if arguments.no_wait {
        return Ok(Exit::Good);
    }
    watch::follow(&cluster, &arguments.service, Follow::Experiment(experiment), &arguments.patience).await
}
