//! Stage `Reported`: the signed dossier goes to the register, pass or fail (63.2). The key of the
//! submission is the release's UID: a repeated submission is the same submission.

use factory_assurance::wire::Submission;

use super::{ReleaseError, attempt::Attempt, dossier::SignedDossier};
use crate::{context::Context, stage::Progress};

/// The register's acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the submission.
    pub(super) submission: String,
}

/// Submits `dossier`. A register that is away is waited for; nothing is lost meanwhile.
pub async fn submit(
    context: &Context,
    attempt: &Attempt,
    dossier: &SignedDossier,
) -> Result<Progress<Receipt>, ReleaseError> {
    let submission = Submission { dossier: dossier.envelope.clone(), epoch: context.epoch };
    Ok(match context.register.submit(&attempt.uid, &submission).await {
        Ok(state) => Progress::Done(Receipt { submission: state.id }),
        Err(refusal) if refusal.passes() => context.unavailable(&refusal),
        Err(refusal) => Progress::stopped("DossierRefused", refusal.to_string()),
    })
}
