//! The candidate's pods on this node, each with a look at its packets from the moment that it runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::Event;

use crate::{
    measure::COMPONENT,
    strike::{hands::Hands, place::Place},
};

/// A pod that is watched.
pub struct Watched<H: Hands> {
    /// Where it is.
    pub place: Place,
    /// Its component.
    pub component: String,
    /// The look at its packets.
    pub look: Arc<H::Look>,
}

impl<H: Hands> Clone for Watched<H> {
    fn clone(&self) -> Self {
        Self { place: self.place.clone(), component: self.component.clone(), look: Arc::clone(&self.look) }
    }
}

/// Pods of the candidate that run on this node.
pub struct Pods<H: Hands> {
    hands: H,
    watched: BTreeMap<String, Watched<H>>,
    /// Those that could not be watched yet.
    waiting: BTreeMap<String, (String, Place)>,
    listed: BTreeSet<String>,
    /// Whether the list that is being read changed anything: it is told once, when all of it was read.
    changed: bool,
}

impl<H: Hands> Pods<H> {
    /// None yet.
    #[must_use]
    pub fn new(hands: H) -> Self {
        let (watched, waiting, listed) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { hands, watched, waiting, listed, changed: false }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Watched<H>> {
        self.watched.values()
    }

    /// Takes in what was seen; whether anything changed.
    pub async fn saw(&mut self, event: Event<Pod>) -> bool {
        match event {
            Event::Init => {
                self.listed.clear();
                false
            }
            Event::InitDone => {
                let before = self.watched.len();
                self.watched.retain(|uid, _| self.listed.contains(uid));
                self.waiting.retain(|uid, _| self.listed.contains(uid));
                std::mem::take(&mut self.changed) | (before != self.watched.len())
            }
            Event::InitApply(pod) => {
                self.listed.extend(pod.metadata.uid.clone());
                self.changed |= self.is(&pod).await;
                false
            }
            Event::Apply(pod) => self.is(&pod).await,
            Event::Delete(pod) => {
                let uid = pod.metadata.uid.unwrap_or_default();
                self.waiting.remove(&uid);
                self.watched.remove(&uid).is_some()
            }
        }
    }

    /// Tries those again that could not be watched; whether anything changed.
    pub async fn again(&mut self) -> bool {
        let mut changed = false;
        for (component, place) in std::mem::take(&mut self.waiting).into_values() {
            changed |= self.watch(component, place).await;
        }
        changed
    }

    async fn is(&mut self, pod: &Pod) -> bool {
        let Some((component, place)) = running(pod) else { return false };
        if let Some(known) = self.watched.get_mut(&place.uid) {
            // A container that was started again has another id.
            let changed = known.place != place;
            known.place = place;
            return changed;
        }
        self.watch(component, place).await
    }

    async fn watch(&mut self, component: String, place: Place) -> bool {
        let (there, hands) = (place.clone(), self.hands.clone());
        let look = match tokio::task::spawn_blocking(move || hands.look(&there)).await {
            Ok(Ok(look)) => Arc::new(look),
            Ok(Err(error)) => {
                tracing::warn!(pod = place.uid, %error, "a pod cannot be watched yet");
                self.waiting.insert(place.uid.clone(), (component, place));
                return false;
            }
            Err(_) => return false,
        };
        self.waiting.remove(&place.uid);
        self.watched.insert(place.uid.clone(), Watched { place, component, look });
        true
    }
}

/// Component and place of `pod`, if a container of it runs.
fn running(pod: &Pod) -> Option<(String, Place)> {
    let component = pod.metadata.labels.as_ref()?.get(COMPONENT)?.clone();
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    let running = statuses.iter().filter(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()));
    let containers: Vec<_> = running
        .filter_map(|status| status.container_id.as_deref()?.split_once("://").map(|(_, id)| id.to_owned()))
        .filter(|id| !id.is_empty())
        .collect();
    (!containers.is_empty()).then_some((component, Place { uid: pod.metadata.uid.clone()?, containers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pod_with_a_running_container_has_a_place() {
        let pod = |state: serde_json::Value| -> Pod {
            serde_json::from_value(serde_json::json!({
                "metadata": {"uid": "u", "labels": {"app.kubernetes.io/name": "web"}},
                "status": {"containerStatuses": [{"name": "web", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                    "containerID": "containerd://c1", "state": state}]}
            }))
            .unwrap()
        };
        let place = Place { uid: "u".to_owned(), containers: vec!["c1".to_owned()] };
        assert_eq!(running(&pod(serde_json::json!({"running": {}}))), Some(("web".to_owned(), place)));
        assert_eq!(running(&pod(serde_json::json!({"waiting": {"reason": "CrashLoopBackOff"}}))), None);
    }
}
