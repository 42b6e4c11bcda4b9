//! Driver of a `Release`: the road from a pinned commit to a launched service, one stage after the
//! other. Each stage is a file in the folder beside; it looks at what is there, takes the next step,
//! and hands a product of its own type to the stage after it. No stage begins another; names and
//! objects of another's are asked of its file, which alone knows them.
//!
//! Every reconcile may be the first after a crash: it starts at the left again, and finds its work
//! done. Only what cannot be observed again is recorded: digests, and the register's answers.

pub mod announce;
pub mod attempt;
pub mod attest;
pub mod build;
pub mod confirm;
pub mod databases;
pub mod deploy;
pub mod dossier;
pub mod experiment;
pub mod figures;
mod generators;
mod history;
pub mod jobs;
pub mod lab_pool;
pub mod lab_run;
pub mod launch;
pub mod plan;
pub mod pods;
pub mod prove;
pub mod provenance;
pub mod record;
pub mod reference;
pub mod report;
pub mod rollout;
pub mod secrets;
pub mod source;
pub mod strike;
pub mod twin;
pub mod verify;

use std::{sync::Arc, time::Duration};

use factory_crds::{Outcome, Release};
use kube::{ResourceExt as _, runtime::controller::Action};

use crate::{context::Context, error};
use attempt::Attempt;
use record::Record;

/// A release that waits for a person, or is watched while it is measured, is looked at this often.
const PATIENT: Duration = Duration::from_secs(3);
/// A release that waits for a cluster object is woken by a watch; this is only the safety net.
const NET: Duration = Duration::from_secs(10);

/// A stage could not be carried out; it is tried again with growing pauses.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// What the release needs could not be read.
    #[error(transparent)]
    Attempt(#[from] attempt::AttemptError),
    /// From the API server.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// A write failed.
    #[error(transparent)]
    Write(#[from] crate::apply::WriteError),
    /// From the image registry.
    #[error(transparent)]
    Artifact(#[from] crate::artifacts::ArtifactError),
    /// A document has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] factory_assurance::canonical::NotCanonical),
    /// There is no salt.
    #[error(transparent)]
    Salt(#[from] crate::salt::SaltError),
    /// A dossier could not be signed.
    #[error(transparent)]
    Dsse(#[from] factory_assurance::dsse::DsseError),
    /// A file of the operator.
    #[error("scratch file")]
    Io(#[from] std::io::Error),
    /// A document of ours could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Takes a step's product, or records at its stage why there is none and returns. The stage itself is
/// not done yet: more steps follow, or a judgement.
macro_rules! take {
    ($record:expr, $stage:literal, $progress:expr) => {{
        // The step may add to the record's facts, so it ends before the record is asked.
        let progress = $progress;
        match $record.take($stage, progress) {
            Some(product) => product,
            None => return Ok(()),
        }
    }};
}

/// The same for the last step of a stage, which is done with it.
macro_rules! reach {
    ($record:expr, $stage:literal, $progress:expr) => {{
        let product = take!($record, $stage, $progress);
        $record.reached($stage);
        product
    }};
}

/// One look at a release.
pub async fn reconcile(release: Arc<Release>, context: Arc<Context>) -> Result<Action, ReleaseError> {
    let _timed = context.metrics.time::<Release>();
    let mut record = Record::of(&release);
    if record.has_ended() {
        return Ok(Action::await_change());
    }
    let outcome = match Attempt::read(&context, &release).await {
        Ok(attempt) => Box::pin(road(&context, &attempt, &mut record)).await,
        Err(error) => Err(error.into()),
    };
    // The condition is written first, so that an error is never silent.
    if let Err(error) = &outcome {
        record.hit(&error::chain(error));
    }
    record.write(&context, &release).await?;
    outcome?;
    let soon = record.waits_for_a_person() || record.is_measured();
    Ok(Action::requeue(if soon { PATIENT } else { NET }))
}

/// The road, left to right.
async fn road(context: &Context, attempt: &Attempt, record: &mut Record) -> Result<(), ReleaseError> {
    // A result that the register acknowledged is never made again, whatever became of the candidate.
    if record.receipt().is_none() {
        let source = reach!(record, "Resolved", source::hand_over(context, attempt).await?);
        let bundle = take!(record, "Built", build::bundle(context, attempt, &source, record.facts()).await?);
        reach!(record, "Built", provenance::images(context, attempt, &bundle, record.facts_mut()).await?);
        record.facts_mut().bundle.clone_from(&bundle.digest);
        let candidate = reach!(record, "Deployed", deploy::candidate(context, attempt, &bundle, record.facts()).await?);
        record.facts_mut().namespace.clone_from(&candidate.namespace);
        let run = take!(record, "Verified", announce::run(context, attempt, &bundle, record.facts_mut()).await?);
        let run = take!(record, "Verified", experiment::open(context, attempt, run).await?);
        let findings = verify::check(context, attempt, &candidate, &run, record.facts_mut()).await?;
        let findings = take!(record, "Verified", findings);
        record.judged("Verified", findings.deviation());
        let measured = prove::withstand(context, attempt, &candidate, &run, findings, record.facts_mut()).await?;
        let measured = take!(record, "Proven", measured);
        let dossier = dossier::compose(context, attempt, &bundle, &run.announced, measured).await?;
        record.judged("Proven", dossier.deviation());
        record.found(&dossier.verdict);
        record.facts_mut().dossier.clone_from(&dossier.digest);
        if attempt.rehearsal() {
            record.ends(dossier.verdict.outcome);
            return Ok(());
        }
        let receipt = reach!(record, "Reported", report::submit(context, attempt, &dossier).await?);
        record.facts_mut().submission = receipt.submission;
        if dossier.verdict.outcome != Outcome::Passed {
            record.ends(dossier.verdict.outcome);
            return Ok(());
        }
        record.passed();
    }
    let Some(receipt) = record.receipt() else { return Ok(()) };
    record.reached("Reported");
    let confirmed = reach!(record, "Confirmed", confirm::confirmed(context, &receipt).await?);
    let entry = reach!(record, "Registered", confirm::registered(context, &confirmed));
    record.facts_mut().entry.clone_from(&entry.address);
    take!(record, "Launched", attest::images(context, attempt, (&receipt, &entry), record.facts_mut()).await?);
    reach!(record, "Launched", launch::bundle(context, attempt, record.facts(), &entry).await?);
    Ok(())
}

/// How long to wait after an error; the controller adds no jitter of its own, the UID does.
#[must_use]
pub fn on_error(release: Arc<Release>, failure: &ReleaseError, context: Arc<Context>) -> Action {
    context.metrics.failed(&*release, failure);
    let jitter = release.uid().map_or(0, |uid| u64::from(uid.as_bytes()[0] % 30));
    Action::requeue(Duration::from_millis(3_000 + jitter * 100))
}
