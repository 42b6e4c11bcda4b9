//! The load engine: HTTP/1.1 and HTTP/2, with TLS or without, in two models. In the open one, requests leave at moments that were
//! drawn before the run; latency counts from those moments, so that a stall of the service, or of the
//! generator, cannot hide the requests that it delayed (coordinated omission). In the closed one,
//! users wait for their answers, think, and ask again: a service that is slow is asked less then, which the verdict knows.
//!
//! `arrivals`, `schedule` and `shape` say when, `visits` what follows an answer, `engine` sends and counts in one loop on one thread over its
//! `connections`; a `socket` speaks `http1` (`reader`) or `http2` over its `transport`, `pool` keeps what may be used again, `recorder` judges bodies beside the loop, `tally`
//! counts. `command` is a person's way to it, `company` shares it out to several pods. Nothing here knows of faults, and nothing waits for one.

pub mod addresses;
pub mod arrivals;
pub mod chunks;
pub mod command;
pub mod company;
pub mod connections;
pub mod deadlines;
pub mod drawn;
pub mod engine;
pub mod figures;
pub mod framing;
pub mod http1;
pub mod http2;
pub mod pool;
pub mod reader;
pub mod recorder;
pub mod schedule;
pub mod shape;
pub mod socket;
pub mod sparse;
pub mod tally;
pub mod timer;
pub mod transport;
pub mod visits;

use std::{sync::Arc, time::Duration};

use factory_assurance::{
    evidence::Failure,
    plan::{Closed, LoadOperation, LoadPlan, Phase, PhaseRole, ProvePlan},
};
use factory_crds::resilience_standard::Connections;
use hyper::Method;

use self::{
    arrivals::Model,
    reader::Wanted,
    schedule::{Due, Shard},
    shape::Shape,
};
use crate::{
    connection::Answer,
    expectation::Expectation,
    request::{BadRequest, Prepared, Wire},
    schema::BadSchema,
    target::Targets,
};

