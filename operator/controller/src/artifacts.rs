//! Documents in the image registry as OCI artifacts: sources on their way to a build, raw results
//! on their way to a dossier, and attestations beside the images that they speak of.
//! Everything is named by digest.

mod attach;

use factory_assurance::canonical;
use factory_crds::environment::Registry;
use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, OciManifest},
    secrets::RegistryAuth,
};

/// The registry did not take or give a document.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The name is none.
    #[error("`{name}` is no image reference")]
    Name {
        /// As given.
        name: String,
        /// Why not.
        #[source]
        source: oci_client::ParseError,
    },
    /// From the registry.
    #[error("registry: {name}")]
    Registry {
        /// What was asked for.
        name: String,
        /// Why not.
        #[source]
        source: OciDistributionError,
    },
    /// The artifact is not of the kind that was expected.
    #[error("{name}: expected one layer of {expected}, found {found}")]
    Kind {
        /// What was asked for.
        name: String,
        /// Media type that was expected.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The document is too large to be believed.
    #[error("{name}: {size} bytes are more than the {limit} that are read")]
    TooLarge {
        /// What was asked for.
        name: String,
        /// Its size in bytes.
        size: i64,
        /// The limit in bytes.
        limit: i64,
    },
    /// A document of ours could not be written.
    #[error(transparent)]
    NotCanonical(#[from] canonical::NotCanonical),
}

/// Media type of an empty configuration.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Largest document that is read, in bytes.
const LIMIT: i64 = 64 << 20;

/// Documents in one registry.
pub struct Artifacts {
    client: Client,
    prefix: String,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `repository@sha256:…` of the manifest.
    pub name: String,
    /// `sha256:…` of the document itself.
    pub document: String,
}

impl Artifacts {
    /// Documents in `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let protocol = if registry.plain_http { ClientProtocol::Http } else { ClientProtocol::Https };
        let config = ClientConfig {
            protocol,
            use_monolithic_push: true,
            connect_timeout: Some(std::time::Duration::from_secs(5)),
            read_timeout: Some(std::time::Duration::from_secs(60)),
            ..ClientConfig::default()
        };
        Self { client: Client::new(config), prefix: registry.prefix.clone() }
    }

    /// Stores `document` in `repository` (under the registry's prefix) with `tag`.
    pub async fn push(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        document: Vec<u8>,
    ) -> Result<Stored, ArtifactError> {
        let name = format!("{}/{repository}:{tag}", self.prefix);
        let reference = parse(&name)?;
        let failed = |source| ArtifactError::Registry { name: name.clone(), source };
        self.client.store_auth_if_needed(reference.resolve_registry(), &RegistryAuth::Anonymous).await;
        let manifest = self.put(&reference, media_type, document).await.map_err(failed)?;
        let digest = manifest.layers.first().map(|layer| layer.digest.clone()).unwrap_or_default();
        let manifest = OciManifest::Image(manifest);
        self.client.push_manifest(&reference, &manifest).await.map_err(failed)?;
        let manifest_digest =
            self.client.fetch_manifest_digest(&reference, &RegistryAuth::Anonymous).await.map_err(failed)?;
        Ok(Stored { name: format!("{}/{repository}@{manifest_digest}", self.prefix), document: digest })
    }

    /// Puts `document` where `reference` is, and returns a manifest for it alone.
    async fn put(
        &self,
        reference: &Reference,
        media_type: &str,
        document: Vec<u8>,
    ) -> Result<OciImageManifest, OciDistributionError> {
        let digest = canonical::sha256(&document);
        let size = i64::try_from(document.len()).unwrap_or(i64::MAX);
        self.client.push_blob(reference, document, &digest).await?;
        let config = b"{}".to_vec();
        let config_digest = canonical::sha256(&config);
        self.client.push_blob(reference, config, &config_digest).await?;
        Ok(OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            artifact_type: Some(media_type.to_owned()),
            config: OciDescriptor {
                media_type: EMPTY.to_owned(),
                digest: config_digest,
                size: 2,
                ..OciDescriptor::default()
            },
            layers: vec![OciDescriptor { media_type: media_type.to_owned(), digest, size, ..OciDescriptor::default() }],
            ..OciImageManifest::default()
        })
    }

    /// What `repository:tag` holds, if anything.
    pub async fn find(&self, repository: &str, tag: &str) -> Result<Option<Stored>, ArtifactError> {
        let name = format!("{}/{repository}:{tag}", self.prefix);
        let reference = parse(&name)?;
        match self.client.pull_image_manifest(&reference, &RegistryAuth::Anonymous).await {
            Ok((manifest, digest)) => Ok(manifest.layers.first().map(|layer| Stored {
                name: format!("{}/{repository}@{digest}", self.prefix),
                document: layer.digest.clone(),
            })),
            Err(error) if missing(&error) => Ok(None),
            Err(source) => Err(ArtifactError::Registry { name, source }),
        }
    }

    /// The document of `name` (`repository@sha256:…`), of `media_type`. The bytes fit the digest.
    pub async fn pull(&self, name: &str, media_type: &str) -> Result<Vec<u8>, ArtifactError> {
        let reference = parse(name)?;
        let failed = |source| ArtifactError::Registry { name: name.to_owned(), source };
        let (manifest, _) =
            self.client.pull_image_manifest(&reference, &RegistryAuth::Anonymous).await.map_err(failed)?;
        let [layer] = manifest.layers.as_slice() else {
            let found = format!("{} layers", manifest.layers.len());
            return Err(ArtifactError::Kind { name: name.to_owned(), expected: media_type.to_owned(), found });
        };
        if layer.media_type != media_type {
            let found = layer.media_type.clone();
            return Err(ArtifactError::Kind { name: name.to_owned(), expected: media_type.to_owned(), found });
        }
        if layer.size > LIMIT {
            return Err(ArtifactError::TooLarge { name: name.to_owned(), size: layer.size, limit: LIMIT });
        }
        let mut bytes = Vec::new();
        self.client.pull_blob(&reference, layer, &mut bytes).await.map_err(failed)?;
        Ok(bytes)
    }
}

fn parse(name: &str) -> Result<Reference, ArtifactError> {
    name.parse().map_err(|source| ArtifactError::Name { name: name.to_owned(), source })
}

fn missing(error: &OciDistributionError) -> bool {
    use oci_client::errors::{OciDistributionError as E, OciErrorCode as Code};
    match error {
        E::ImageManifestNotFoundError(_) => true,
        E::ServerError { code, .. } => *code == 404,
        E::RegistryError { envelope, .. } => envelope
            .errors
            .iter()
            .any(|error| matches!(error.code, Code::ManifestUnknown | Code::NameUnknown | Code::NotFound)),
        _ => false,
    }
}
