//! `factory-lab verify`: does the candidate do what its manifest and its OpenAPI descriptions say?
//! Reads the descriptions, carries out the functional checks and holds every answer against both,
//! then exercises what no check did. Records; concludes nothing.

pub mod against;
pub mod checks;
pub mod contract;
pub mod exchange;
pub mod generate;
pub mod mutate;
pub mod openapi;
pub mod sample;
pub mod variables;

use std::time::{Duration, Instant};

use factory_assurance::{evidence::VerifyEvidence, plan::VerifyPlan};

use crate::target::{Target, Targets};
use contract::Contract;

/// How long a component may take until its Service lets the first connection through.
const REACHABLE: Duration = Duration::from_secs(15);
/// Pause between two attempts to reach it.
const PAUSE: Duration = Duration::from_millis(100);

/// The candidate could not be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A component lets no connection through.
    #[error("{component} at {authority} let no connection through within {} s: {source}", REACHABLE.as_secs())]
    Unreachable {
        /// Its name.
        component: String,
        /// Where it was looked for.
        authority: String,
        /// The last attempt.
        source: std::io::Error,
    },
}

/// Carries out `plan`; `nonce` returns in the evidence.
pub async fn verify(plan: &VerifyPlan, targets: &Targets, nonce: &str) -> Result<VerifyEvidence, VerifyError> {
    for (component, target) in targets.iter() {
        reachable(component, target).await?;
    }
    let mut contracts = Vec::with_capacity(plan.descriptions.len());
    for description in &plan.descriptions {
        contracts.push(Contract::read(description, targets).await);
    }
    let mut results = Vec::with_capacity(plan.checks.len());
    for check in &plan.checks {
        results.push(checks::run(check, targets, &mut contracts).await);
    }
    for contract in &mut contracts {
        contract.exercise(targets).await;
    }
    Ok(VerifyEvidence {
        nonce: nonce.to_owned(),
        checks: results,
        contracts: contracts.into_iter().map(Contract::result).collect(),
    })
}

/// Rules of a Service reach a node a moment after its pods are ready; a check must not fail for that.
async fn reachable(component: &str, target: &Target) -> Result<(), VerifyError> {
    let end = Instant::now() + REACHABLE;
    loop {
        let attempt = tokio::net::TcpStream::connect((target.host.as_str(), target.port));
        let attempt = tokio::time::timeout(Duration::from_secs(3), attempt).await;
        let source = match attempt {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => std::io::ErrorKind::TimedOut.into(),
        };
        if Instant::now() >= end {
            return Err(VerifyError::Unreachable {
                component: component.to_owned(),
                authority: format!("{}:{}", target.host, target.port),
                source,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}
