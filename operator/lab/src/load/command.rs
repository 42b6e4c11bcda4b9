//! `factory-lab load`: the engine of `prove` for a person, against one URL and without a cluster.
//! Prints what was measured and judges nothing: it exits with 0 whenever it could measure.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use clap::Args;
use factory_assurance::plan::LoadOperation;
use factory_crds::state_service::{Expect, Request};
use hyper::Uri;

use super::{LoadError, Operation, Scenario, arrivals::Model, engine, figures::Figures, pool::Keeping};
use crate::target::{Target, Targets};

/// From now to the first request: sockets and threads are ready by then.
const LEAD: Duration = Duration::from_millis(200);
/// Most requests in flight of an open model whose connections are kept for a visit.
const PLACES: usize = 10_000;
/// What the one component is called.
const NAME: &str = "url";

/// Puts one URL under load and prints what was measured.
#[derive(Debug, Args)]
pub struct Load {
    /// What is asked, by GET: http://host[:port]/path
    #[arg(long)]
    url: String,
    /// Open model: so many requests a second on average, whatever the answers do
    #[arg(long, required_unless_present = "users", conflicts_with = "users", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Closed model: so many users, who each wait for their answer
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    users: Option<u32>,
    /// Mean time in milliseconds from an answer to the user's next request; 0 is full speed
    #[arg(long, default_value_t = 0, conflicts_with = "rate")]
    think: u32,
    /// Length of the load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// Open model over at most so many connections, each kept as long as the service keeps it; without
    /// it, a connection is kept for a visit of a second or 16 requests
    #[arg(long, conflicts_with = "users", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: Option<u32>,
    /// An answer that is not complete by then has failed, in milliseconds
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    /// Status that a good answer has
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..=999))]
    status: u16,
    /// All moments are drawn from this: the same text, the same load
    #[arg(long, default_value = "load")]
    nonce: String,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

/// The load was not measured.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The address.
    #[error("--url: `{0}`: {1}")]
    Url(String, &'static str),
    /// The load.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The clock.
    #[error("the clock of this machine stands before 1970")]
    Clock,
    /// The figures.
    #[error("the figures could not be written: {0}")]
    Write(#[from] io::Error),
    /// The figures.
    #[error("the figures could not be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl Load {
    /// Carries it out. Blocks.
    pub fn run(&self) -> Result<(), CommandError> {
        if io::stderr().is_terminal() {
            tracing_subscriber::fmt().with_writer(io::stderr).without_time().init();
        }
        let (scenario, targets) = self.scenario()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(LoadError::Thread)?;
        let start = Instant::now() + LEAD;
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| CommandError::Clock)? + LEAD;
        let measured = engine::run(&scenario, &targets, &self.nonce, start, runtime.handle())?;
        let started_unix_us = u64::try_from(wall.as_micros()).unwrap_or(u64::MAX);
        let figures = Figures::of(&measured, started_unix_us, self.seconds);
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, &figures)?;
            writeln!(out)?;
        } else {
            write!(out, "{figures}")?;
        }
        Ok(())
    }

    fn scenario(&self) -> Result<(Arc<Scenario>, Targets), CommandError> {
        let refused = |rule| CommandError::Url(self.url.clone(), rule);
        let url: Uri = self.url.parse().map_err(|_| refused("no URL"))?;
        if url.scheme_str() != Some("http") {
            return Err(refused("must begin with http://"));
        }
        let host = url.host().filter(|host| !host.is_empty()).ok_or_else(|| refused("names no host"))?;
        let target = Target { host: host.to_owned(), port: url.port_u16().unwrap_or(80) };
        let targets = Targets::new(NAME.to_owned(), BTreeMap::from([(NAME.to_owned(), target)]));
        let asked = LoadOperation {
            name: self.url.clone(),
            request: Request {
                component: None,
                method: "GET".to_owned(),
                path: url.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
                headers: BTreeMap::new(),
                body: None,
            },
            expect: Expect { status: self.status, headers: BTreeMap::new(), body: None, schema: None },
            weight: 1,
            after: None,
            carry: BTreeMap::new(),
        };
        let (model, most) = match (self.rate, self.users) {
            (Some(rate), _) => (Model::Open { per_minute: rate * 60 }, self.connections),
            (None, users) => {
                let (users, think) = (users.unwrap_or(1), Duration::from_millis(self.think.into()));
                (Model::Closed { users, think }, Some(users))
            }
        };
        let scenario = Scenario {
            model,
            // A user keeps the connection, as a browser does.
            keeping: if most.is_some() { Keeping::Kept } else { Keeping::Visits },
            timeout: Duration::from_millis(self.timeout.into()),
            max_in_flight: most.and_then(|most| usize::try_from(most).ok()).unwrap_or(PLACES),
            operations: Operation::all(&[asked], &targets)?,
            pause: Duration::ZERO,
            phases: vec![("load".to_owned(), u64::from(self.seconds) * 1000)],
        };
        Ok((Arc::new(scenario), targets))
    }
}
