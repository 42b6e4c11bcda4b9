//! The one component that a fault may strike, through the API server, with a deadline on each call.
//! Reaches nothing outside the candidate's namespace.

use std::time::Duration;

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};

use super::FaultError;
use crate::measure::deployment::differences;

/// Longest wait for one answer of the API server.
const DEADLINE: Duration = Duration::from_secs(5);

/// A component of a candidate.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the component, and of its Deployment.
    pub component: String,
    pods: Api<Pod>,
    deployments: Api<Deployment>,
}

impl Target {
    /// `component` in the candidate's `namespace`.
    #[must_use]
    pub fn new(client: &Client, namespace: &str, component: &str) -> Self {
        Self {
            component: component.to_owned(),
            pods: Api::namespaced(client.clone(), namespace),
            deployments: Api::namespaced(client.clone(), namespace),
        }
    }

    /// The Deployment as it is now.
    pub async fn deployment(&self) -> Result<Deployment, FaultError> {
        in_time("read the Deployment", self.deployments.get(&self.component)).await
    }

    /// What of the Deployment differs from `before`, one line each; nothing where nothing was touched.
    pub async fn residue(&self, before: Option<&Deployment>) -> Result<Vec<String>, FaultError> {
        let Some(before) = before else { return Ok(Vec::new()) };
        Ok(differences(before, &self.deployment().await?))
    }

    /// Merges `patch` into the Deployment.
    pub async fn patch(&self, action: &'static str, patch: &serde_json::Value) -> Result<Deployment, FaultError> {
        let params = PatchParams::default();
        let patch = Patch::Merge(patch);
        in_time(action, self.deployments.patch(&self.component, &params, &patch)).await
    }

    /// Deletes the pod `name` without grace, if it is still the one with `uid`.
    pub async fn kill(&self, name: &str, uid: &str) -> Result<(), FaultError> {
        let params = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(Preconditions { uid: Some(uid.to_owned()), resource_version: None }),
            ..DeleteParams::default()
        };
        in_time("delete a pod", self.pods.delete(name, &params)).await.map(drop)
    }
}

async fn in_time<T>(action: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, FaultError> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answer) => answer.map_err(|source| FaultError::Api { action, source: Box::new(source) }),
        Err(_) => Err(FaultError::Slow(action)),
    }
}
