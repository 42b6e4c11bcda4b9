//! Sees to it that the lab has its keys. A Job of the lab makes them, because nobody else may read them: here it is
//! only looked whether their public halves are there.

use factory_crds::Environment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::{
    apply::{self, WriteError},
    context::Context,
    manifests::lab_job::KeyOrder,
};

/// ConfigMap with the public halves, written by the lab.
const PUBLIC: &str = "factory-lab-keys";

/// It could not be seen to; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum LabKeyError {
    /// From the API server.
    #[error("ConfigMap {PUBLIC}, or environment of the lab")]
    Api(#[from] kube::Error),
    /// The Job could not be written.
    #[error("Job that makes the lab's keys")]
    Write(#[from] WriteError),
}

/// What one leader has done for the lab's keys.
#[derive(Default)]
pub struct Lab {
    asked: bool,
}

impl Lab {
    /// Lets the lab make the keys that it lacks, as many as the settings say. Each leader asks once in any case: that
    /// public halves are there does not say that the private ones are.
    pub async fn see_to(&mut self, context: &Context) -> Result<(), LabKeyError> {
        let settings = &context.settings;
        let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &settings.namespace);
        let published = maps.get_opt(PUBLIC).await?.and_then(|map| map.data).map_or(0, |data| data.len());
        if self.asked && published >= settings.lab_keys as usize {
            return Ok(());
        }
        let environments: Api<Environment> = Api::all(context.client.clone());
        let Some(lab) = environments.get_opt(&settings.lab_environment).await? else {
            tracing::warn!(environment = settings.lab_environment, "the lab has no keys: its environment is not there");
            return Ok(());
        };
        let order = KeyOrder { count: settings.lab_keys, epoch: context.epoch, publish: &settings.namespace };
        apply::create_once(&context.client, &order.job(&settings.lab_image, &lab.spec)).await?;
        self.asked = true;
        Ok(())
    }
}
