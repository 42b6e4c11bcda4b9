//! Before the first request: the plan and the bundle are announced in the register, which answers
//! with a nonce (invariant 4). The same release announces once, however often it asks.

use factory_assurance::{
    canonical,
    dossier::{AnnouncedRun, Subject},
    plan::{ComparisonPlan, Plan},
    risk::Planned,
    standard::Standard,
    verdict,
    wire::{Announced, Announcement},
};
use factory_crds::{Json, ReleaseStatus, release::AnnouncementReference};

use super::{ReleaseError, attempt::Attempt, build::BuiltBundle, dossier, generators, history, plan, reference};
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
    let composed = plan::compose(&attempt.spec, &attempt.standard)
        .and_then(|plan| generators::suffice(&plan.prove.load, &attempt.lab).map(|()| plan));
    let mut plan = match composed {
        Ok(plan) => plan,
        Err(error) => return Ok(Progress::stopped(error.reason(), error.to_string())),
    };
    let subject = subject(attempt);
    let standard = Standard::of(&attempt.pinned.standard, &attempt.standard);
    if let Some(known) = &facts.announcement {
        plan.prove.comparison = reference::announced(facts);
        plan.prove.history = history::announced(facts)?;
        let run = AnnouncedRun { id: known.id.clone(), nonce: known.nonce.clone(), attempt: known.attempt };
        return Ok(Progress::Done(AnnouncedPlan { subject, standard, plan, run }));
    }
    let choices = reference::choices(context, attempt, &plan).await?;
    let too_fast = |choice: &ComparisonPlan| plan::comparison::within_one(choice, &attempt.lab).err();
    if let Some(error) = choices.iter().flatten().find_map(too_fast) {
        return Ok(Progress::stopped(error.reason(), error.to_string()));
    }
    let run = if attempt.rehearsal() {
        plan.prove.comparison = choices.into_iter().next().flatten();
        let planned =
            Planned { rules: verdict::RULES, bundle: &bundle.bundle, standard: &standard, prove: &plan.prove };
        plan.prove.history = history::none(&planned)?;
        // Not evidence, so nobody need draw its nonce.
        AnnouncedRun { id: "rehearsal".to_owned(), nonce: canonical::sha256(attempt.uid.as_bytes()), attempt: 0 }
    } else {
        let record = dossier::record(context, attempt).await?;
        let mut announcement = Announcement {
            rules: verdict::RULES.to_owned(),
            record: canonical::digest(&record)?,
            subject: subject.clone(),
            bundle: bundle.bundle.clone(),
            standard: standard.clone(),
            plan,
            epoch: context.epoch,
        };
        match history::ask(context, &mut announcement, facts).await? {
            Progress::Done(()) => {}
            Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
            Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
        }
        let answer = match announced(context, attempt, &mut announcement, choices).await {
            Ok(answer) => answer,
            // Asked again at each look: the register alone knows when the regulator has.
            Err(RegisterError::NotIssued(why)) => return Ok(Progress::waiting("StandardNotIssued", why)),
            // The confirmation may not have been seen here yet.
            Err(RegisterError::OtherReference(why)) => return Ok(Progress::waiting("OtherReference", why)),
            // Asked again at the next look: what was refused was not written.
            Err(RegisterError::OtherHistory(why)) => {
                facts.history = None;
                return Ok(Progress::waiting("OtherHistory", why));
            }
            Err(error) if error.passes() => {
                return Ok(context.unavailable(&error));
            }
            Err(error) => return Ok(Progress::stopped("AnnouncementRefused", error.to_string())),
        };
        plan = announcement.plan;
        AnnouncedRun { id: answer.id, nonce: answer.nonce, attempt: answer.attempt }
    };
    facts.comparison = plan.prove.comparison.as_ref().map(serde_json::to_value).transpose()?.map(Json);
    facts.history = history::kept(plan.prove.history.as_ref())?;
    facts.announcement =
        Some(AnnouncementReference { id: run.id.clone(), nonce: run.nonce.clone(), attempt: run.attempt });
    Ok(Progress::Done(AnnouncedPlan { subject, standard, plan, run }))
}

/// Announces `announcement` with the first of the comparisons that the register takes: it knows which release was confirmed
/// last. What it refuses is not written, and so is no attempt.
async fn announced(
    context: &Context,
    attempt: &Attempt,
    announcement: &mut Announcement,
    choices: Vec<Option<ComparisonPlan>>,
) -> Result<Announced, RegisterError> {
    let mut refused = None;
    for choice in choices {
        announcement.plan.prove.comparison = choice;
        match context.register.announce(&attempt.uid, announcement).await {
            // Also where this very run was announced before a crash, with another of them.
            Err(error @ RegisterError::Refused(_)) => refused = Some(error),
            Err(error @ RegisterError::OtherReference(_)) => refused = refused.or(Some(error)),
            answered => return answered,
        }
    }
    Err(refused.unwrap_or_else(|| RegisterError::OtherReference("nothing is known to compare with".to_owned())))
}

/// Whose run it is.
fn subject(attempt: &Attempt) -> Subject {
    Subject {
        participant: attempt.participant.clone(),
        service: attempt.pinned.service.clone(),
        release: attempt.name.clone(),
        release_uid: attempt.uid.clone(),
        source: attempt.spec.source.git.clone(),
        commit: attempt.pinned.commit.clone(),
        spec_hash: attempt.pinned.spec_hash.clone(),
    }
}
