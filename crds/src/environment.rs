//! `Environment`: where candidates or launched services run, written by platform engineers. What an
//! administrator allows (git hosts, registries) stands here and nowhere in a manifest.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Toleration;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where candidates or launched services run.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "Environment",
    plural = "environments",
    shortname = "env",
    category = "factory",
    cel,
    derive = "PartialEq",
    doc = "Where candidates (lab) or launched services (live) run: nodes, ingress, what sources and registries are allowed.",
    printcolumn(name = "Purpose", type_ = "string", json_path = ".spec.purpose"),
    printcolumn(name = "Registry", type_ = "string", json_path = ".spec.registry.prefix"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.dnsCidrs) || self.dnsCidrs.all(cidr, isCIDR(cidr))").message("spec.dnsCidrs: each is an address range like 198.51.100.53/32"))]
#[x_kube(validation = Rule::new("self.purpose != 'lab' || size(self.nodeSelector) > 0").message("spec.nodeSelector: a lab environment names its nodes; faults never strike others"))]
pub struct EnvironmentSpec {
    /// What runs here.
    pub purpose: Purpose,
    /// Labels of the nodes on which it runs.
    #[serde(default)]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that its pods tolerate.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// Image registry.
    pub registry: Registry,
    /// Hosts from which source may be fetched, with a port where it is not the usual one.
    #[schemars(length(max = 100))]
    pub git_hosts: Vec<String>,
    /// Requests a second that one pod of the lab generates at most; a load whose rate is higher at any time is shared out to several, 16 at most. One pod generates all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 1_000_000))]
    pub requests_per_generator: Option<u32>,
    /// Addresses of cluster DNS, as CIDR, beside the pods labelled `k8s-app: kube-dns` in `kube-system`. Candidates and launched services ask those for names, and no other address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 50)))]
    pub dns_cidrs: Vec<String>,
    /// IngressClass; the cluster's default where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_class: Option<String>,
}

/// What runs in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Candidates and the faults that strike them.
    Lab,
    /// Launched services.
    Live,
}

/// An image registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// Host with port, and folder if any: `registry.example.kg/factory`.
    #[schemars(length(min = 1, max = 300))]
    pub prefix: String,
    /// It speaks plain HTTP. For closed test clusters only.
    #[serde(default)]
    pub plain_http: bool,
    /// Addresses of the registry, as CIDR, that build pods may reach.
    #[schemars(length(min = 1, max = 20))]
    pub cidrs: Vec<String>,
    /// Port of the registry.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
}
