//! Provenance of an image: from which source and by which steps it was built, as a SLSA v1 predicate in
//! an in-toto Statement v1. The operator composes it from what it observed of the build; steps of a
//! build have no say in it, and no key.
//!
//! What the fields hold is documented for readers in `docs/provenance.md`, which `buildType` stands for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dossier::{STATEMENT, Statement, descriptor};

/// Predicate type of provenance.
pub const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// How an image is built: the steps of a `BuildStrategy`, over the tree of one commit.
pub const BUILD_TYPE: &str = "https://factory.gov.kg/build/strategy/v1";
/// Who builds: the operator, which makes the Job and looks at how it ended.
pub const BUILDER: &str = "https://factory.gov.kg/builder/v1";

/// What is said of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// What was built, and from what.
    pub build_definition: BuildDefinition,
    /// This run of it.
    pub run_details: RunDetails,
}

/// What was built, and from what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildDefinition {
    /// [`BUILD_TYPE`].
    pub build_type: String,
    /// What the team asked for.
    pub external_parameters: Parameters,
    /// What went into it, by digest, as far as it is known.
    pub resolved_dependencies: Vec<Dependency>,
}

/// What the team asked for, as its manifest says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    /// Where the source is.
    pub source: Source,
    /// Component that the image is of.
    pub component: String,
    /// Name of the `BuildStrategy`.
    pub strategy: String,
    /// Folder of the source.
    pub context: String,
    /// Parameters of the strategy.
    pub parameters: BTreeMap<String, String>,
}

/// Where a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Address of the repository.
    pub uri: String,
    /// Branch, tag or commit.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit that it stood for.
    pub commit: String,
}

/// Something that went into a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dependency {
    /// What it was to the build: `source`, `base image`, or the step that ran in it.
    pub name: String,
    /// Where it is.
    pub uri: String,
    /// Digests by algorithm, in hexadecimal.
    pub digest: BTreeMap<String, String>,
}

impl Dependency {
    /// The image `repository@sha256:…`; `None` where it has no digest.
    #[must_use]
    pub fn image(name: &str, image: &str) -> Option<Self> {
        let (uri, hex) = image.rsplit_once("@sha256:")?;
        Some(Self {
            name: name.to_owned(),
            uri: uri.to_owned(),
            digest: [("sha256".to_owned(), hex.to_owned())].into(),
        })
    }
}

/// One run of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunDetails {
    /// Who built.
    pub builder: Builder,
    /// Which run.
    pub metadata: Metadata,
}

/// Who built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Builder {
    /// [`BUILDER`].
    pub id: String,
}

/// Which run of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// UID of the Job.
    pub invocation_id: String,
    /// When it began, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
    /// When it was done, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<String>,
}

impl Provenance {
    /// What `parameters` and `dependencies` made, in the run that `metadata` names.
    #[must_use]
    pub fn new(parameters: Parameters, dependencies: Vec<Dependency>, metadata: Metadata) -> Self {
        Self {
            build_definition: BuildDefinition {
                build_type: BUILD_TYPE.to_owned(),
                external_parameters: parameters,
                resolved_dependencies: dependencies,
            },
            run_details: RunDetails { builder: Builder { id: BUILDER.to_owned() }, metadata },
        }
    }

    /// The whole statement about `image` (`repository@sha256:…`).
    #[must_use]
    pub fn into_statement(self, image: &str) -> Statement<Self> {
        let (repository, digest) = image.rsplit_once('@').unwrap_or((image, ""));
        Statement {
            type_: STATEMENT.to_owned(),
            subject: vec![descriptor(repository, digest)],
            predicate_type: PREDICATE.to_owned(),
            predicate: self,
        }
    }
}
