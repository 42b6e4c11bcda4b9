//! A generator that does not lead: it asks its part of the load when the one that leads says so, hands over what it
//! counted, and knows nothing of faults.

use factory_assurance::{plan::ProvePlan, wire::Company};

use super::{ProveError, generate};
use crate::{
    load::{LoadError, Scenario, company::Member, schedule::Shard},
    target::Targets,
};

/// Carries out part `index` of the load of `plan`.
pub async fn contribute(
    plan: &ProvePlan,
    targets: &Targets,
    nonce: &str,
    company: &Company,
    index: u32,
) -> Result<(), ProveError> {
    let shard = Shard { index, of: company.of };
    let scenario = Scenario::new(plan, targets, shard)?;
    for (component, target) in targets.iter() {
        target.resolve().await.map_err(|error| LoadError::Address(component.to_owned(), error))?;
    }
    let (member, start) = Member::join((company.leader.as_str(), company.port), nonce, shard).await?;
    let load = generate(scenario, targets.clone(), nonce.to_owned(), start)?;
    let measured = load.await.map_err(|_| ProveError::Died("load generator"))??;
    Ok(member.report(measured).await?)
}
