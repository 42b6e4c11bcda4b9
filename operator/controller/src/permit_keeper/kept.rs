//! The permit of one live namespace, read and written: a write holds only if nobody has written since
//! it was read, so that two looks at the same moment lose nothing of each other.

use std::collections::BTreeSet;

use factory_crds::{LaunchPermit, LaunchPermitSpec, launch_permit::NAME};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams, PostParams},
};

use crate::manifests::named;

/// Name under which the keeper writes.
const MANAGER: &str = "factory-permit-keeper";

/// A permit as it was read; there may be none yet.
pub struct Kept {
    api: Api<LaunchPermit>,
    namespace: String,
    version: Option<String>,
    /// What it says; nothing where there is none.
    pub spec: LaunchPermitSpec,
}

impl Kept {
    /// Reads the permit of `namespace`.
    pub async fn read(client: &Client, namespace: &str) -> Result<Self, kube::Error> {
        let api: Api<LaunchPermit> = Api::namespaced(client.clone(), namespace);
        let found = api.get_opt(NAME).await?;
        let version = found.as_ref().and_then(kube::ResourceExt::resource_version);
        let spec = found.map(|permit| permit.spec).unwrap_or_default();
        Ok(Self { api, namespace: namespace.to_owned(), version, spec })
    }

    /// Images that pods of the namespace are made of.
    pub async fn running(&self) -> Result<BTreeSet<String>, kube::Error> {
        let pods: Api<Pod> = Api::namespaced(self.api.clone().into_client(), &self.namespace);
        let pods = pods.list(&ListParams::default()).await?;
        let containers = pods.items.into_iter().filter_map(|pod| pod.spec).flat_map(|spec| spec.containers);
        Ok(containers.filter_map(|container| container.image).collect())
    }

    /// Writes `spec` in its place; a conflict where somebody else wrote in between.
    pub async fn write(&self, spec: LaunchPermitSpec) -> Result<(), kube::Error> {
        let mut permit = LaunchPermit::new(NAME, spec);
        permit.metadata = named(NAME, &self.namespace);
        permit.metadata.resource_version.clone_from(&self.version);
        if self.version.is_none() {
            let how = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
            return self.api.create(&how, &permit).await.map(drop);
        }
        self.api.patch(NAME, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&permit)).await.map(drop)
    }
}
