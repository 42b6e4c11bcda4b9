//! State services and their releases, read by name; and the three wishes that a team can leave on
//! its service for the operator. It must not write any status: that is the operator's.

use factory_crds::{Experiment, ExperimentSpec, LaunchPermit, Release, StateService};
use k8s_openapi::jiff::Timestamp;
use kube::{
    Api, ResourceExt as _,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;

use super::{Cluster, ClusterError};

/// Annotation by which a team asks for another attempt; its value is the moment.
pub const RUN: &str = "factory.gov.kg/run";
/// Annotation by which a team asks for an earlier release; its value is the release's name.
pub const ROLLBACK: &str = "factory.gov.kg/rollback";

impl Cluster {
    /// All of `T` in the namespace.
    pub fn namespaced<T>(&self) -> Api<T>
    where
        T: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client().clone(), self.namespace())
    }

    /// The service `name`.
    pub async fn service(&self, name: &str) -> Result<StateService, ClusterError> {
        let found = self
            .namespaced::<StateService>()
            .get_opt(name)
            .await
            .map_err(ClusterError::api(format!("cannot read the StateService `{name}`")))?;
        found.ok_or_else(|| ClusterError::NoService { name: name.to_owned(), namespace: self.namespace().to_owned() })
    }

    /// The release `name`.
    pub async fn release(&self, name: &str) -> Result<Release, ClusterError> {
        let found = self
            .namespaced::<Release>()
            .get_opt(name)
            .await
            .map_err(ClusterError::api(format!("cannot read the Release `{name}`")))?;
        found.ok_or_else(|| ClusterError::NoRelease { name: name.to_owned(), namespace: self.namespace().to_owned() })
    }

    /// The newest release of `service`, by its status.
    pub async fn newest_release(&self, service: &StateService) -> Result<Release, ClusterError> {
        match service.status.as_ref().map(|status| status.release.as_str()) {
            Some(name) if !name.is_empty() => self.release(name).await,
            _ => Err(ClusterError::NothingReleased(service.name_any())),
        }
    }

    /// Asks the operator for another attempt at `service`.
    pub async fn ask_for_run(&self, service: &str) -> Result<(), ClusterError> {
        // To the second: a finer clock would say nothing more, and this reads well in `describe`.
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.annotate(service, RUN, &now).await
    }

    /// Asks the operator to launch `release` of `service` again.
    pub async fn ask_for_rollback(&self, service: &str, release: &str) -> Result<(), ClusterError> {
        self.annotate(service, ROLLBACK, release).await
    }

    async fn annotate(&self, service: &str, key: &str, value: &str) -> Result<(), ClusterError> {
        let patch = Patch::Merge(json!({ "metadata": { "annotations": { key: value } } }));
        let api = self.namespaced::<StateService>();
        let parameters = PatchParams { field_manager: Some("kubectl-factory".to_owned()), ..PatchParams::default() };
        api.patch(service, &parameters, &patch)
            .await
            .map_err(ClusterError::api(format!("cannot write the annotation {key} on the StateService `{service}`")))?;
        Ok(())
    }

    /// Makes a rehearsal of `service` and returns its name.
    pub async fn make_rehearsal(&self, service: &str) -> Result<String, ClusterError> {
        let spec = ExperimentSpec { service: service.to_owned(), release: String::new(), rehearsal: true, plan: None };
        let metadata = ObjectMeta { generate_name: Some(format!("{service}-rehearsal-")), ..ObjectMeta::default() };
        let experiment = Experiment { metadata, spec, status: None };
        let made = self
            .namespaced::<Experiment>()
            .create(&PostParams::default(), &experiment)
            .await
            .map_err(ClusterError::api("cannot make an Experiment"))?;
        Ok(made.name_any())
    }

    /// What may run in the live namespace; `None` where there is no permit.
    pub async fn permit(&self, live_namespace: &str) -> Result<Option<LaunchPermit>, ClusterError> {
        let api = Api::<LaunchPermit>::namespaced(self.client().clone(), live_namespace);
        api.get_opt("live").await.map_err(ClusterError::api("cannot read the LaunchPermit of the live namespace"))
    }
}
