//! Operations that the plan has drawn from a description: it is read from the running service once, before the load begins,
//! and kept in the evidence. What is drawn follows from it, the plan and the nonce (`factory_assurance::plan::DrawnPlan`).

use std::collections::BTreeMap;

use factory_assurance::{
    evidence::DrawnEvidence,
    plan::{DrawnPlan, LoadOperation, MOST_BYTES, ProvePlan},
};
use factory_crds::state_service::Request;

use super::ProveError;
use crate::{request::Prepared, target::Targets, verify::exchange::ask};

/// Why nothing is asked of a description that cannot be drawn from.
const NOTHING: &str = "it gives nothing that could be drawn: no GET without sign-in of which all input is given by an example, a list or a default";

/// A plan with the operations that were drawn, and what they were drawn from.
#[derive(Debug)]
pub struct Drawn {
    /// The plan, with these operations behind its own.
    pub plan: ProvePlan,
    /// `None` where the plan draws nothing.
    pub evidence: Option<Vec<DrawnEvidence>>,
}

/// Draws what `plan` has drawn in the run of `nonce`.
///
/// # Errors
///
/// A description that is not served, is no text of a size that is read, or gives nothing: the run would prove nothing.
pub async fn draw(plan: &ProvePlan, targets: &Targets, nonce: &str) -> Result<Drawn, ProveError> {
    let mut plan = plan.clone();
    let mut evidence = Vec::with_capacity(plan.load.drawn.len());
    for drawn in &plan.load.drawn {
        let description = served(drawn, targets).await.map_err(|why| ProveError::Description(drawn.name(), why))?;
        let operations: Vec<LoadOperation> = drawn.draw(&description, nonce);
        if operations.is_empty() {
            return Err(ProveError::Description(drawn.name(), NOTHING.to_owned()));
        }
        let names = operations.iter().map(|one| one.name.clone()).collect();
        plan.load.operations.extend(operations);
        let (component, path) = (drawn.component.clone(), drawn.path.clone());
        evidence.push(DrawnEvidence { component, path, description, operations: names });
    }
    let evidence = Some(evidence).filter(|evidence| !evidence.is_empty());
    Ok(Drawn { plan, evidence })
}

/// The description's text.
async fn served(drawn: &DrawnPlan, targets: &Targets) -> Result<String, String> {
    let request = Request {
        component: Some(drawn.component.clone()),
        method: "GET".to_owned(),
        path: drawn.path.clone(),
        headers: BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]),
        body: None,
    };
    let request = Prepared::new(&request, targets).map_err(|error| error.to_string())?;
    let answer = ask(&request, targets, MOST_BYTES).await?;
    if answer.status != 200 {
        return Err(format!("status {} instead of 200", answer.status));
    }
    String::from_utf8(answer.body.to_vec()).map_err(|_| "no text in UTF-8".to_owned())
}
