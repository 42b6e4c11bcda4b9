//! Which cluster is driven, and where its registry, git server and ingress answer: the embedded one
//! that `make cluster` wrote down, or the user's own by the same variables.
//!
//! It must not assume anything about the embedded cluster beyond these variables.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

/// A cluster with the factory in it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Root of the checkout: examples, tools and `target` are found from here.
    pub root: PathBuf,
    /// Kubeconfig of the platform engineer.
    pub kubeconfig: PathBuf,
    /// Image registry as nodes and pods name it, with a folder if any.
    pub registry: String,
    /// The same registry's API as this machine reaches it.
    pub registry_api: String,
    /// Git server as the operator names it, without a slash at the end.
    pub git_url: String,
    /// The same server as this machine pushes to it.
    pub git_push: String,
    /// Where Ingress objects answer, as this machine reaches it.
    pub ingress: String,
}

/// Why there is no cluster to drive.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No file and no variables.
    #[error("{path}: {source}; run `make cluster`, or set KUBECONFIG, REGISTRY, GIT_URL, GIT_PUSH and INGRESS of your own", path = path.display())]
    NotThere {
        /// File that was looked for.
        path: PathBuf,
        /// Why it could not be read.
        source: io::Error,
    },
    /// A variable is missing.
    #[error("{0} is not set, neither in the environment nor in target/cluster/env")]
    Unset(&'static str),
    /// The kubeconfig cannot be used.
    #[error("kubeconfig: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// No client could be made from it.
    #[error("client: {0}")]
    Client(#[source] Box<kube::Error>),
}

impl Cluster {
    /// The user's own cluster where `KUBECONFIG` and `REGISTRY` are set, else the embedded one.
    pub fn find() -> Result<Self, ClusterError> {
        let root = root();
        let variables = if env::var_os("KUBECONFIG").is_some() && env::var_os("REGISTRY").is_some() {
            BTreeMap::new()
        } else {
            written(&root.join("target/cluster/env"))?
        };
        let get = |name: &'static str| {
            variables.get(name).cloned().or_else(|| env::var(name).ok()).ok_or(ClusterError::Unset(name))
        };
        let address = |name| get(name).map(|text| text.trim_end_matches('/').to_owned());
        let registry = address("REGISTRY")?;
        let host = registry.split('/').next().unwrap_or_default().to_owned();
        let host = address("REGISTRY_PUSH").unwrap_or(host);
        let scheme = if get("REGISTRY_TLS").is_ok_and(|tls| tls == "off") { "http" } else { "https" };
        Ok(Self {
            registry_api: format!("{scheme}://{host}"),
            registry,
            kubeconfig: get("KUBECONFIG")?.into(),
            git_url: address("GIT_URL")?,
            git_push: address("GIT_PUSH")?,
            ingress: address("INGRESS")?,
            root,
        })
    }

    /// Where Cargo puts programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from).join("debug")
    }

    /// Folder for what the demo writes, with the regulator's keys in it.
    #[must_use]
    pub fn demo(&self) -> PathBuf {
        self.root.join("target/demo")
    }

    /// Folder for what tests write.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("target/journeys")
    }

    /// The platform engineer's kubeconfig, as read.
    pub fn read_kubeconfig(&self) -> Result<Kubeconfig, ClusterError> {
        Ok(Kubeconfig::read_from(&self.kubeconfig)?)
    }
}

/// A client that acts as whoever `kubeconfig` says.
pub async fn client(kubeconfig: Kubeconfig) -> Result<Client, ClusterError> {
    // The second call finds the first one's provider in place, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Client::try_from(config).map_err(|error| ClusterError::Client(Box::new(error)))
}

/// Root of the checkout that this program was built from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Lines `KEY=value` of the file that `make cluster` writes.
fn written(path: &Path) -> Result<BTreeMap<String, String>, ClusterError> {
    let text =
        fs::read_to_string(path).map_err(|source| ClusterError::NotThere { path: path.to_path_buf(), source })?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect())
}
