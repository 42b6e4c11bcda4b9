//! What really runs: the images of running pods in a live namespace, held against the bundle that
//! was tested (invariant 2). Read from the container runtime's image IDs, not from pod templates.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};

/// Label by which a pod's component is known.
pub const COMPONENT: &str = "app.kubernetes.io/name";

/// Whether in `namespace` every component of `images` (component → `repository@sha256:…`) has a
/// running, ready pod, and every running pod has the image of its component. The text says what
/// is not so.
pub async fn differs(
    client: &Client,
    namespace: &str,
    images: &BTreeMap<String, String>,
) -> Result<Option<String>, kube::Error> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    Ok(difference(&pods.list(&ListParams::default()).await?.items, images))
}

fn difference(pods: &[Pod], images: &BTreeMap<String, String>) -> Option<String> {
    if images.is_empty() {
        return Some("the release names no images".to_owned());
    }
    let mut ready: BTreeMap<&str, u32> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_running(pod)) {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let component =
            pod.metadata.labels.as_ref().and_then(|labels| labels.get(COMPONENT)).map_or("", String::as_str);
        let Some(wanted) = images.get(component) else {
            return Some(format!("pod {name} belongs to no component of the bundle"));
        };
        for container in pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten()) {
            if digest(&container.image_id) != digest(wanted) {
                return Some(format!("pod {name} runs {}, the bundle has {wanted}", container.image_id));
            }
            if container.ready {
                *ready.entry(component).or_default() += 1;
            }
        }
    }
    images
        .keys()
        .find(|component| !ready.contains_key(component.as_str()))
        .map(|component| format!("no pod of {component} is ready"))
}

/// Running, and not on its way out.
fn is_running(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none()
        && pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running")
}

/// `sha256:…` at the end of an image's name or ID.
fn digest(image: &str) -> &str {
    image.rsplit_once('@').map_or(image, |(_, digest)| digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(component: &str, image: &str, ready: bool) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": format!("{component}-1"), "labels": {COMPONENT: component}},
            "status": {"phase": "Running", "containerStatuses": [{
                "name": "c", "image": "x", "imageID": image, "ready": ready, "restartCount": 0,
            }]},
        }))
        .unwrap()
    }

    #[test]
    fn what_runs_is_held_against_the_bundle() {
        let images: BTreeMap<_, _> = [("web".to_owned(), "r/web@sha256:aa".to_owned())].into();
        let cases = [
            (vec![pod("web", "r/web@sha256:aa", true)], None),
            (vec![pod("web", "mirror/web@sha256:aa", true)], None),
            (vec![pod("web", "r/web@sha256:bb", true)], Some("pod web-1 runs")),
            (vec![pod("web", "r/web@sha256:aa", false)], Some("no pod of web is ready")),
            (vec![], Some("no pod of web is ready")),
            (vec![pod("web", "r/web@sha256:aa", true), pod("other", "x", true)], Some("belongs to no component")),
        ];
        for (pods, expected) in cases {
            let found = difference(&pods, &images);
            match expected {
                None => assert_eq!(found, None),
                Some(text) => assert!(found.unwrap_or_default().contains(text)),
            }
        }
    }
}
