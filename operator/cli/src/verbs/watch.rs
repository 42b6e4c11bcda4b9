//! `watch SERVICE`: the stages of the newest release as they happen, until it has ended; the exit
//! code says how. It follows the cluster's own watches and never asks in a loop.

mod display;
mod follow;

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use factory_crds::{Span, condition::STAGES};

use crate::{arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure, progress::Ending};
use display::Display;

pub use follow::Follow;

/// Options of `watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArguments {
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// When to end
    #[command(flatten)]
    patience: Patience,
}

/// When a watch ends although the release has not.
#[derive(Clone, Debug, clap::Args)]
pub struct Patience {
    /// End when this stage is done, for example Reported, without waiting for the regulator
    #[arg(long, value_name = "STAGE", value_parser = PossibleValuesParser::new(STAGES))]
    pub until: Option<String>,
    /// End with code 1 after this time, for example 30m
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Span>,
}

/// Why a watch ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The time was up.
    #[error("after {0} the release has not ended; `kubectl factory why` says what it waits for")]
    TimeUp(Span),
    /// The service or release was deleted meanwhile.
    #[error("{0} was deleted meanwhile")]
    Deleted(String),
}

/// Follows a service.
pub async fn run(arguments: &WatchArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    // A service that does not exist is an error now, and not a watch without an end.
    cluster.service(&arguments.service).await?;
    follow(&cluster, &arguments.service, Follow::Newest, &arguments.patience).await
}

/// Follows what `which` names of `service`, shows it, and says how it ended.
pub async fn follow(cluster: &Cluster, service: &str, which: Follow, patience: &Patience) -> Result<Exit, Failure> {
    let mut display = Display::new();
    let until = patience.until.as_deref();
    let ending = follow::until_end(cluster, service, &which, until, &mut display);
    let ended: Result<Ending, Failure> = match &patience.timeout {
        None => ending.await,
        Some(span) => tokio::time::timeout(span.duration().max(Duration::from_millis(1)), ending)
            .await
            .unwrap_or_else(|_| Err(WatchError::TimeUp(span.clone()).into())),
    };
    match ended {
        Ok(ending) => {
            display.end(&ending)?;
            Ok(ending.exit)
        }
        Err(failure) => {
            display.clear();
            Err(failure)
        }
    }
}
