//! Hands the raw results back: the evidence goes to the image registry as an OCI artifact, addressed
//! by digest, and only that address into the pod's termination message. Nothing large is in etcd.

use std::{path::Path, time::Duration};

use factory_assurance::{
    canonical::{self, NotCanonical, sha256},
    dsse::{self, DsseError},
    measurement::{self, Measured},
    term::Ring,
    wire::{Run, RunEnd},
};
use jiff::Timestamp;
use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol, Config, ImageLayer},
    errors::OciDistributionError,
    manifest::{OciImageManifest, OciManifest},
    secrets::RegistryAuth,
};
use serde::Serialize;

/// Media type of the empty config of an artifact, and the config itself.
const EMPTY: (&str, &[u8]) = ("application/vnd.oci.empty.v1+json", b"{}");
/// Media type of the manifest.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// How long a registry may be away before results are given up, in attempts with growing pauses:
/// 0.5, 1, 2, 4, 8, 16, 16, 16 s.
const ATTEMPTS: u32 = 9;
/// Longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(16);
/// Longest wait for one answer of the registry.
const PATIENCE: Duration = Duration::from_secs(30);

/// Results that could not be handed back.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// They have no canonical form.
    #[error("{0}")]
    NotCanonical(#[from] NotCanonical),
    /// They could not be signed.
    #[error("the results were not signed: {0}")]
    Sign(#[from] DsseError),
    /// No repository.
    #[error("run.results `{0}`: no repository with its registry")]
    Repository(String),
    /// The registry did not take them.
    #[error("the registry did not take the results: {0}")]
    Push(#[from] OciDistributionError),
    /// The registry did not answer.
    #[error("the registry did not answer within {} s", PATIENCE.as_secs())]
    Slow,
    /// The termination message could not be written.
    #[error("the termination message could not be written: {0}")]
    Termination(#[source] std::io::Error),
}

/// Pushes `evidence` and says where it is, signed with the key of `keys` that signs now.
pub async fn push<T: Serialize>(
    run: &Run,
    media_type: &str,
    evidence: &T,
    keys: &Ring,
) -> Result<RunEnd, ResultsError> {
    let bytes = canonical::bytes(evidence)?;
    let digest = sha256(&bytes);
    let (announcement, nonce) = (run.announcement.clone(), run.nonce.clone());
    let measured = Measured { announcement, nonce, plan: canonical::digest(&run.plan)? };
    let measurement = dsse::sign(&measurement::statement(measured, media_type, &digest), keys.at(Timestamp::now()))?;
    let artifact = artifact(media_type, bytes)?;
    let mut pause = Duration::from_millis(500);
    let mut attempt = 1;
    loop {
        let pushed = tokio::time::timeout(PATIENCE, artifact.push(run)).await;
        match pushed.unwrap_or(Err(ResultsError::Slow)) {
            Ok(results) => return Ok(RunEnd { results, evidence: digest, measurement }),
            Err(error @ ResultsError::Repository(_)) => return Err(error),
            Err(error) if attempt == ATTEMPTS => return Err(error),
            // Minutes of load and faults are in these bytes: a registry that restarts is waited for.
            Err(error) => tracing::warn!(%error, attempt, "the results are pushed again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
        attempt += 1;
    }
}

/// Writes `message` as JSON into the pod's termination message, at most 4096 bytes.
pub fn end<T: Serialize>(path: &Path, message: &T) -> Result<(), ResultsError> {
    std::fs::write(path, canonical::bytes(message)?).map_err(ResultsError::Termination)
}

struct Artifact {
    layer: ImageLayer,
    config: Config,
    manifest: OciImageManifest,
    digest: String,
}

fn artifact(media_type: &str, evidence: Vec<u8>) -> Result<Artifact, ResultsError> {
    let layer = ImageLayer::new(evidence, media_type.to_owned(), None);
    let config = Config::new(EMPTY.1, EMPTY.0.to_owned(), None);
    let mut manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, None);
    manifest.media_type = Some(MANIFEST.to_owned());
    // Required where the config is the empty one.
    manifest.artifact_type = Some(media_type.to_owned());
    // The client writes manifests in canonical JSON too.
    let digest = canonical::digest(&manifest)?;
    Ok(Artifact { layer, config, manifest, digest })
}

impl Artifact {
    async fn push(&self, run: &Run) -> Result<String, ResultsError> {
        let address = format!("{}@{}", run.results, self.digest);
        let reference: Reference = address.parse().map_err(|_| ResultsError::Repository(run.results.clone()))?;
        let client = Client::new(ClientConfig {
            protocol: if run.plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
            ..ClientConfig::default()
        });
        client.store_auth_if_needed(reference.resolve_registry(), &RegistryAuth::Anonymous).await;
        client.push_blob(&reference, self.layer.data.clone(), &self.manifest.layers[0].digest).await?;
        client.push_blob(&reference, self.config.data.clone(), &self.manifest.config.digest).await?;
        client.push_manifest(&reference, &OciManifest::Image(self.manifest.clone())).await?;
        Ok(address)
    }
}
