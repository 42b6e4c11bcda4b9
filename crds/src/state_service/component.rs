//! A component: one small program of the service (item 13), built from the source or pinned by
//! digest, with what it needs to run.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::speech::{Protocol, Speech, Tls};

/// One program of the service. Reached by the others at `http://<name>:<port>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.build) != has(self.image)").message("spec.components: give either `build` or `image`, not both"),
    validation = Rule::new("self.mayVary.all(v, self.env.exists(e, e.name == v))").message("spec.components.mayVary: names a variable that is not in `env`"),
    validation = Rule::new("self.secrets.all(s, !self.env.exists(e, e.name == s.env))").message(Message::Expression("'spec.components: variable `' + self.secrets.map(s, s.env).filter(v, self.env.exists(e, e.name == v))[0] + '` stands in `env` and in `secrets`; a variable has one value'".to_owned()))
)]
pub struct Component {
    /// Name; also its Service's name.
    #[schemars(length(min = 1, max = 30), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    #[x_kube(validation = Rule::new("self != 'default-deny'").message("spec.components.name: `default-deny` is the network policy that closes a service's namespace; take another name"))]
    pub name: String,
    /// How its image is built from the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// A ready image, pinned by digest: one that was built for this participant, or one that stands outside `services/` of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9.:/_-]+@sha256:[0-9a-f]{64}$')").message("spec.components.image: registry/name@sha256:<64 hex>; a tag can move after the test"))]
    pub image: Option<String>,
    /// Port on which it serves HTTP.
    #[schemars(range(min = 1024, max = 65535))]
    pub port: u16,
    /// What it speaks there, to the lab as to others; HTTP/1.1 where nothing is said. Its probes are asked over HTTP/1.1 in any case, as Kubernetes does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// That it speaks TLS there, and who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Number of pods.
    #[schemars(range(min = 1, max = 100))]
    pub replicas: u32,
    /// Processor time and memory of one pod.
    pub resources: Resources,
    /// Environment.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub env: Vec<EnvVar>,
    /// Names in `env` whose values may differ between environments; all others are part of the bundle.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub may_vary: Vec<String>,
    /// Variables whose values stand in Secrets of the manifest's namespace. The factory copies the named keys to where the service runs, keeps them nowhere else, and waits for those that are not there yet. A changed value reaches the launched service by a rolling restart.
    #[serde(default)]
    #[schemars(length(max = 20))]
    #[x_kube(validation = Rule::new("self.all(s, self.exists_one(o, o.env == s.env))").message(Message::Expression("'spec.components.secrets: variable `' + self.map(s, s.env).filter(v, !self.exists_one(o, o.env == v))[0] + '` stands twice; a variable has one value'".to_owned())))]
    pub secrets: Vec<SecretReference>,
    /// Scratch space. Kept data belong into a binding.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub volumes: Vec<Volume>,
    /// How to see that it is ready and alive.
    pub probes: Probes,
    /// Components of this service that it calls; all other traffic inside the service is refused.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub calls: Vec<String>,
    /// Seconds it has to finish after SIGTERM.
    #[serde(default = "default_grace")]
    #[schemars(range(min = 1, max = 300))]
    pub termination_grace_seconds: u32,
}

impl Component {
    /// What it speaks on its port.
    #[must_use]
    pub fn speech(&self) -> Speech {
        Speech { protocol: self.protocol.unwrap_or_default(), tls: self.tls.clone() }
    }
}

fn default_grace() -> u32 {
    30
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// Name of a BuildStrategy.
    #[schemars(length(min = 1, max = 63))]
    pub strategy: String,
    /// Folder of the source that is built, relative, without `..`.
    #[serde(default = "default_context")]
    #[schemars(length(max = 200))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9._/-]*$') && !self.contains('..') && !self.startsWith('/')").message("spec.components.build.context: a folder inside the source, relative and without `..`"))]
    pub context: String,
    /// Parameters of the strategy.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

fn default_context() -> String {
    ".".to_owned()
}

/// Processor time and memory of one pod, as Kubernetes quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// Processor time, for example `100m`.
    #[schemars(regex(pattern = r"^[0-9]+m?$"))]
    pub cpu: String,
    /// Memory, for example `64Mi`; also its limit.
    #[schemars(regex(pattern = r"^[0-9]+(Mi|Gi)$"))]
    pub memory: String,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name.
    #[schemars(length(max = 100), regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub name: String,
    /// Value, never a secret.
    #[schemars(length(max = 4000))]
    pub value: String,
}

/// A key of a Secret of the team's namespace, given to the program as a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.next) || self.next != self.key").message("spec.components.secrets.next: names the key that holds the value now; a rotation would change nothing"))]
pub struct SecretReference {
    /// Variable that receives it.
    #[schemars(length(max = 100), regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub env: String,
    /// Secret in the namespace of this manifest, of type Opaque, kubernetes.io/basic-auth, kubernetes.io/ssh-auth or kubernetes.io/tls.
    #[schemars(
        length(min = 1, max = 120),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub secret: String,
    /// Key in the Secret. Its value is text of at most 100 KiB.
    #[schemars(length(min = 1, max = 120), regex(pattern = r"^[-._A-Za-z0-9]+$"))]
    pub key: String,
    /// Key in the same Secret of the value that follows: as good as the first one, and another. Only a candidate is given
    /// it, where a standard rotates secrets; all that are named in a component take the place of the first ones together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120), regex(pattern = r"^[-._A-Za-z0-9]+$"))]
    pub next: Option<String>,
}

/// Scratch space that is empty when a pod starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Where it is mounted.
    #[schemars(length(max = 200), regex(pattern = r"^/[A-Za-z0-9._/-]+$"))]
    pub path: String,
    /// Its size, for example `64Mi`.
    #[schemars(regex(pattern = r"^[0-9]+(Mi|Gi)$"))]
    pub size: String,
    /// `Memory` keeps it in memory, where its size is a bound that a file system keeps, and counts against the memory of
    /// who writes. Where nothing is said it is a folder of the node's disk, and a pod that exceeds its size is evicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
}

/// What scratch space is kept in, if not on the node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Medium {
    /// In memory.
    Memory,
}

/// HTTP probes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Probes {
    /// Path that answers 200 while the program can serve.
    #[schemars(length(max = 200), regex(pattern = r"^/"))]
    pub ready: String,
    /// Path that answers 200 while the program need not be restarted.
    #[schemars(length(max = 200), regex(pattern = r"^/"))]
    pub live: String,
}
