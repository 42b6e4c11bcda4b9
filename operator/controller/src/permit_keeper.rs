//! The permit keeper: writes a `LaunchPermit` for what the regulator confirmed, after checking the
//! regulator's signature itself. A program with a service account of its own: whoever takes over the
//! operator still cannot permit anything (invariant 2).

use std::{path::Path, sync::Arc, time::Duration};

use factory_assurance::{
    confirmation::{self, Confirmed},
    dossier::Dossier,
    dsse::{DsseError, PublicKey},
    wire::{Procedure, SubmissionState},
};
use factory_crds::{LaunchPermit, LaunchPermitSpec, Release, condition, launch_permit::PermittedBundle};
use futures::StreamExt as _;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ObjectMeta, Patch, PatchParams},
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

/// Name under which the keeper writes.
const MANAGER: &str = "factory-permit-keeper";
/// Bundles that stay permitted, so that a rollback can go to them at once.
const KEPT: usize = 10;

/// A confirmation gives no permit.
#[derive(Debug, thiserror::Error)]
enum KeeperError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("the confirmation does not hold")]
    Confirmation(#[from] confirmation::ConfirmationError),
    #[error("the dossier does not hold")]
    Dossier(#[from] factory_assurance::dossier::DossierError),
    #[error(transparent)]
    Dsse(#[from] DsseError),
    #[error("{field}: the register says `{said}`, the signed dossier says `{signed}`")]
    Contradiction { field: &'static str, said: String, signed: String },
}

struct Keeper {
    client: Client,
    register: Register,
    regulator: Vec<PublicKey>,
}

/// Runs until the process is ended.
pub async fn run(settings: KeeperSettings) -> Result<(), Fatal> {
    let provider = telemetry::start("factory-permit-keeper")?;
    serve::install_crypto();
    let client = Client::try_default().await?;
    let regulator = pinned(&settings.regulator_keys)?;
    tracing::info!(keys = regulator.len(), "the regulator's keys are pinned");
    let metrics = Arc::new(Metrics::default());
    tokio::spawn(serve::health(settings.listen, Arc::clone(&metrics)));
    let keeper = Arc::new(Keeper { client: client.clone(), register: Register::new(settings.register)?, regulator });
    Controller::new(Api::<Release>::all(client), watcher::Config::default())
        .shutdown_on_signal()
        .run(reconcile, on_error, keeper)
        .for_each(|_| std::future::ready(()))
        .await;
    if let Some(provider) = provider {
        provider.shutdown()?;
    }
    Ok(())
}

/// Every `*.pub` in `folder`.
fn pinned(folder: &Path) -> Result<Vec<PublicKey>, Fatal> {
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pub") {
            let key = PublicKey::from_pem(&std::fs::read_to_string(&path)?);
            keys.push(key.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    if keys.is_empty() {
        return Err(
            format!("{}: no public key of the regulator; nothing could ever be launched", folder.display()).into()
        );
    }
    Ok(keys)
}

async fn reconcile(release: Arc<Release>, keeper: Arc<Keeper>) -> Result<Action, KeeperError> {
    // The condition only says when it is worth asking; nothing in it is believed.
    let status = release.status.clone().unwrap_or_default();
    if !condition::is_true(&status.conditions, "Confirmed") || status.submission.is_empty() {
        return Ok(Action::await_change());
    }
    let state = keeper.register.submission(&status.submission).await?;
    if !matches!(state.state, Procedure::Confirmed | Procedure::Registered) {
        return Ok(Action::requeue(Duration::from_secs(10)));
    }
    let namespace = manifests::live_namespace(&state.subject.participant, &state.subject.service);
    let permits: Api<LaunchPermit> = Api::namespaced(keeper.client.clone(), &namespace);
    let known = match permits.get_opt("live").await {
        Ok(known) => known.map(|permit| permit.spec).unwrap_or_default(),
        Err(error) => return Err(error.into()),
    };
    if known.bundles.iter().any(|bundle| bundle.submission == state.id) {
        return Ok(Action::await_change());
    }
    let (permitted, images) = keeper.check(&state).await?;
    let spec = add(known, permitted, images);
    match write(&permits, &namespace, spec).await {
        Ok(()) => tracing::info!(release = %state.subject.release, bundle = %state.bundle, namespace, "permitted"),
        // The operator makes the namespace first.
        Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(Action::requeue(Duration::from_secs(1))),
        Err(error) => return Err(error.into()),
    }
    Ok(Action::await_change())
}

impl Keeper {
    /// Holds the confirmation and the dossier against the regulator's keys and each other. What is
    /// permitted comes from signed documents only.
    async fn check(&self, state: &SubmissionState) -> Result<(PermittedBundle, Vec<String>), KeeperError> {
        let envelope = self.register.dossier(&state.id).await?;
        let digest = envelope.payload_digest()?;
        // The regulator signed the digest of these bytes; so the factory's signature adds nothing here.
        let payload = envelope.payload_bytes()?;
        let dossier: Dossier = serde_json::from_slice(&payload).map_err(DsseError::Payload)?;
        dossier.verify()?;
        let result = dossier.predicate;
        let bundle = result.bundle.digest().map_err(DsseError::from)?;
        let subject = &result.subject;
        let resource = format!("{}/{}/{}", subject.participant, subject.service, subject.release);
        let standard = format!("{}@{}", result.standard.name, result.standard.version);
        let expected = Confirmed { resource: &resource, bundle: &bundle, dossier: &digest, standard: &standard };
        let Some(confirmation) = &state.confirmation else {
            return Err(KeeperError::Contradiction {
                field: "confirmation",
                said: "none".to_owned(),
                signed: resource,
            });
        };
        confirmation::verify(confirmation, &self.regulator, &expected)?;
        for (field, said, signed) in [
            ("participant", &state.subject.participant, &subject.participant),
            ("service", &state.subject.service, &subject.service),
            ("bundle", &state.bundle, &bundle),
        ] {
            if said != signed {
                return Err(KeeperError::Contradiction { field, said: said.clone(), signed: signed.clone() });
            }
        }
        let permitted = PermittedBundle {
            digest: bundle,
            release: subject.release.clone(),
            submission: state.id.clone(),
            confirmation: confirmation.payload_digest()?,
        };
        Ok((permitted, result.bundle.images.values().cloned().collect()))
    }
}

/// `known` with `permitted` at its end; only the newest stay.
fn add(mut known: LaunchPermitSpec, permitted: PermittedBundle, images: Vec<String>) -> LaunchPermitSpec {
    known.bundles.retain(|bundle| bundle.digest != permitted.digest);
    known.bundles.push(permitted);
    let surplus = known.bundles.len().saturating_sub(KEPT);
    known.bundles.drain(..surplus);
    for image in images {
        if !known.images.contains(&image) {
            known.images.push(image);
        }
    }
    known
}

async fn write(permits: &Api<LaunchPermit>, namespace: &str, spec: LaunchPermitSpec) -> Result<(), kube::Error> {
    let mut permit = LaunchPermit::new("live", spec);
    permit.metadata =
        ObjectMeta { name: Some("live".to_owned()), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() };
    permits.patch("live", &PatchParams::apply(MANAGER).force(), &Patch::Apply(&permit)).await.map(drop)
}

fn on_error(release: Arc<Release>, failure: &KeeperError, _: Arc<Keeper>) -> Action {
    tracing::warn!(release = %release.name_any(), error = %error::chain(failure), "no permit");
    Action::requeue(Duration::from_secs(5))
}