/// A load that cannot be generated.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no operation with a weight.
    #[error("plan.prove.load.operations: none has a weight")]
    Empty,
    /// There is no phase with a length.
    #[error("plan.prove.phases: none has a length")]
    NoTime,
    /// The arrivals of the plan do not cover its phases.
    #[error("plan.prove.load.arrivals: they cover {0} ms of the {1} ms of plan.prove.phases")]
    Arrivals(u64, u64),
    /// A request of the plan.
    #[error("plan.prove.load.operations `{0}`: {1}")]
    Request(String, #[source] BadRequest),
    /// An expectation of the plan.
    #[error("plan.prove.load.operations `{0}`: expect.schema: {1}")]
    Expect(String, #[source] BadSchema),
    /// An operation of the plan.
    #[error("plan.prove.load.operations[{0}].after: names no operation before it")]
    Order(usize),
    /// A component's name has no address.
    #[error("{0}: its Service has no address: {1}")]
    Address(String, #[source] std::io::Error),
    /// A thread could not be started.
    #[error("no thread: {0}")]
    Thread(#[from] std::io::Error),
    /// The event queue or the timer.
    #[error("the kernel gives no event: {0}")]
    Kernel(#[source] std::io::Error),
    /// A thread of the generator died: what it counted is lost.
    #[error("the {0} of the load generator died")]
    Died(&'static str),
}

/// One operation, ready to be sent and judged.
#[derive(Debug)]
pub struct Operation {
    /// Component that is asked.
    pub component: String,
    /// The request as it is written; nothing where it follows another, whose answer it needs.
    pub wire: Option<Wire>,
    /// What its answer must be; `None` where that depends on the answer before it.
    pub expectation: Option<Arc<Expectation>>,
    /// What of the answer that needs.
    pub wanted: Wanted,
    /// Relative weight.
    pub weight: u32,
    /// Operations that follow a good answer.
    pub next: Vec<usize>,
    /// As the plan has it.
    pub asked: LoadOperation,
}

impl Operation {
    /// The operations of a plan.
    pub fn all(asked: &[LoadOperation], targets: &Targets) -> Result<Vec<Self>, LoadError> {
        let mut all = asked.iter().map(|asked| Self::new(asked, targets)).collect::<Result<Vec<_>, _>>()?;
        for (index, asked) in asked.iter().enumerate() {
            let Some(before) = asked.after else { continue };
            let before = usize::try_from(before).ok().filter(|before| *before < index);
            before.and_then(|before| all.get_mut(before)).ok_or(LoadError::Order(index))?.next.push(index);
        }
        Ok(all)
    }

    fn new(asked: &LoadOperation, targets: &Targets) -> Result<Self, LoadError> {
        let bad = |error| LoadError::Request(asked.name.clone(), error);
        let (component, _) = targets.find(asked.request.component.as_deref()).map_err(|error| bad(error.into()))?;
        let follows = asked.after.is_some();
        let ready = || Prepared::new(&asked.request, targets).and_then(|request| request.wire());
        let wire = if follows { None } else { Some(ready().map_err(bad)?) };
        let expectation = if follows && asked.expect.names_variable() {
            None
        } else {
            let compiled = Expectation::new(&asked.expect);
            Some(Arc::new(compiled.map_err(|error| LoadError::Expect(asked.name.clone(), error))?))
        };
        let wanted = Wanted {
            headers: !asked.expect.headers.is_empty(),
            body: asked.expect.body.is_some() || asked.expect.schema.is_some() || !asked.carry.is_empty(),
            bodiless: asked.request.method == Method::HEAD.as_str(),
        };
        let component = component.to_owned();
        Ok(Self { component, wire, expectation, wanted, weight: asked.weight, next: Vec::new(), asked: asked.clone() })
    }

    /// Whether its answer is judged beside the loop, because a body is read or something may follow.
    #[must_use]
    pub const fn judged_beside(&self) -> bool {
        self.wanted.body || !self.next.is_empty()
    }
}

/// A load, checked and compiled.
#[derive(Debug)]
pub struct Scenario {
    /// Who asks.
    pub model: Model,
    /// How long connections are kept.
    pub keeping: Connections,
    /// From the intended moment on.
    pub timeout: Duration,
    /// Most requests in flight.
    pub max_in_flight: usize,
    /// Which requests of the load are asked here.
    pub shard: Shard,
    /// In the plan's order.
    pub operations: Vec<Operation>,
    /// Mean time from a good answer to what follows it.
    pub pause: Duration,
    /// For progress lines: name and end of each phase in milliseconds.
    pub phases: Vec<(String, u64)>,
    /// Whether there are progress lines: one a second, of the load that people watch.
    pub told: bool,
    /// When each step of the ladder begins, in milliseconds: of each the lag is counted apart.
    pub steps_ms: Vec<u64>,
}

impl Scenario {
    /// Compiles what `shard` takes of the load of `plan`.
    pub fn new(plan: &ProvePlan, targets: &Targets, shard: Shard) -> Result<Arc<Self>, LoadError> {
        let load = &plan.load;
        let operations = Operation::all(&load.operations, targets)?;
        if operations.iter().all(|operation| operation.weight == 0) || load.requests_per_minute == 0 {
            return Err(LoadError::Empty);
        }
        let phases = ends(&plan.phases);
        let length_ms = phases.last().map_or(0, |(_, end)| *end);
        if length_ms == 0 {
            return Err(LoadError::NoTime);
        }
        let (model, pause_ms) = match &load.closed {
            // A user thinks before each request, also before one that follows an answer.
            Some(Closed { users, think_ms }) => {
                let think = Duration::from_millis((*think_ms).max(1).into());
                (Model::Closed { users: *users, think }, *think_ms)
            }
            None => (Model::Open { shape: shape(load, length_ms)? }, load.pause_ms),
        };
        Ok(Arc::new(Self {
            model,
            keeping: load.connections.unwrap_or_default(),
            timeout: Duration::from_millis(load.timeout_ms.into()),
            max_in_flight: usize::try_from(load.max_in_flight.div_ceil(shard.of.max(1))).unwrap_or(usize::MAX),
            shard,
            operations,
            pause: Duration::from_millis(pause_ms.into()),
            steps_ms: steps(&plan.phases),
            phases,
            told: true,
        }))
    }

    /// How the request `due`, which is no step of a visit, failed by its answer; `None` when that is good.
    #[must_use]
    pub fn failure(&self, due: &Due, answer: &Answer) -> Option<Failure> {
        self.operations.get(due.operation)?.expectation.as_ref()?.failure(answer)
    }

    /// The first second to which something may still be added when `seconds` have passed.
    #[must_use]
    pub fn settled(&self, seconds: u64) -> u32 {
        u32::try_from(seconds.saturating_sub(self.timeout.as_secs() + 2)).unwrap_or(u32::MAX)
    }

    /// Length of the load in milliseconds.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        self.phases.last().map_or(0, |(_, end)| *end)
    }

    /// Name of the phase at `ms`; empty after the last.
    #[must_use]
    pub fn phase_at(&self, ms: u64) -> &str {
        self.phases.iter().find(|(_, end)| ms < *end).map_or("", |(name, _)| name)
    }
}

/// The rate of requests that begin a visit.
fn shape(load: &LoadPlan, length_ms: u64) -> Result<Shape, LoadError> {
    let per_minute = u32::try_from(load.beginning(load.requests_per_minute.into())).unwrap_or(u32::MAX).max(1);
    match &load.arrivals {
        None => Ok(Shape::level(per_minute, length_ms)),
        Some(arrivals) if arrivals.seconds().saturating_mul(1000) == length_ms => Ok(Shape::of(arrivals, per_minute)),
        Some(arrivals) => Err(LoadError::Arrivals(arrivals.seconds().saturating_mul(1000), length_ms)),
    }
}

/// When each step of the ladder begins, in milliseconds.
#[must_use]
pub fn steps(phases: &[Phase]) -> Vec<u64> {
    let starts = std::iter::once(0).chain(ends(phases).into_iter().map(|(_, end)| end));
    let of_steps = phases.iter().zip(starts).filter(|(phase, _)| matches!(phase.role, PhaseRole::Capacity { .. }));
    of_steps.map(|(_, start)| start).collect()
}

/// Name and end of each phase.
#[must_use]
pub fn ends(phases: &[Phase]) -> Vec<(String, u64)> {
    let mut end = 0;
    phases
        .iter()
        .map(|phase| {
            end += u64::from(phase.seconds) * 1000;
            (phase.name.clone(), end)
        })
        .collect()
}
