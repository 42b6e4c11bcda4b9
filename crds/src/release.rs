//! `Release`: one attempt at one commit and one spec, made by the operator from a `StateService`.
//! Its spec never changes; its status is the record of how far it came and what was found.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{json::Json, state_service::StateServiceSpec};

/// One attempt at one commit and one spec of a state service.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "Release",
    plural = "releases",
    shortname = "rel",
    category = "factory",
    namespaced,
    cel,
    status = "ReleaseStatus",
    derive = "PartialEq",
    doc = "One attempt at one commit and one spec of a state service. Made by the operator; its spec never changes.",
    printcolumn(name = "Service", type_ = "string", json_path = ".spec.service"),
    printcolumn(name = "Commit", type_ = "string", json_path = ".spec.commit", priority = 1),
    printcolumn(name = "Stage", type_ = "string", json_path = ".status.stage"),
    printcolumn(name = "Verdict", type_ = "string", json_path = ".status.outcome"),
    printcolumn(name = "Why", type_ = "string", json_path = ".status.message"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec: a release never changes; a change of the StateService makes a new one (item 58.5)"))]
pub struct ReleaseSpec {
    /// Name of the StateService in this namespace.
    #[schemars(length(min = 1, max = 40))]
    pub service: String,
    /// Full commit.
    #[schemars(regex(pattern = r"^[0-9a-f]{40}$"))]
    pub commit: String,
    /// `sha256:<hex>` of the canonical spec.
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub spec_hash: String,
    /// The spec as it was, whole.
    pub manifest: Json,
    /// ResilienceStandard, with its version, that judges this release.
    #[schemars(length(min = 1, max = 120))]
    pub standard: String,
    /// The standard's spec as it was, whole.
    pub standard_spec: Json,
    /// Which try at the same commit and spec this is, from 1.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// A rehearsal is not announced, not reported and never launched.
    #[serde(default)]
    pub rehearsal: bool,
}

impl Release {
    /// Whether the operator makes another attempt without being asked: it does after the first one that was announced and is
    /// inconclusive. What was refused before that would be refused again.
    #[must_use]
    pub fn is_tried_again(&self) -> bool {
        let inconclusive =
            |status: &ReleaseStatus| status.outcome == Some(Outcome::Inconclusive) && status.announcement.is_some();
        self.spec.attempt == 1 && !self.spec.rehearsal && self.status.as_ref().is_some_and(inconclusive)
    }
}

impl ReleaseSpec {
    /// The spec of the StateService as it was when the release was made.
    pub fn state_service(&self) -> Result<StateServiceSpec, serde_json::Error> {
        StateServiceSpec::deserialize(&self.manifest.0)
    }
}

/// How far a release came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStatus {
    /// One condition for each stage, in the order of the road.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// The stage at which it is, or has stopped: for people; nothing is decided from it.
    #[serde(default)]
    pub stage: String,
    /// Why it is where it is, in one line.
    #[serde(default)]
    pub message: String,
    /// Outcome of the attempt, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Namespace of the candidate.
    #[serde(default)]
    pub namespace: String,
    /// Image of each component by digest, once built.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// Image of each database by digest, once built: the platform's, and part of the bundle.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, String>,
    /// Digest of the bundle, once built.
    #[serde(default)]
    pub bundle: String,
    /// Announcement of the run in the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<AnnouncementReference>,
    /// What it is measured beside, as announced: the last confirmed release of then, or why there was none. It stays when
    /// another release is confirmed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Json>,
    /// The repetitions of earlier runs that it builds on, as the register gave them and as announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Json>,
    /// `repository@sha256:…` of the functional results in the image registry, once they are there.
    #[serde(default)]
    pub verify_results: String,
    /// `repository@sha256:…` of the measurements under load and faults in the image registry, once they
    /// are there.
    #[serde(default)]
    pub prove_results: String,
    /// Digest of the dossier's payload, once signed.
    #[serde(default)]
    pub dossier: String,
    /// `repository@sha256:…` of what says from where each component's image comes (SLSA v1), beside the
    /// image; by component, of those that were built.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
    /// `repository@sha256:…` of the dossier beside the image of each component that was built, once it
    /// is public in the entry.
    #[serde(default)]
    pub attestations: BTreeMap<String, String>,
    /// Id of the submission in the register, once acknowledged.
    #[serde(default)]
    pub submission: String,
    /// Address of the public entry, once it exists. It stays when the service is withdrawn (item 21).
    #[serde(default)]
    pub entry: String,
    /// What was found, worst first.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub findings: Vec<Finding>,
}

/// Outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// Every requirement was met, with positive evidence for each.
    Passed,
    /// The evidence is not enough to say.
    Inconclusive,
    /// At least one requirement was measured and not met.
    Failed,
}

/// An announcement in the register.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementReference {
    /// Its id.
    pub id: String,
    /// Its nonce.
    pub nonce: String,
    /// Which attempt at the same bundle it is.
    pub attempt: u32,
}

/// One finding of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Machine-readable reason, for example `FaultCostTooHigh`.
    pub code: String,
    /// What was measured against which limit, as a person would say it.
    pub message: String,
}
