//! Descriptions of interfaces (items 9 and 17.9): each could be read, every operation in it was
//! exercised, and no answer contradicted it.

use crate::evidence::{ContractResult, OperationResult, VerifyEvidence};

use super::{
    found::{Found, failed, inconclusive},
    say,
};

/// Operations that are named before the rest is counted.
const NAMED: usize = 5;

/// Holds each description against what was seen.
pub fn check(verify: &VerifyEvidence) -> Vec<Found> {
    verify.contracts.iter().flat_map(one_contract).collect()
}

fn one_contract(contract: &ContractResult) -> Vec<Found> {
    let place = format!("{}{}", say::cut(&contract.component), say::cut(&contract.path));
    if let Some(why) = &contract.unreadable {
        return vec![failed(
            "DescriptionUnreadable",
            format!("{place}: the description cannot be read: {}", say::cut(why)),
        )];
    }
    if contract.operations.is_empty() {
        return vec![inconclusive("NothingDescribed", format!("{place}: the description has no operation"))];
    }
    let mut found: Vec<Found> =
        contract.operations.iter().filter_map(|operation| contradiction(&place, operation)).collect();
    found.extend(not_exercised(&place, contract));
    found
}

/// An answer that the description does not allow.
fn contradiction(place: &str, operation: &OperationResult) -> Option<Found> {
    let mut lies =
        operation.answers.iter().flat_map(|answer| answer.contradictions.iter().map(move |lie| (answer.status, lie)));
    let (status, first) = lies.next()?;
    let message =
        format!("{place}: {} answered {status}: {}{}", name(operation), say::cut(first), say::more(lies.count()));
    Some(failed("DescriptionLies", message))
}

/// Operations of which no answer was seen.
fn not_exercised(place: &str, contract: &ContractResult) -> Option<Found> {
    let silent: Vec<String> =
        contract.operations.iter().filter(|operation| operation.answers.is_empty()).map(name).collect();
    let named = silent.get(..NAMED).unwrap_or(&silent).join(", ");
    let more = say::more(silent.len().saturating_sub(NAMED));
    (!silent.is_empty())
        .then(|| inconclusive("OperationNotExercised", format!("{place}: no answer was seen of {named}{more}")))
}

fn name(operation: &OperationResult) -> String {
    format!("{} {}", say::cut(&operation.method), say::cut(&operation.path))
}
