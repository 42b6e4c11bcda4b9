//! What every driver is given: clients, settings, and the epoch of the leader.

use std::sync::Arc;

use kube::{
    Client,
    runtime::events::{Recorder, Reporter},
};

use tokio::sync::Notify;

use crate::{
    cli::Settings,
    error,
    keys::Seen,
    leader::Epoch,
    metrics::Metrics,
    register::{Register, RegisterError},
    stage::Progress,
    traces::Traces,
};

/// Name under which the operator writes (server-side apply) and reports Events.
pub const MANAGER: &str = "factory-operator";
/// Namespace of build Jobs.
pub const BUILD_NAMESPACE: &str = "factory-build";
/// Namespace of lab Jobs.
pub const LAB_NAMESPACE: &str = "factory-lab";

/// Namespace of the lab's Jobs that have power over a node.
pub const STRIKE_NAMESPACE: &str = "factory-strike";

/// Shared by all drivers of one process.
pub struct Context {
    /// Kubernetes.
    pub client: Client,
    /// Settings from the command line.
    pub settings: Settings,
    /// The register.
    pub register: Register,
    /// Sign dossiers and what is said of builds.
    pub keys: Seen,
    /// Epoch of this leader, which goes into every write outside the cluster.
    pub epoch: Epoch,
    /// Told when the register knows a newer leader; this one ends then.
    pub deposed: Notify,
    /// Publishes Events.
    pub events: Recorder,
    /// Counts and times.
    pub metrics: Arc<Metrics>,
    /// Tells a collector of releases, where one is named.
    pub traces: Option<Arc<Traces>>,
}

impl Context {
    /// What a stage waits for when a call of the register, which may be made again, failed.
    pub fn unavailable<T>(&self, refusal: &RegisterError) -> Progress<T> {
        if matches!(refusal, RegisterError::Deposed(_)) {
            self.deposed.notify_one();
        }
        Progress::waiting("RegisterUnavailable", error::chain(refusal))
    }

    /// Events of `client`, from `pod`.
    #[must_use]
    pub fn recorder(client: &Client, pod: &str) -> Recorder {
        Recorder::new(client.clone(), Reporter { controller: MANAGER.to_owned(), instance: Some(pod.to_owned()) })
    }
}
