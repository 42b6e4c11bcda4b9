//! The last lines that the programs behind a stage wrote: the build's Job, the lab's, the
//! candidate's pods. A person may lack the right to read them; that is said, and is no failure.

use futures::future::join_all;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{
    Api, ResourceExt as _,
    api::{ListParams, LogParams},
};

use super::{Cluster, ClusterError};

/// Label with the UID of the release, on every pod that works for it.
const RELEASE_UID: &str = "factory.gov.kg/release-uid";
/// So many lines show the cause of most failures on one screen.
const LINES: i64 = 20;
/// So many bytes of one log at most: a line has no upper length.
const BYTES: i64 = 16 * 1024;
/// So many logs at most.
const EXCERPTS: usize = 4;

/// The end of one container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// `namespace/pod, container`.
    pub of: String,
    /// Its last lines.
    pub lines: Vec<String>,
}

impl Cluster {
    /// The last lines of what worked in `namespace` for the release with this UID.
    pub async fn release_logs(&self, namespace: &str, release_uid: &str) -> Result<Vec<Excerpt>, ClusterError> {
        self.logs(namespace, &ListParams::default().labels(&format!("{RELEASE_UID}={release_uid}"))).await
    }

    /// The last lines of all pods in `namespace` that are not ready: a candidate's.
    pub async fn candidate_logs(&self, namespace: &str) -> Result<Vec<Excerpt>, ClusterError> {
        self.logs(namespace, &ListParams::default()).await
    }

    async fn logs(&self, namespace: &str, which: &ListParams) -> Result<Vec<Excerpt>, ClusterError> {
        let api = Api::<Pod>::namespaced(self.client().clone(), namespace);
        let mut pods =
            api.list(which).await.map_err(ClusterError::api(format!("cannot list the pods in {namespace}")))?.items;
        pods.sort_by_key(|pod| std::cmp::Reverse(pod.creation_timestamp()));
        let telling = pods
            .iter()
            .filter_map(|pod| telling_container(pod).map(|container| (pod.name_any(), container)))
            .take(EXCERPTS);
        let reads = telling.map(|(pod, container)| {
            let api = api.clone();
            async move {
                let parameters = LogParams {
                    container: Some(container.clone()),
                    tail_lines: Some(LINES),
                    limit_bytes: Some(BYTES),
                    ..LogParams::default()
                };
                let text = api
                    .logs(&pod, &parameters)
                    .await
                    .map_err(ClusterError::api(format!("cannot read the log of {namespace}/{pod}")))?;
                Ok(Excerpt {
                    of: format!("{namespace}/{pod}, container {container}"),
                    lines: text.lines().map(str::to_owned).collect(),
                })
            }
        });
        join_all(reads).await.into_iter().collect()
    }
}

/// The container whose log tells most: one that failed, else one that is not ready, else the last
/// that ran. `None` where none has started.
fn telling_container(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.iter().flatten();
    let all: Vec<&ContainerStatus> = init.chain(status.container_statuses.iter().flatten()).collect();
    let failed = |container: &&&ContainerStatus| {
        let ended = |state: &Option<k8s_openapi::api::core::v1::ContainerState>| {
            state.as_ref().and_then(|state| state.terminated.as_ref()).is_some_and(|end| end.exit_code != 0)
        };
        ended(&container.state) || ended(&container.last_state)
    };
    let running = |container: &&&ContainerStatus| !container.ready && container.started == Some(true);
    let started = |container: &&&ContainerStatus| {
        container.state.as_ref().is_some_and(|state| state.terminated.is_some() || state.running.is_some())
    };
    let chosen =
        all.iter().find(failed).or_else(|| all.iter().find(running)).or_else(|| all.iter().rev().find(started));
    chosen.map(|container| container.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(init: &serde_json::Value, main: &serde_json::Value) -> Pod {
        let containers = |all: &serde_json::Value| {
            let all = all.as_object().unwrap();
            let status = |(name, state): (&String, &serde_json::Value)| json!({ "name": name, "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state });
            all.iter().map(status).collect::<Vec<_>>()
        };
        serde_json::from_value(json!({ "metadata": {}, "status": { "initContainerStatuses": containers(init), "containerStatuses": containers(main) } })).unwrap()
    }

    #[test]
    fn the_step_that_failed_tells_most() {
        let done = json!({ "terminated": { "exitCode": 0 } });
        let failed = json!({ "terminated": { "exitCode": 1 } });
        let waiting = json!({ "waiting": {} });
        assert_eq!(
            telling_container(&pod(&json!({ "build": failed, "source": done }), &json!({ "push": waiting })))
                .as_deref(),
            Some("build")
        );
        assert_eq!(
            telling_container(&pod(&json!({ "source": done }), &json!({ "push": done }))).as_deref(),
            Some("push")
        );
        assert_eq!(telling_container(&pod(&json!({}), &json!({ "push": waiting }))), None);
    }
}
