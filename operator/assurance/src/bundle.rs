//! The bundle: what was tested and what runs (invariant 2). Its digest is the subject of every
//! dossier, confirmation and permit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canonical::{self, NotCanonical};

/// The parts of a service that must be the same in test and in life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// Image of each component by its name: `registry/repository@sha256:…`, never a tag.
    #[cfg_attr(feature = "openapi", schemars(extend("minProperties" = 1, "additionalProperties" = image())))]
    pub images: BTreeMap<String, String>,
    /// Image of each database by the binding's name, by digest as well. No component: no fault strikes one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schemars(extend("additionalProperties" = image())))]
    pub databases: BTreeMap<String, String>,
    /// Digest of the manifests as rendered, without what may vary between environments.
    pub manifests: String,
    /// Digest of the configuration that may not vary.
    pub configuration: String,
}

/// Schema of an image by digest.
#[cfg(feature = "openapi")]
fn image() -> serde_json::Value {
    serde_json::json!({ "type": "string", "pattern": "@sha256:[0-9a-f]{64}$" })
}

impl Bundle {
    /// Everything that a pod of this bundle may be made of, each with its name: components first, by name.
    pub fn all_images(&self) -> impl Iterator<Item = (&str, &str)> {
        self.images.iter().chain(&self.databases).map(|(name, image)| (name.as_str(), image.as_str()))
    }

    /// `sha256:<hex>` over the canonical bytes.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        canonical::digest(self)
    }
}
