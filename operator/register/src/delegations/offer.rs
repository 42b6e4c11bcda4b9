//! Whether a submission falls within a standing delegation of the regulator: the documents are read here, the decision
//! is [`Terms::cover`](factory_assurance::delegation::Terms::cover), and the store enters it only if everything still
//! stands once the log is locked.
//!
//! *Architecture invariant:* nothing here refuses a submission. What falls within no delegation waits for a person, as
//! if there were none.

use std::sync::Arc;

use factory_assurance::{
    delegation::{self, Delegated, change::Compared},
    dossier::{Dossier, TestResult},
    dsse::{Envelope, PublicKey},
};
use factory_crds::release::Outcome;
use jiff::Timestamp;

use crate::{
    api::{Register, off_thread, problem::Refusal},
    log::event::{DelegationGiven, EntryMade, Summary},
    store::{Said, StoreError, delegations::Offer},
};

/// The delegation that the submission of `result` falls within now, if there is one.
pub async fn offer(register: &Arc<Register>, summary: Summary, result: TestResult) -> Result<Option<Offer>, Refusal> {
    let subject = &summary.subject;
    if summary.verdict.outcome != Outcome::Passed || !summary.missing.is_empty() {
        return Ok(None);
    }
    let standing = register.store.delegations_for(&subject.participant, &subject.service).await?;
    if standing.is_empty() {
        return Ok(None);
    }
    let Some((in_force, base, dossier)) = confirmed(register, &summary).await? else {
        tracing::info!(service = subject.service, "no delegation is used: the service has no entry in force");
        return Ok(None);
    };
    let (keys, now) = (register.regulator_keys.clone(), register.store.now());
    off_thread(move || {
        let pinned: Vec<PublicKey> = keys.load()?.into_iter().map(|term| term.key).collect();
        let Some((given, delegated)) = fitting(standing, &pinned, now, &dossier, &result) else { return Ok(None) };
        let DelegationGiven { id, sealed_by, .. } = given;
        let (freezes, record) = (result.standard.freeze_when_overdue, result.record);
        Ok::<_, Refusal>(Some(Offer { id, delegated, sealed_by, base, in_force, freezes, summary, record }))
    })
    .await
}

/// The number of the entry of this service that is in force, the submission that the regulator confirmed for it, and
/// the dossier of that.
async fn confirmed(register: &Register, summary: &Summary) -> Result<Option<(u64, String, Envelope)>, StoreError> {
    let subject = &summary.subject;
    let entry = register.store.entry_of(&subject.participant, &subject.service).await?;
    let Some(entry) = entry.filter(|entry| entry.withdrawn.is_none()) else { return Ok(None) };
    let Said::Tested(made) = entry.said else { return Ok(None) };
    let EntryMade { submission, under, .. } = *made;
    let base = under.map_or(submission, |under| under.base);
    let Some(held) = register.store.submission(&base).await? else { return Ok(None) };
    Ok(Some((entry.seq, base, register.store.dossier(&held).await?)))
}

/// The first of the `standing` delegations that covers what `result` changes of the dossier `base`. One whose key is
/// not pinned any more covers nothing.
fn fitting(
    standing: Vec<DelegationGiven>,
    pinned: &[PublicKey],
    now: Timestamp,
    base: &Envelope,
    result: &TestResult,
) -> Option<(DelegationGiven, Delegated)> {
    // Verified when it was taken; the log's hash holds it since.
    let base: Dossier = base.unchecked().ok()?;
    let (base, new) = (Compared::of(&base.predicate), Compared::of(result));
    standing.into_iter().find_map(|given| {
        let held = delegation::verify(&given.delegation, pinned);
        let covered = held.map_err(|error| error.to_string()).and_then(|held| {
            held.predicate.terms.cover(now, &base, &new).map_err(|error| error.to_string())?;
            Ok(held.predicate)
        });
        match covered {
            Ok(delegated) => Some((given, delegated)),
            Err(reason) => {
                tracing::info!(delegation = given.id, reason, "a standing delegation does not cover a submission");
                None
            }
        }
    })
}
