//! `BuildStrategy`: the container steps that turn a source into an image, written by platform
//! engineers and named by manifests.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// The container steps that turn a source into an image.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "BuildStrategy",
    plural = "buildstrategies",
    shortname = "strat",
    category = "factory",
    cel,
    derive = "PartialEq",
    doc = "The container steps that turn a source into an image. They run without privilege and reach the registry only.",
    printcolumn(name = "Steps", type_ = "string", json_path = ".spec.steps[*].name"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct BuildStrategySpec {
    /// What it does, in a sentence.
    #[schemars(length(min = 1, max = 500))]
    pub description: String,
    /// Steps in order. Each sees the source at `/source` (its folder is `$(CONTEXT)`) and scratch space at `/scratch`, and has the variables `CONTEXT`, `IMAGE` (where to push, with a tag), `REGISTRY`, `TLS_VERIFY` and `PARAM_<NAME>`. The last step writes the digest of the pushed image, `sha256:<hex>`, to `/dev/termination-log`.
    #[schemars(length(min = 1, max = 10))]
    pub steps: Vec<BuildStep>,
    /// Parameters that a manifest may set.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub parameters: Vec<Parameter>,
    /// Longest time for all steps together, in seconds.
    #[serde(default = "default_timeout")]
    #[schemars(range(min = 10, max = 7200))]
    pub timeout_seconds: u32,
}

fn default_timeout() -> u32 {
    900
}

/// One container of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuildStep {
    /// Name, for logs.
    #[schemars(length(min = 1, max = 30), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Image; `$(REGISTRY)` at its start stands for the environment's registry.
    #[schemars(length(min = 1, max = 500))]
    pub image: String,
    /// Command.
    #[schemars(length(min = 1, max = 50))]
    pub command: Vec<String>,
    /// Linux capabilities; all others are dropped. Only those that the Pod Security level `baseline` knows.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub capabilities: Vec<String>,
    /// Memory limit.
    #[serde(default = "default_memory")]
    #[schemars(regex(pattern = r"^[0-9]+(Mi|Gi)$"))]
    pub memory: String,
}

fn default_memory() -> String {
    "2Gi".to_owned()
}

/// A parameter that a manifest may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// Name in the manifest; steps see it as `PARAM_<NAME>` in capitals.
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z][a-zA-Z0-9]*$"))]
    pub name: String,
    /// What it does.
    #[schemars(length(min = 1, max = 300))]
    pub description: String,
    /// Value where the manifest sets none.
    #[serde(default)]
    pub default: String,
}
