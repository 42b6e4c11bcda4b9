//! `factory-lab load`: the engine of `prove` for a person, against one URL and without a cluster.
//! Prints what was measured and judges nothing: it exits with 0 whenever it could measure.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use clap::Args;
use factory_assurance::plan::LoadOperation;
use factory_crds::{
    resilience_standard::Connections,
    state_service::{Expect, Request},
};
use hyper::Uri;
use tokio::runtime::Runtime;

use super::{
    LoadError, Operation, Scenario, arrivals::Model, drawn, engine, figures::Figures, schedule::Shard, shape::Shape,
};
use crate::{
    request::Prepared,
    target::{Speech, Target, Targets},
    trust::{BadTrust, Trust},
    verify::{
        exchange::ask,
        openapi::{self, OpenApi},
    },
};

/// From now to the first request: sockets and threads are ready by then.
const LEAD: Duration = Duration::from_millis(200);
/// Most requests in flight of an open model whose connections are kept for a visit.
const PLACES: usize = 10_000;
/// What the one component is called.
const NAME: &str = "url";

/// Puts one URL under load and prints what was measured.
#[derive(Debug, Args)]
pub struct Load {
    /// What is asked, by GET: http://host[:port]/path, or https with --authority
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
    /// What is asked is drawn from the OpenAPI description that the service has at this path: each GET whose input it
    /// gives; answers must be as it says
    #[arg(long, conflicts_with = "status")]
    openapi: Option<String>,
    /// Status that a good answer has
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..=999))]
    status: u16,
    /// All moments are drawn from this: the same text, the same load
    #[arg(long, default_value = "load")]
    nonce: String,
    /// HTTP/2 in place of HTTP/1.1; without TLS the service must know it (RFC 9113, section 3.3)
    #[arg(long)]
    http2: bool,
    /// Certificates in PEM of the only authority that may vouch for a service over TLS
    #[arg(long)]
    authority: Option<PathBuf>,
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
    /// The description.
    #[error("--openapi: `{0}`: {1}")]
    Description(String, String),
    /// The authority.
    #[error("--authority: {0}: {1}")]
    Authority(String, #[source] io::Error),
    /// Whom to trust.
    #[error("--authority: {0}")]
    Trust(#[from] BadTrust),
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
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(LoadError::Thread)?;
        let (scenario, targets) = self.scenario(&runtime)?;
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

    fn trust(&self, file: &Path, host: &str) -> Result<Trust, CommandError> {
        let read = std::fs::read_to_string(file);
        let authority = read.map_err(|error| CommandError::Authority(file.display().to_string(), error))?;
        Ok(Trust::new(&authority, host, self.http2)?)
    }

    /// What is asked of the one component.
    fn operations(&self, path: &str, targets: &Targets, runtime: &Runtime) -> Result<Vec<LoadOperation>, CommandError> {
        let get = |path: &str| Request {
            component: None,
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: None,
        };
        let Some(described) = &self.openapi else {
            let expect = Expect { status: self.status, headers: BTreeMap::new(), body: None, schema: None };
            let (name, request) = (self.url.clone(), get(path));
            return Ok(vec![LoadOperation { name, request, expect, weight: 1, after: None, carry: BTreeMap::new() }]);
        };
        let refused = |why: String| CommandError::Description(described.clone(), why);
        let request = Prepared::new(&get(described), targets).map_err(|error| refused(error.to_string()))?;
        let answer = runtime.block_on(ask(&request, targets, openapi::MAX_BYTES)).map_err(refused)?;
        if answer.status != 200 {
            return Err(refused(format!("status {} instead of 200", answer.status)));
        }
        let api = OpenApi::read(&answer.body).map_err(|error| refused(error.to_string()))?;
        let drawn = drawn::operations(&api, NAME);
        let nothing = "describes no GET whose input it gives, by an example, a list or a default";
        if drawn.is_empty() { Err(refused(nothing.to_owned())) } else { Ok(drawn) }
    }

    fn scenario(&self, runtime: &Runtime) -> Result<(Arc<Scenario>, Targets), CommandError> {
        let refused = |rule| CommandError::Url(self.url.clone(), rule);
        let url: Uri = self.url.parse().map_err(|_| refused("no URL"))?;
        let host = url.host().filter(|host| !host.is_empty()).ok_or_else(|| refused("names no host"))?;
        let (trust, port) = match (url.scheme_str(), &self.authority) {
            (Some("http"), None) => (None, 80),
            (Some("http"), Some(_)) => return Err(refused("speaks no TLS: --authority is for https://")),
            (Some("https"), Some(file)) => (Some(self.trust(file, host)?), 443),
            (Some("https"), None) => return Err(refused("needs --authority: whose certificates are believed")),
            _ => return Err(refused("must begin with http:// or https://")),
        };
        let speech = Speech { http2: self.http2, trust };
        let target = Target { host: host.to_owned(), port: url.port_u16().unwrap_or(port), speech, public: None };
        let targets = Targets::new(NAME.to_owned(), BTreeMap::from([(NAME.to_owned(), target)]));
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let asked = self.operations(path, &targets, runtime)?;
        let length_ms = u64::from(self.seconds) * 1000;
        let (model, most) = match (self.rate, self.users) {
            (Some(rate), _) => (Model::Open { shape: Shape::level(rate * 60, length_ms) }, self.connections),
            (None, users) => {
                let (users, think) = (users.unwrap_or(1), Duration::from_millis(self.think.into()));
                (Model::Closed { users, think }, Some(users))
            }
        };
        let scenario = Scenario {
            model,
            // A user keeps the connection, as a browser does.
            keeping: if most.is_some() { Connections::Kept } else { Connections::Visits },
            timeout: Duration::from_millis(self.timeout.into()),
            max_in_flight: most.and_then(|most| usize::try_from(most).ok()).unwrap_or(PLACES),
            shard: Shard::ALONE,
            operations: Operation::all(&asked, &targets)?,
            pause: Duration::ZERO,
            phases: vec![("load".to_owned(), length_ms)],
            told: true,
            steps_ms: Vec::new(),
        };
        Ok((Arc::new(scenario), targets))
    }
}
