//! Where the source of a service is.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// A git repository and what of it is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Address over http or https, without credentials; its host must be one that the administrator lists.
    #[schemars(length(max = 500))]
    #[x_kube(validation = Rule::new("self.matches('^https?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._/-]+$') && !self.contains('..')").message("spec.source.git: an http or https address without credentials, query or `..`"))]
    pub git: String,
    /// Branch, tag or full commit. A branch is polled.
    #[serde(rename = "ref")]
    #[schemars(length(min = 1, max = 200))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9][A-Za-z0-9._/-]*$') && !self.contains('..')").message("spec.source.ref: a branch, tag or commit; it starts with a letter or digit and has no `..`"))]
    pub reference: String,
    /// How often the ref is looked at.
    #[serde(default = "default_poll")]
    pub poll: Span,
}

fn default_poll() -> Span {
    Span::seconds(60)
}
