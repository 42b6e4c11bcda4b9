//! The one component that a fault may strike, through the API server, with a deadline on each call.
//! Reaches nothing outside the candidate's namespace.

use std::time::Duration;

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::{Value, json};

use super::FaultError;
use crate::measure::deployment::differences;

/// Longest wait for one answer of the API server.
const DEADLINE: Duration = Duration::from_secs(5);
/// What the API server answers to an eviction that a disruption budget does not allow now.
const TOO_MANY: u16 = 429;

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

    /// Merges `patch` into the Deployment, its lists by the names of what stands in them.
    pub async fn amend(&self, action: &'static str, patch: &serde_json::Value) -> Result<Deployment, FaultError> {
        let params = PatchParams::default();
        let patch = Patch::Strategic(patch);
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

    /// Asks the pod `name` to go, with its grace, if it is still the one with `uid`; `false` where the component's
    /// disruption budget does not let it go now. One that is gone already needs no asking.
    pub async fn evict(&self, name: &str, uid: &str) -> Result<bool, FaultError> {
        // Written here: `Api::evict` writes `delete_options`, which the API server does not know, so that any pod of
        // that name would go.
        let eviction = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name},
            "deleteOptions": {"preconditions": {"uid": uid}},
        });
        let params = PostParams::default();
        let asked = self.pods.create_subresource::<_, Value>("eviction", name, &params, &eviction);
        match in_time("evict a pod", asked).await {
            Ok(_) => Ok(true),
            // The client itself asks again while a budget refuses, so then its answer stays away.
            Err(FaultError::Slow(_)) => Ok(false),
            Err(FaultError::Api { source, action }) => match *source {
                kube::Error::Api(status) if status.code == TOO_MANY => Ok(false),
                kube::Error::Api(status) if status.is_not_found() || status.is_conflict() => Ok(true),
                source => Err(FaultError::Api { action, source: Box::new(source) }),
            },
            Err(error) => Err(error),
        }
    }
}

async fn in_time<T>(action: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, FaultError> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answer) => answer.map_err(|source| FaultError::Api { action, source: Box::new(source) }),
        Err(_) => Err(FaultError::Slow(action)),
    }
}
