//! Sees to it that the lab has its keys. A Job of the lab makes them, because nobody else may read them: here it is
//! only looked whether their public halves are there.

use factory_crds::Environment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::{
    apply::{self, WriteError},
    context::Context,
    manifests::lab_job,
};

/// ConfigMap with the public halves, written by the lab.
const PUBLIC: &str = "factory-lab-keys";

/// It could not be seen to; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum LabKeyError {
    /// From the API server.
    #[error("keys of the lab")]
    Api(#[from] kube::Error),
    /// The Job could not be written.
    #[error("keys of the lab")]
    Write(#[from] WriteError),
}

/// Lets the lab make the keys that it lacks, as many as the settings say.
pub async fn see_to(context: &Context) -> Result<(), LabKeyError> {
    let settings = &context.settings;
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &settings.namespace);
    let published = maps.get_opt(PUBLIC).await?.and_then(|map| map.data).map_or(0, |data| data.len());
    if published >= settings.lab_keys as usize {
        return Ok(());
    }
    let environments: Api<Environment> = Api::all(context.client.clone());
    let Some(lab) = environments.get_opt(&settings.lab_environment).await? else { return Ok(()) };
    let job = lab_job::key_job(&settings.lab_image, settings.lab_keys, &settings.namespace, &lab.spec);
    apply::create_once(&context.client, &job).await?;
    Ok(())
}
