//! How a Job of a release ended, as far as the API server knows: state, termination message, and
//! the last line that it logged.

use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ContainerStatus, Pod},
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{ListParams, LogParams},
};

/// State of a Job.
#[derive(Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Still going on.
    Running,
    /// Ended well, with the termination message of its main container.
    Succeeded(String),
    /// Ended badly: which container, and its last word.
    Failed(String),
}

/// How `job` stands.
pub async fn end(client: &Client, job: &Job) -> Result<JobEnd, kube::Error> {
    let status = job.status.clone().unwrap_or_default();
    let ended = |kind: &str| {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == kind && condition.status == "True")
            .cloned()
    };
    let (complete, failed) = (ended("Complete"), ended("Failed"));
    if complete.is_none() && failed.is_none() {
        return Ok(JobEnd::Running);
    }
    let pods = pods_of(client, &job.namespace().unwrap_or_default(), &job.name_any()).await?;
    if complete.is_some() {
        return Ok(JobEnd::Succeeded(pods.first().and_then(message).unwrap_or_default()));
    }
    let broken = pods.iter().find_map(|pod| Some((pod, broken(pod)?)));
    if let Some((pod, (container, why))) = broken {
        let log = LogParams { container: Some(container.clone()), tail_lines: Some(5), ..LogParams::default() };
        let pods: Api<Pod> = Api::namespaced(client.clone(), &job.namespace().unwrap_or_default());
        // The log may be gone with its node; the exit code is something.
        let log = pods.logs(&pod.name_any(), &log).await.unwrap_or_default();
        let last: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        return Ok(JobEnd::Failed(format!("step {container} {why}: {}", last.join(" | "))));
    }
    let why = failed.map(|condition| condition.message.unwrap_or_default()).unwrap_or_default();
    Ok(JobEnd::Failed(why))
}

/// The pod of `job`, if it is still there.
pub async fn pod(client: &Client, job: &Job) -> Result<Option<Pod>, kube::Error> {
    pod_of(client, &job.namespace().unwrap_or_default(), &job.name_any()).await
}

/// The first pod of the Job `name` in `namespace`, if it is there.
pub async fn pod_of(client: &Client, namespace: &str, name: &str) -> Result<Option<Pod>, kube::Error> {
    Ok(pods_of(client, namespace, name).await?.into_iter().next())
}

/// The pods of the Job `name` in `namespace`, by their index if they have one.
async fn pods_of(client: &Client, namespace: &str, name: &str) -> Result<Vec<Pod>, kube::Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let selector = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={name}"));
    let mut pods = pods.list(&selector).await?.items;
    pods.sort_by_key(index);
    Ok(pods)
}

/// Index of a pod of an Indexed Job; that of another comes first.
fn index(pod: &Pod) -> u32 {
    pod.labels().get("batch.kubernetes.io/job-completion-index").and_then(|index| index.parse().ok()).unwrap_or(0)
}

/// Termination message of the main container.
fn message(pod: &Pod) -> Option<String> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find_map(|status| status.state.as_ref()?.terminated.as_ref()?.message.clone())
}

/// The first container that ended badly, and how.
fn broken(pod: &Pod) -> Option<(String, String)> {
    let status = pod.status.as_ref()?;
    let mut all = status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    all.find_map(|container: &ContainerStatus| {
        let state = container.state.as_ref()?;
        if let Some(ended) = &state.terminated
            && ended.exit_code != 0
        {
            return Some((container.name.clone(), format!("ended with {}", ended.exit_code)));
        }
        let waiting = state.waiting.as_ref()?;
        let reason = waiting.reason.clone().unwrap_or_default();
        (reason != "PodInitializing").then(|| (container.name.clone(), reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(value: serde_json::Value) -> Pod {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_first_broken_container_is_named() {
        let pod = pod(serde_json::json!({"status": {
            "initContainerStatuses": [
                {"name": "source", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"terminated": {"exitCode": 0}}},
                {"name": "build", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"terminated": {"exitCode": 125}}}],
            "containerStatuses": [
                {"name": "push", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}]
        }}));
        assert_eq!(broken(&pod), Some(("build".to_owned(), "ended with 125".to_owned())));
    }

    #[test]
    fn the_pod_that_leads_comes_first() {
        let of = |labels: serde_json::Value| pod(serde_json::json!({"metadata": {"labels": labels}}));
        let indexed = |index: &str| of(serde_json::json!({"batch.kubernetes.io/job-completion-index": index}));
        let mut pods = [indexed("10"), indexed("2"), indexed("0")];
        pods.sort_by_key(index);
        assert_eq!(pods.map(|pod| index(&pod)), [0, 2, 10]);
        assert_eq!(index(&of(serde_json::json!({}))), 0);
    }

    #[test]
    fn an_image_that_cannot_be_pulled_is_named() {
        let pod = pod(serde_json::json!({"status": {"containerStatuses": [
            {"name": "push", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]
        }}));
        assert_eq!(broken(&pod), Some(("push".to_owned(), "ImagePullBackOff".to_owned())));
    }
}
