//! The load engine: an open model over HTTP/1.1. Requests leave at moments that were drawn before
//! the run; latency counts from those moments, so that a stall of the service, or of the generator,
//! cannot hide the requests that it delayed (coordinated omission).
//!
//! `schedule` says when, `engine` sends, `pool` keeps connections, `recorder` judges and counts.
//! Nothing here knows of faults, and nothing waits for a fault.

pub mod addresses;
pub mod engine;
pub mod pool;
pub mod recorder;
pub mod schedule;
pub mod sparse;

use std::{sync::Arc, time::Duration};

use factory_assurance::plan::{Phase, ProvePlan};

use crate::{
    expectation::Expectation,
    request::{BadRequest, Prepared},
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
    /// A request of the plan.
    #[error("plan.prove.load.operations `{0}`: {1}")]
    Request(String, #[source] BadRequest),
    /// An expectation of the plan.
    #[error("plan.prove.load.operations `{0}`: expect.schema: {1}")]
    Expect(String, #[source] BadSchema),
    /// A component's name has no address.
    #[error("{0}: its Service has no address: {1}")]
    Address(String, #[source] std::io::Error),
    /// A thread could not be started.
    #[error("no thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A thread of the generator died: what it counted is lost.
    #[error("the {0} of the load generator died")]
    Died(&'static str),
}

/// One operation, ready to be sent and judged.
#[derive(Debug)]
pub struct Operation {
    /// The request.
    pub request: Prepared,
    /// What its answer must be.
    pub expectation: Expectation,
    /// Relative weight.
    pub weight: u32,
}

/// A load, checked and compiled.
#[derive(Debug)]
pub struct Scenario {
    /// Arrivals a minute.
    pub requests_per_minute: u32,
    /// From the intended moment on.
    pub timeout: Duration,
    /// Most requests in flight.
    pub max_in_flight: usize,
    /// In the plan's order.
    pub operations: Vec<Operation>,
    /// For progress lines: name and end of each phase in milliseconds.
    pub phases: Vec<(String, u64)>,
}

impl Scenario {
    /// Compiles the load of `plan`.
    pub fn new(plan: &ProvePlan, targets: &Targets) -> Result<Arc<Self>, LoadError> {
        let load = &plan.load;
        let mut operations = Vec::with_capacity(load.operations.len());
        for operation in &load.operations {
            operations.push(Operation {
                request: Prepared::new(&operation.request, targets)
                    .map_err(|error| LoadError::Request(operation.name.clone(), error))?,
                expectation: Expectation::new(&operation.expect)
                    .map_err(|error| LoadError::Expect(operation.name.clone(), error))?,
                weight: operation.weight,
            });
        }
        if operations.iter().all(|operation| operation.weight == 0) || load.requests_per_minute == 0 {
            return Err(LoadError::Empty);
        }
        let phases = ends(&plan.phases);
        if phases.last().is_none_or(|(_, end)| *end == 0) {
            return Err(LoadError::NoTime);
        }
        Ok(Arc::new(Self {
            requests_per_minute: load.requests_per_minute,
            timeout: Duration::from_millis(load.timeout_ms.into()),
            max_in_flight: usize::try_from(load.max_in_flight).unwrap_or(usize::MAX),
            operations,
            phases,
        }))
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
