//! The cluster as the person who runs the tool may see it: one client, one namespace, and errors
//! that say what was wanted. It must not take more rights than the kubeconfig gives.

pub mod logs;
pub mod services;
pub mod tokens;

use kube::{
    Client, Config,
    config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError},
};

use crate::arguments::Connection;

/// A connection to the API server.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    namespace: String,
    in_namespace: bool,
}

/// Why the cluster did not give what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No configuration.
    #[error("no cluster to ask")]
    Infer(#[source] Box<InferConfigError>),
    /// The context is not in the kubeconfig, or the file is broken.
    #[error("the kubeconfig cannot be used")]
    Kubeconfig(#[source] Box<KubeconfigError>),
    /// The client cannot be made.
    #[error("the kubeconfig cannot be used")]
    Client(#[source] Box<kube::Error>),
    /// The API server refused, or is away.
    #[error("{what}")]
    Api {
        /// What was wanted.
        what: String,
        /// Cause.
        #[source]
        source: Box<kube::Error>,
    },
    /// A service that does not exist.
    #[error("there is no StateService `{name}` in the namespace `{namespace}`")]
    NoService {
        /// Its name.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// A release that does not exist.
    #[error("there is no Release `{name}` in the namespace `{namespace}`")]
    NoRelease {
        /// Its name.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// The service has no release yet.
    #[error("the service `{0}` has no release yet")]
    NothingReleased(String),
    /// The person's user is no service account, so no token can be asked for.
    #[error("you are `{0}`, and only service accounts can ask the cluster for a token that the register takes")]
    NotServiceAccount(String),
    /// A watch that ended.
    #[error("the watch of {what} failed")]
    Watch {
        /// What was watched.
        what: &'static str,
        /// Cause.
        #[source]
        source: Box<kube::runtime::watcher::Error>,
    },
}

impl ClusterError {
    /// An error of the API server while `what` was wanted.
    pub fn api(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Api { what, source: Box::new(source) }
    }

    /// Whether the API server said that there is no such thing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Api { source, .. } if matches!(&**source, kube::Error::Api(status) if status.code == 404))
    }

    /// Whether the person lacks the right.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Api { source, .. } if matches!(&**source, kube::Error::Api(status) if status.code == 403))
    }

    /// What to do next.
    pub fn next(&self) -> Option<String> {
        let next = match self {
            Self::Infer(_) | Self::Kubeconfig(_) | Self::Client(_) => {
                "set KUBECONFIG, or choose a context with --context"
            }
            Self::Api { .. } if self.is_forbidden() => {
                "use a kubeconfig that has this right, or name the right namespace with -n"
            }
            Self::Api { .. } if self.is_missing() => "is the factory installed in this cluster?",
            Self::Api { .. } | Self::Watch { .. } => "is the cluster up, and is this the right --context?",
            Self::NoService { .. } => "name its namespace with -n, or list all with `kubectl get stateservices -A`",
            Self::NoRelease { .. } => "list them with `kubectl get releases`",
            Self::NothingReleased(_) => "`kubectl factory why` says what it waits for",
            Self::NotServiceAccount(_) => "give one with --register-token",
        };
        Some(next.to_owned())
    }
}

/// The namespace that the kubeconfig's context names, where it names one: read from the file, nobody is asked.
pub fn namespace_of_context(connection: &Connection) -> Option<String> {
    let config = Kubeconfig::read().ok()?;
    let current = connection.context.clone().or(config.current_context)?;
    config.contexts.into_iter().find(|context| context.name == current)?.context?.namespace
}

impl Cluster {
    /// Connects as the kubeconfig says.
    pub async fn connect(connection: &Connection) -> Result<Self, ClusterError> {
        let config = match &connection.context {
            None => Config::infer().await.map_err(|error| ClusterError::Infer(Box::new(error)))?,
            Some(context) => {
                let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
                Config::from_kubeconfig(&options).await.map_err(|error| ClusterError::Kubeconfig(Box::new(error)))?
            }
        };
        let namespace = connection.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|error| ClusterError::Client(Box::new(error)))?;
        Ok(Self { client, namespace, in_namespace: connection.namespace.is_some() })
    }

    /// The client.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The namespace that was asked for, or that of the context.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The namespace, if the person named one.
    pub fn named_namespace(&self) -> Option<&str> {
        self.in_namespace.then_some(self.namespace.as_str())
    }

    /// The same connection in another namespace, where one is named.
    pub fn in_namespace(&self, namespace: Option<&str>) -> Self {
        match namespace {
            Some(namespace) => Self { namespace: namespace.to_owned(), in_namespace: true, ..self.clone() },
            None => self.clone(),
        }
    }
}
