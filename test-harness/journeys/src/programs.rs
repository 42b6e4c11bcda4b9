//! The factory's own programs in the cluster, taken away and brought back as a platform engineer
//! would.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::{Failure, Person, waiting::until};

/// Namespace of the factory's programs.
pub const NAMESPACE: &str = "factory-system";
/// Carries releases out.
pub const OPERATOR: &str = "factory-operator";
/// Writes launch permits.
pub const KEEPER: &str = "factory-permit-keeper";
/// The register.
pub const REGISTER: &str = "factory-register";

/// Programs that were taken away, and how many replicas each had.
#[must_use = "what was taken away is brought back by `scale_up`"]
pub struct Away(BTreeMap<String, i32>);

/// Scales `programs` to nothing and waits until no pod of theirs is left.
pub async fn scale_down(engineer: &Person, programs: &[&str]) -> Result<Away, Failure> {
    let deployments: Api<Deployment> = Api::namespaced(engineer.client.clone(), NAMESPACE);
    let mut replicas = BTreeMap::new();
    for program in programs {
        let spec = deployments.get(program).await?.spec.unwrap_or_default();
        replicas.insert((*program).to_owned(), spec.replicas.unwrap_or(1).max(1));
        scale(&deployments, program, 0).await?;
    }
    let limit = Duration::from_secs(90);
    for program in programs {
        until(&deployments, program, "no replica left", limit, |deployment| {
            deployment.status.as_ref().and_then(|status| status.replicas).unwrap_or_default() == 0
        })
        .await?;
    }
    Ok(Away(replicas))
}

/// Undoes [`scale_down`] and waits until the programs are ready.
pub async fn scale_up(engineer: &Person, away: Away) -> Result<(), Failure> {
    let deployments: Api<Deployment> = Api::namespaced(engineer.client.clone(), NAMESPACE);
    for (program, count) in &away.0 {
        scale(&deployments, program, *count).await?;
    }
    for (program, count) in &away.0 {
        until(&deployments, program, "all replicas ready", Duration::from_mins(2), |deployment| {
            deployment.status.as_ref().and_then(|status| status.ready_replicas) == Some(*count)
        })
        .await?;
    }
    Ok(())
}

async fn scale(deployments: &Api<Deployment>, program: &str, count: i32) -> Result<(), kube::Error> {
    let patch = Patch::Merge(json!({"spec": {"replicas": count}}));
    deployments.patch_scale(program, &PatchParams::default(), &patch).await.map(drop)
}

/// The lab's image, as the operator is told.
pub async fn lab_image(engineer: &Person) -> Result<String, Failure> {
    let operators: Api<Deployment> = Api::namespaced(engineer.client.clone(), NAMESPACE);
    let text = serde_json::to_value(operators.get(OPERATOR).await?)?.to_string();
    let image = text.split('"').find(|part| part.contains("/factory-lab@"));
    image.map(str::to_owned).ok_or_else(|| Failure::new("the operator is told no image of the lab"))
}
