//! Attestations beside images: a signed statement as an OCI artifact that refers to the image, in the
//! form in which cosign 3 writes and reads it (a Sigstore bundle v0.3), so that nobody needs a tool of
//! ours to check it.
//!
//! Everything is named by its digest, so that attaching twice is attaching once.

use std::collections::BTreeMap;

use factory_assurance::{canonical, dsse::Envelope};
use oci_client::{
    Reference,
    manifest::{
        IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
        OciDescriptor, OciManifest,
    },
    secrets::RegistryAuth,
};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{ArtifactError, Artifacts, missing, parse};

/// Media type of a Sigstore bundle, and of the artifact that holds one.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// Annotations by which a reader chooses without fetching: the same that cosign writes, but for the
/// time, with which no two artifacts would be the same.
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// What may stand under a name.
const MANIFESTS: [&str; 4] =
    [OCI_IMAGE_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE];

/// One at a time: a list that stands under a tag is read, added to and written, and an entry would be lost.
/// Debian's registry also refuses a manifest while another push of the same blob is under way.
static TURN: Mutex<()> = Mutex::const_new(());

impl Artifacts {
    /// Puts the statement in `envelope`, of `predicate_type`, beside `image` (`repository@sha256:…`), and
    /// returns `repository@sha256:…` of the artifact. What others put there stays.
    pub async fn attach(
        &self,
        image: &str,
        predicate_type: &str,
        envelope: &Envelope,
    ) -> Result<String, ArtifactError> {
        let reference = parse(image)?;
        let failed = |source| ArtifactError::Registry { name: image.to_owned(), source };
        let _turn = TURN.lock().await;
        let (bytes, digest) =
            self.client.pull_manifest_raw(&reference, &RegistryAuth::Anonymous, &MANIFESTS).await.map_err(failed)?;
        let mut manifest = self.put(&reference, BUNDLE, bundle(envelope)?).await.map_err(failed)?;
        manifest.subject = Some(subject(image, &bytes, digest)?);
        let annotations = [(CONTENT, "dsse-envelope"), (PREDICATE_TYPE, predicate_type)];
        manifest.annotations = Some(annotations.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let document = canonical::bytes(&manifest)?;
        let entry = OciDescriptor {
            media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
            digest: canonical::sha256(&document),
            size: size(&document),
            annotations: manifest.annotations,
            artifact_type: Some(BUNDLE.to_owned()),
            ..OciDescriptor::default()
        };
        // By name and not by digest, though the address is the same: of a registry that does not say where it
        // put a manifest, the client derives it from the name alone.
        let there = Reference::with_tag(
            reference.registry().to_owned(),
            reference.repository().to_owned(),
            entry.digest.clone(),
        );
        let media_type = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
        self.client.push_manifest_raw(&there, document, media_type).await.map_err(failed)?;
        self.list(&reference, image, &entry).await?;
        Ok(format!("{}/{}@{}", reference.registry(), reference.repository(), entry.digest))
    }

    /// Annotations of the manifest of `image` (`repository@sha256:…`).
    pub async fn annotations(&self, image: &str) -> Result<BTreeMap<String, String>, ArtifactError> {
        let pulled = self.client.pull_manifest(&parse(image)?, &RegistryAuth::Anonymous).await;
        let (manifest, _) = pulled.map_err(|source| ArtifactError::Registry { name: image.to_owned(), source })?;
        let annotations = match manifest {
            OciManifest::Image(image) => image.annotations,
            OciManifest::ImageIndex(index) => index.annotations,
        };
        Ok(annotations.unwrap_or_default())
    }

    /// Sees to it that whoever asks what refers to `image` is told of `entry`. A registry that does not
    /// know this question keeps the list under a tag, and whoever pushes adds to it (OCI distribution
    /// specification 1.1, "Referrers Tag Schema").
    async fn list(&self, reference: &Reference, image: &str, entry: &OciDescriptor) -> Result<(), ArtifactError> {
        let failed = |source| ArtifactError::Registry { name: image.to_owned(), source };
        let listed = self.client.pull_referrers(reference, Some(BUNDLE)).await.map_err(failed)?;
        if listed.manifests.iter().any(|listed| listed.digest == entry.digest) {
            return Ok(());
        }
        let digest = reference.digest().unwrap_or_default();
        let tag = Reference::with_tag(
            reference.registry().to_owned(),
            reference.repository().to_owned(),
            digest.replace(':', "-"),
        );
        // As it stands there, with what this program does not know. Only "not there" is an empty list.
        let index = match self.client.pull_manifest_raw(&tag, &RegistryAuth::Anonymous, &MANIFESTS).await {
            Ok((bytes, _)) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(error) if missing(&error) => {
                json!({"schemaVersion": 2, "mediaType": OCI_IMAGE_INDEX_MEDIA_TYPE, "manifests": []})
            }
            Err(error) => return Err(failed(error)),
        };
        let index = added(index, entry).ok_or_else(|| ArtifactError::Kind {
            name: tag.whole(),
            expected: OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned(),
            found: "another document".to_owned(),
        })?;
        let media_type = HeaderValue::from_static(OCI_IMAGE_INDEX_MEDIA_TYPE);
        self.client.push_manifest_raw(&tag, canonical::bytes(&index)?, media_type).await.map_err(failed)?;
        Ok(())
    }
}

/// The Sigstore bundle v0.3 of `envelope`: its key is one that the reader has, and no transparency log
/// of Sigstore knows it; the factory's log is the register's.
fn bundle(envelope: &Envelope) -> Result<Vec<u8>, ArtifactError> {
    let mut envelope = envelope.clone();
    let mut hint = String::new();
    // A hint, which no signature covers. Cosign takes it for more, and passes over a signature whose hint
    // is not of the form that it computes itself; without one it tries the reader's key.
    for signature in &mut envelope.signatures {
        hint = std::mem::take(&mut signature.keyid);
    }
    Ok(canonical::bytes(&json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": hint}},
        "dsseEnvelope": envelope,
    }))?)
}

/// What an artifact about the image whose manifest is `bytes` says that it refers to.
fn subject(image: &str, bytes: &[u8], digest: String) -> Result<OciDescriptor, ArtifactError> {
    let manifest: OciManifest = serde_json::from_slice(bytes).map_err(|error| ArtifactError::Kind {
        name: image.to_owned(),
        expected: OCI_IMAGE_MEDIA_TYPE.to_owned(),
        found: error.to_string(),
    })?;
    let media_type = manifest.content_type().to_owned();
    Ok(OciDescriptor { media_type, digest, size: size(bytes), ..OciDescriptor::default() })
}

/// `index` with `entry` at its end; `None` where it is no index.
fn added(mut index: Value, entry: &OciDescriptor) -> Option<Value> {
    let entry = serde_json::to_value(entry).ok()?;
    index.get_mut("manifests")?.as_array_mut()?.push(entry);
    Some(index)
}

fn size(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}
