//! Before the first request: the plan and the bundle are announced in the register, which answers
//! with a nonce (invariant 4). The same release announces once, however often it asks.

use factory_assurance::{
    canonical,
    dossier::{AnnouncedRun, Subject},
    plan::Plan,
    standard::Standard,
    verdict,
    wire::Announcement,
};
use factory_crds::{ReleaseStatus, release::AnnouncementReference};

use super::{ReleaseError, attempt::Attempt, build::BuiltBundle, dossier, plan};
use crate::{context::Context, register::RegisterError, stage::Progress};

/// An announced run: only this may be carried out.
pub struct AnnouncedPlan {
    /// Whose it is.
    pub(super) subject: Subject,
    /// The standard that will judge it.
    pub(super) standard: Standard,
    /// What will be done.
    pub(super) plan: Plan,
    /// The register's answer.
    pub(super) run: AnnouncedRun,
}

/// Announces the run of `attempt`, and keeps the answer in `facts`.
pub async fn run(
    context: &Context,
    attempt: &Attempt,
    bundle: &BuiltBundle,
    facts: &mut ReleaseStatus,
) -> Result<Progress<AnnouncedPlan>, ReleaseError> {
    facts.images.clone_from(&bundle.bundle.images);
    facts.databases.clone_from(&bundle.bundle.databases);
    let plan = match plan::compose(&attempt.spec, &attempt.standard) {
        Ok(plan) => plan,
        Err(error) => return Ok(Progress::stopped(error.reason(), error.to_string())),
    };
    let subject = Subject {
        participant: attempt.participant.clone(),
        service: attempt.pinned.service.clone(),
        release: attempt.name.clone(),
        release_uid: attempt.uid.clone(),
        source: attempt.spec.source.git.clone(),
        commit: attempt.pinned.commit.clone(),
        spec_hash: attempt.pinned.spec_hash.clone(),
    };
    let standard = Standard::of(&attempt.pinned.standard, &attempt.standard);
    if let Some(known) = &facts.announcement {
        let run = AnnouncedRun { id: known.id.clone(), nonce: known.nonce.clone(), attempt: known.attempt };
        return Ok(Progress::Done(AnnouncedPlan { subject, standard, plan, run }));
    }
    let run = if attempt.rehearsal() {
        // Not evidence, so nobody need draw its nonce.
        AnnouncedRun { id: "rehearsal".to_owned(), nonce: canonical::sha256(attempt.uid.as_bytes()), attempt: 0 }
    } else {
        let record = dossier::record(context, attempt).await?;
        let announcement = Announcement {
            rules: verdict::RULES.to_owned(),
            record: canonical::digest(&record)?,
            subject: subject.clone(),
            bundle: bundle.bundle.clone(),
            standard: standard.clone(),
            plan: plan.clone(),
            epoch: context.epoch,
        };
        match context.register.announce(&attempt.uid, &announcement).await {
            Ok(answer) => AnnouncedRun { id: answer.id, nonce: answer.nonce, attempt: answer.attempt },
            // Asked again at each look: the register alone knows when the regulator has.
            Err(RegisterError::NotIssued(why)) => return Ok(Progress::waiting("StandardNotIssued", why)),
            Err(error) if error.passes() => {
                return Ok(context.unavailable(&error));
            }
            Err(error) => return Ok(Progress::stopped("AnnouncementRefused", error.to_string())),
        }
    };
    facts.announcement =
        Some(AnnouncementReference { id: run.id.clone(), nonce: run.nonce.clone(), attempt: run.attempt });
    Ok(Progress::Done(AnnouncedPlan { subject, standard, plan, run }))
}
