//! Stage `Verified`: functional checks and the contract of each interface, carried out by a Job of
//! the lab. The operator reads only its typed, bounded results.

use factory_assurance::{
    dsse::Envelope,
    evidence::{VERIFY_MEDIA_TYPE, VerifyEvidence},
    verdict,
};
use factory_crds::ReleaseStatus;

use super::{
    ReleaseError,
    attempt::Attempt,
    deploy::Candidate,
    experiment::OpenExperiment,
    lab_run::{self, Beginning},
    twin,
};
use crate::{
    context::Context,
    stage::{Progress, Why},
};

/// What the functional checks found.
pub struct Findings {
    /// Raw results; nothing where the lab could not look.
    pub(super) evidence: Option<VerifyEvidence>,
    /// What the lab signed of them.
    pub(super) measurement: Option<Envelope>,
    deviation: Option<Why>,
}

impl Findings {
    /// What was found wrong, if anything.
    #[must_use]
    pub fn deviation(&self) -> Option<Why> {
        self.deviation.clone()
    }
}

/// Longest time for all checks, in seconds.
const DEADLINE: i64 = 180;

/// Carries the checks out, once, and keeps in `facts` where their results are.
pub async fn check(
    context: &Context,
    attempt: &Attempt,
    candidate: &Candidate,
    run: &OpenExperiment,
    facts: &mut ReleaseStatus,
) -> Result<Progress<Findings>, ReleaseError> {
    match lab_run::carry_out(context, attempt, candidate, run, ("verify", Beginning::Now(None)), DEADLINE).await? {
        Progress::Done(end) => {
            facts.verify_results.clone_from(&end.results);
            let evidence: VerifyEvidence = lab_run::fetch(attempt, &end, VERIFY_MEDIA_TYPE).await?;
            let deviation = verdict::of_checks(&run.announced.plan.verify, &evidence)
                .first()
                .map(|finding| Why::new("ChecksFailed", finding.message.clone()));
            let measurement = Some(end.measurement);
            Ok(Progress::Done(Findings { evidence: Some(evidence), measurement, deviation }))
        }
        Progress::Waiting(why) => {
            // Meanwhile, so that the run need not wait for it.
            twin::stand_up(context, attempt, run).await?;
            Ok(Progress::Waiting(why))
        }
        // A lab that could not look is no failure of the service: no evidence, no pass.
        Progress::Stopped(why) => {
            Ok(Progress::Done(Findings { evidence: None, measurement: None, deviation: Some(why) }))
        }
    }
}
