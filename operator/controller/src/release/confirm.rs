//! Stages `Confirmed` and `Registered`: what the regulator said and whether the public entry exists.
//! The operator only reads; it has no key that confirms (invariant 11).

use factory_assurance::wire::{Procedure, SubmissionState};

use super::{ReleaseError, record::WITHDRAWN, report::Receipt};
use crate::{context::Context, stage::Progress};

/// A submission that the regulator confirmed, also when it was withdrawn since.
pub struct Confirmed {
    state: SubmissionState,
}

/// The public entry.
pub struct Entry {
    /// Address for people.
    pub(super) address: String,
    /// The owner's reason, if the service was withdrawn after this entry (21).
    pub(super) withdrawn: Option<String>,
}

/// Done when the regulator confirmed.
pub async fn confirmed(context: &Context, receipt: &Receipt) -> Result<Progress<Confirmed>, ReleaseError> {
    let state = match context.register.submission(&receipt.submission).await {
        Ok(state) => state,
        Err(refusal) => return Ok(context.unavailable(&refusal)),
    };
    Ok(match state.state {
        Procedure::Submitted => {
            Progress::waiting("AwaitingRegulator", "passed; waits for the regulator to confirm (63.3)")
        }
        Procedure::Returned => Progress::stopped("Returned", format!("the regulator returned it: {}", state.reason)),
        Procedure::Revoked => Progress::stopped("Revoked", "the regulator revoked the confirmation"),
        Procedure::Confirmed | Procedure::Registered | Procedure::Withdrawn => Progress::Done(Confirmed { state }),
    })
}

/// Done when the public entry exists.
#[must_use]
pub fn registered(context: &Context, confirmed: &Confirmed) -> Progress<Entry> {
    let state = &confirmed.state;
    let withdrawn = (state.state == Procedure::Withdrawn).then(|| state.reason.clone());
    if let Some(path) = &state.entry {
        Progress::Done(Entry { address: format!("{}{path}", context.settings.register_public_url), withdrawn })
    } else if let Some(reason) = withdrawn {
        withdrawal(&reason)
    } else {
        let groups: Vec<_> = state.missing.iter().map(|group| format!("17.{group}")).collect();
        Progress::waiting("DataIncomplete", format!("the entry waits for complete data: {}", groups.join(", ")))
    }
}

/// The end of a release whose service was withdrawn: it is not launched any more.
pub(super) fn withdrawal<T>(reason: &str) -> Progress<T> {
    Progress::stopped(WITHDRAWN, format!("its entry was ended (item 21): {reason}"))
}
