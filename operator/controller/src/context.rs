//! What every driver is given: clients, settings, and the epoch of the leader.

use std::sync::Arc;

use kube::{
    Client,
    runtime::events::{Recorder, Reporter},
};

use crate::{cli::Settings, keys::DossierKey, leader::Epoch, metrics::Metrics, register::Register};

/// Name under which the operator writes (server-side apply) and reports Events.
pub const MANAGER: &str = "factory-operator";
/// Namespace of build Jobs.
pub const BUILD_NAMESPACE: &str = "factory-build";
/// Namespace of lab Jobs.
pub const LAB_NAMESPACE: &str = "factory-lab";

/// Shared by all drivers of one process.
pub struct Context {
    /// Kubernetes.
    pub client: Client,
    /// Settings from the command line.
    pub settings: Settings,
    /// The register.
    pub register: Register,
    /// Signs dossiers.
    pub key: DossierKey,
    /// Epoch of this leader, which goes into every write outside the cluster.
    pub epoch: Epoch,
    /// Publishes Events.
    pub events: Recorder,
    /// Counts and times.
    pub metrics: Arc<Metrics>,
}

impl Context {
    /// Events of `client`, from `pod`.
    #[must_use]
    pub fn recorder(client: &Client, pod: &str) -> Recorder {
        Recorder::new(client.clone(), Reporter { controller: MANAGER.to_owned(), instance: Some(pod.to_owned()) })
    }
}
