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
    /// `sha256:<hex>` over the canonical bytes.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        canonical::digest(self)
    }
}
