//! Everything that a release needs to know before its first step, read once a reconcile: its pinned
//! spec and standard, and the two environments.

use factory_crds::{Environment, EnvironmentSpec, Release, ResilienceStandardSpec, StateServiceSpec};
use kube::{Api, ResourceExt as _};
use serde::Deserialize as _;

use crate::{
    context::Context,
    manifests::{self, Labels, Place},
};

/// One attempt at one commit and one spec.
pub struct Attempt {
    /// Participant: the namespace of the release.
    pub participant: String,
    /// Name of the `Release`.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Commit and hashes, as pinned.
    pub pinned: factory_crds::ReleaseSpec,
    /// The manifest, as pinned.
    pub spec: StateServiceSpec,
    /// The standard, as pinned.
    pub standard: ResilienceStandardSpec,
    /// Where candidates run.
    pub lab: EnvironmentSpec,
    /// Where launched services run.
    pub live: EnvironmentSpec,
}

/// What a release needs could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// From the API server.
    #[error("environment `{name}`")]
    Environment {
        /// Name of the Environment.
        name: String,
        /// Why not.
        #[source]
        source: kube::Error,
    },
    /// The pinned documents are not what this version understands.
    #[error("spec.manifest")]
    Pinned(#[from] serde_json::Error),
}

impl Attempt {
    /// Reads what `release` needs.
    pub async fn read(context: &Context, release: &Release) -> Result<Self, AttemptError> {
        Ok(Self {
            participant: release.namespace().unwrap_or_default(),
            name: release.name_any(),
            uid: release.uid().unwrap_or_default(),
            spec: release.spec.state_service()?,
            standard: ResilienceStandardSpec::deserialize(&release.spec.standard_spec.0)?,
            pinned: release.spec.clone(),
            lab: environment(context, &context.settings.lab_environment).await?,
            live: environment(context, &context.settings.live_environment).await?,
        })
    }

    /// Whether nothing of it is reported.
    #[must_use]
    pub const fn rehearsal(&self) -> bool {
        self.pinned.rehearsal
    }

    /// First 8 characters of the UID, for names of objects that belong to this attempt alone.
    #[must_use]
    pub fn short(&self) -> &str {
        self.uid.get(..8).unwrap_or(&self.uid)
    }

    /// Labels by which objects of this attempt are found and bring it back.
    #[must_use]
    pub fn labels(&self) -> Labels {
        [
            (manifests::PARTICIPANT, &self.participant),
            (manifests::SERVICE, &self.pinned.service),
            (manifests::RELEASE, &self.name),
            (manifests::RELEASE_UID, &self.uid),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .into()
    }

    /// Place of the candidate.
    #[must_use]
    pub fn candidate(&self) -> Place<'_> {
        self.place(manifests::candidate_namespace(&self.uid), &self.lab)
    }

    /// Place of the launched service.
    #[must_use]
    pub fn launched(&self) -> Place<'_> {
        self.place(manifests::live_namespace(&self.participant, &self.pinned.service), &self.live)
    }

    fn place<'a>(&'a self, namespace: String, environment: &'a EnvironmentSpec) -> Place<'a> {
        Place {
            namespace,
            environment,
            participant: &self.participant,
            service: &self.pinned.service,
            release: (&self.name, &self.uid),
        }
    }
}

/// The environment of that name.
pub async fn environment(context: &Context, name: &str) -> Result<EnvironmentSpec, AttemptError> {
    let environments: Api<Environment> = Api::all(context.client.clone());
    let found = environments.get(name).await;
    found
        .map(|environment| environment.spec)
        .map_err(|source| AttemptError::Environment { name: name.to_owned(), source })
}
