//! The permit keeper: writes a `LaunchPermit` for what the regulator confirmed, after checking the
//! regulator's signature itself. A program with a service account of its own: whoever takes over the
//! operator still cannot permit anything (invariant 2). What the register no longer lets stand, it
//! takes away again.

mod delegated;
mod kept;
mod permit;
mod recheck;
mod signed;

use std::{path::PathBuf, sync::Arc, time::Duration};

use factory_assurance::{
    confirmation::ConfirmationError,
    delegation::proof::ProofError,
    dossier::DossierError,
    dsse::{DsseError, Envelope, PublicKey},
    term::TermError,
    wire::{Procedure, SubmissionState},
};
use factory_crds::{LaunchPermit, Release, condition, launch_permit::PermittedBundle};
use futures::StreamExt as _;
use kube::{
    Api, Client, ResourceExt as _,
    runtime::{Controller, controller::Action, watcher},
};

use crate::{
    cli::KeeperSettings,
    error::{self, Fatal},
    manifests,
    metrics::Metrics,
    register::{Register, RegisterError},
    serve, telemetry,
};
use kept::Kept;

/// A confirmation gives no permit.
#[derive(Debug, thiserror::Error)]
enum KeeperError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("the confirmation does not hold")]
    Confirmation(#[from] ConfirmationError),
    #[error("the confirmation does not hold: predicate.timeVerified: `{0}` is no RFC 3339 time")]
    Time(String),
    #[error("the dossier does not hold")]
    Dossier(#[from] DossierError),
    #[error(transparent)]
    Dsse(#[from] DsseError),
    #[error("what was entered under a delegation does not hold")]
    Delegated(#[from] ProofError),
    #[error("what was entered under a delegation does not hold: dossier")]
    Term(#[from] TermError),
    #[error("keys of the factory's dossiers: {0}")]
    Keys(Fatal),
    #[error("{field}: the register says `{said}`, the signed dossier says `{signed}`")]
    Contradiction { field: &'static str, said: String, signed: String },
}

struct Keeper {
    client: Client,
    register: Register,
    regulator: Vec<PublicKey>,
    /// Folder with the keys of dossiers: read for each use, since they are followed by others.
    factory_keys: PathBuf,
}

/// Runs until the process is ended.
pub async fn run(settings: KeeperSettings) -> Result<(), Fatal> {
    telemetry::start()?;
    serve::install_crypto();
    let client = serve::client().await?;
    let regulator = signed::pinned(&settings.regulator_keys)?;
    tracing::info!(keys = regulator.len(), "the regulator's keys are pinned");
    let metrics = Arc::new(Metrics::default());
    tokio::spawn(serve::health(settings.listen, Arc::clone(&metrics)));
    let register = Register::new(settings.register);
    let keeper = Arc::new(Keeper { client: client.clone(), register, regulator, factory_keys: settings.factory_keys });
    let releases = Controller::new(Api::<Release>::all(client.clone()), watcher::Config::default())
        .shutdown_on_signal()
        .run(reconcile, on_error, Arc::clone(&keeper))
        .for_each(|_| std::future::ready(()));
    let permits = Controller::new(Api::<LaunchPermit>::all(client), watcher::Config::default())
        .shutdown_on_signal()
        .run(recheck::reconcile, recheck::on_error, keeper)
        .for_each(|_| std::future::ready(()));
    tokio::join!(releases, permits);
    Ok(())
}

async fn reconcile(release: Arc<Release>, keeper: Arc<Keeper>) -> Result<Action, KeeperError> {
    // The condition only says when it is worth asking; nothing in it is believed.
    let status = release.status.clone().unwrap_or_default();
    if !condition::is_true(&status.conditions, "Confirmed") || status.submission.is_empty() {
        return Ok(Action::await_change());
    }
    let state = keeper.register.submission(&status.submission).await?;
    let namespace = manifests::live_namespace(&state.subject.participant, &state.subject.service);
    if recheck::ends(state.state) {
        keeper.take_away(&namespace, &[state.id].into()).await?;
        return Ok(Action::await_change());
    }
    if !matches!(state.state, Procedure::Confirmed | Procedure::Registered) {
        return Ok(Action::requeue(Duration::from_secs(10)));
    }
    let kept = Kept::read(&keeper.client, &namespace).await?;
    if permit::holds(&kept.spec, &state.id) {
        return Ok(Action::await_change());
    }
    let dossier = keeper.register.dossier(&state.id).await?;
    let permitted = keeper.permitted(&state, &dossier).await?;
    // An old release that newer ones have pushed out stays out.
    let running = kept.running().await?;
    let Some(spec) = permit::with(&kept.spec, permitted, &running) else { return Ok(Action::await_change()) };
    match kept.write(spec).await {
        Ok(()) => tracing::info!(release = %state.subject.release, bundle = %state.bundle, namespace, "permitted"),
        // The operator makes the namespace first.
        Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(Action::requeue(Duration::from_secs(1))),
        Err(error) => return Err(error.into()),
    }
    Ok(Action::await_change())
}

impl Keeper {
    /// The bundle that the regulator confirmed, or that falls within what the regulator delegated.
    async fn permitted(&self, state: &SubmissionState, dossier: &Envelope) -> Result<PermittedBundle, KeeperError> {
        let Some(delegated) = &state.delegated else { return signed::bundle(state, dossier, &self.regulator) };
        let base = self.register.submission(&delegated.base).await?;
        let confirmed = self.register.dossier(&delegated.base).await?;
        let factory = signed::terms(&self.factory_keys).map_err(KeeperError::Keys)?;
        delegated::bundle((state, dossier), (&base, &confirmed), &self.regulator, factory)
    }
}

fn on_error(release: Arc<Release>, failure: &KeeperError, _: Arc<Keeper>) -> Action {
    tracing::warn!(release = %release.name_any(), error = %error::chain(failure), "no permit");
    Action::requeue(Duration::from_secs(5))
}
