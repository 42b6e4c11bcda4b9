//! `LaunchPermit`: what may run in a live namespace. Written by the permit keeper alone, after it
//! has checked the regulator's signature; read by the API server's admission policy (invariant 2).

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// Name of the permit of a namespace: admission reads this one.
pub const NAME: &str = "live";

/// The bundles and images that unrevoked confirmations allow in this live namespace.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "LaunchPermit",
    plural = "launchpermits",
    shortname = "permit",
    category = "factory",
    namespaced,
    cel,
    derive = "PartialEq",
    doc = "The bundles and images that unrevoked confirmations, signed by the regulator, allow in this live namespace.",
    printcolumn(name = "Bundles", type_ = "string", json_path = ".spec.bundles[*].digest"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name == 'live'").message("metadata.name: the permit of a namespace is named `live`, because admission reads that one")
)]
#[serde(rename_all = "camelCase")]
pub struct LaunchPermitSpec {
    /// Bundles that may run here, by the moment of their confirmation.
    #[schemars(length(max = 50))]
    pub bundles: Vec<PermittedBundle>,
    /// Images of exactly those bundles, by digest and in order: what the admission policy compares with.
    #[schemars(length(max = 1000))]
    pub images: Vec<String>,
}

/// A bundle that may run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermittedBundle {
    /// Digest of the bundle.
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// Release that was confirmed.
    pub release: String,
    /// Submission in the register.
    pub submission: String,
    /// `sha256:…` of the regulator's signed statement.
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub confirmation: String,
    /// When the regulator confirmed, as that signed statement says (RFC 3339). The newest bundles stay.
    #[serde(default)]
    pub confirmed_at: String,
    /// Its images by digest, as the confirmed dossier names them.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub images: Vec<String>,
}
