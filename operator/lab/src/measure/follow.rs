//! Follows a component's pods and Deployment by watch, from before the first fault to the end of
//! the run, so that no change between two looks is missed. A watch that breaks starts again by
//! itself, and what went meanwhile is seen to be gone.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt as _,
    runtime::{WatchStreamExt as _, watcher, watcher::Event},
};
use tokio::{sync::watch, task::AbortHandle};

use super::{COMPONENT, view::View};

/// How long the first listing may take.
const FIRST: Duration = Duration::from_secs(20);

/// A component that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{component}: its pods and Deployment could not be listed within {} s: {cause}", FIRST.as_secs())]
pub struct CannotWatch {
    component: String,
    cause: String,
}

/// A component that is watched until this is dropped.
#[derive(Debug)]
pub struct Follower {
    view: watch::Receiver<View>,
    task: AbortHandle,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Seen {
    Pod(Event<Pod>),
    Deployment(Event<Deployment>),
    Trouble(watcher::Error),
}

impl Follower {
    /// Watches `component` in `namespace`; returns once everything has been listed.
    pub async fn new(client: &Client, namespace: &str, component: &str) -> Result<Self, CannotWatch> {
        let (sender, mut view) = watch::channel(View::default());
        let (trouble, mut last) = watch::channel("no answer".to_owned());
        let task = tokio::spawn(follow(client.clone(), namespace.to_owned(), component.to_owned(), sender, trouble));
        let follower = Self { view: view.clone(), task: task.abort_handle() };
        match tokio::time::timeout(FIRST, view.wait_for(|view| view.complete)).await {
            Ok(Ok(_)) => Ok(follower),
            _ => Err(CannotWatch { component: component.to_owned(), cause: last.borrow_and_update().clone() }),
        }
    }

    /// What is known now, and a notice of each change.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<View> {
        self.view.clone()
    }
}

async fn follow(
    client: Client,
    namespace: String,
    component: String,
    sender: watch::Sender<View>,
    trouble: watch::Sender<String>,
) {
    let pods = watcher::Config::default().labels(&format!("{COMPONENT}={component}"));
    let pods = watcher(Api::<Pod>::namespaced(client.clone(), &namespace), pods)
        .default_backoff()
        .map(|event| event.map_or_else(Seen::Trouble, Seen::Pod));
    let deployment = watcher::Config::default().fields(&format!("metadata.name={component}"));
    let deployment = watcher(Api::<Deployment>::namespaced(client, &namespace), deployment)
        .default_backoff()
        .map(|event| event.map_or_else(Seen::Trouble, Seen::Deployment));
    let mut events = stream::select(pods.boxed(), deployment.boxed());
    let mut listed = BTreeSet::new();
    let (mut pods_known, mut deployment_known) = (false, false);
    while let Some(event) = events.next().await {
        let now = Instant::now();
        match event {
            Seen::Trouble(error) => {
                tracing::warn!(component, %error, "a watch broke and starts again");
                trouble.send_replace(error.to_string());
            }
            Seen::Pod(event) => {
                pods_known |= matches!(event, Event::InitDone);
                sender.send_modify(|view| pod(view, event, &mut listed, now));
            }
            Seen::Deployment(event) => {
                deployment_known |= matches!(event, Event::InitDone);
                sender.send_modify(|view| match event {
                    Event::Apply(deployment) | Event::InitApply(deployment) => view.deployment(&deployment),
                    Event::Delete(_) => view.deployment = None,
                    Event::Init | Event::InitDone => {}
                });
            }
        }
        if pods_known && deployment_known && !sender.borrow().complete {
            sender.send_modify(|view| view.complete = true);
        }
    }
}

fn pod(view: &mut View, event: Event<Pod>, listed: &mut BTreeSet<String>, now: Instant) {
    match event {
        Event::Init => listed.clear(),
        Event::InitApply(pod) => {
            listed.extend(pod.uid());
            view.pod(&pod, now);
        }
        Event::InitDone => view.pods_listed(listed, now),
        Event::Apply(pod) => view.pod(&pod, now),
        Event::Delete(pod) => view.pod_gone(&pod.uid().unwrap_or_default(), now),
    }
}
