//! An eye on a node: a pod of the journey's own, with the lab's image for its tools and with all power over that
//! node, which looks at every pod's network and processes there, and kills what it is asked to. It knows nothing of
//! the lab's code, and goes with its namespace when the journey is over.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use kube::{
    Api, Client, ResourceExt as _,
    api::{AttachParams, DeleteParams, ListParams},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    sync::watch,
    task::AbortHandle,
    time::{Instant, timeout_at},
};

use crate::{
    Failure,
    people::put,
    programs::lab_image,
    scene::Scene,
    waiting::{until, until_gone},
};

const NAMESPACE: &str = "journey-eyes";
/// Where faults strike.
const LAB: &str = "factory.gov.kg/lab";
const LOOK: &str = include_str!("look");
const KILL: &str = include_str!("kill");
/// An eye is open, and one kill is done, by then.
const SOON: Duration = Duration::from_secs(60);

/// What one look saw.
#[derive(Clone, Debug)]
pub struct Look {
    /// When it began, at the latest.
    pub began: Instant,
    /// What has an effect; empty for nothing.
    pub effects: String,
    /// What is there; empty for nothing.
    pub objects: String,
}

#[derive(Deserialize)]
struct Said {
    took: u64,
    effects: String,
    objects: String,
}

/// An eye that is open until this is dropped.
#[derive(Clone)]
pub struct Eye {
    /// Name of its node.
    pub node: String,
    pods: Api<Pod>,
    looks: watch::Receiver<Vec<Look>>,
    _task: Arc<Looking>,
}

struct Looking(AbortHandle);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens one on each node of the lab.
pub async fn open(scene: &Scene) -> Result<Vec<Eye>, Failure> {
    let engineer = &scene.people.engineer;
    let (client, image) = (engineer.client.clone(), lab_image(engineer).await?);
    let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}});
    put(&Api::<Namespace>::all(client.clone()), NAMESPACE, labels).await?;
    let nodes: Api<Node> = Api::all(client.clone());
    let mut eyes = Vec::new();
    for node in nodes.list_metadata(&ListParams::default().labels(LAB)).await? {
        eyes.push(Eye::on(&client, &node.name_any(), &image).await?);
    }
    Ok(eyes)
}

/// Shuts all of them.
pub async fn shut(scene: &Scene) -> Result<(), Failure> {
    let namespaces: Api<Namespace> = Api::all(scene.people.engineer.client.clone());
    namespaces.delete(NAMESPACE, &DeleteParams::default()).await?;
    Ok(until_gone(&namespaces, NAMESPACE, SOON).await?)
}

impl Eye {
    async fn on(client: &Client, node: &str, image: &str) -> Result<Self, Failure> {
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        let pod = json!({"spec": {
            "nodeName": node, "hostPID": true, "terminationGracePeriodSeconds": 0,
            "tolerations": [{"operator": "Exists"}],
            "containers": [{
                "name": "eye", "image": image, "command": ["sleep", "infinity"],
                "securityContext": {"privileged": true, "runAsUser": 0},
            }],
        }});
        put(&pods, node, pod).await?;
        let runs = |pod: &Pod| pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
        until(&pods, node, "a running container", SOON, runs).await?;
        let (sender, looks) = watch::channel(Vec::new());
        let mut looking = pods.exec(node, ["bash", "-c", LOOK], &AttachParams::default().stderr(false)).await?;
        let lines = looking.stdout().ok_or_else(|| Failure::new("an eye without a voice"))?;
        let task = tokio::spawn(async move {
            let mut lines = BufReader::new(lines).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(said) = serde_json::from_str::<Said>(&line) else { continue };
                let began = Instant::now() - Duration::from_millis(said.took);
                let look = Look { began, effects: said.effects, objects: said.objects };
                sender.send_modify(|looks: &mut Vec<Look>| looks.push(look));
            }
            drop(looking);
        });
        Ok(Self { node: node.to_owned(), pods, looks, _task: Arc::new(Looking(task.abort_handle())) })
    }

    /// The first look that began after `from` and is as `holds` says; nothing where there was none by `latest`. An
    /// eye that sees nothing any more is a failure.
    pub async fn look(
        &self,
        from: Instant,
        latest: Instant,
        holds: impl Fn(&Look) -> bool,
    ) -> Result<Option<Look>, Failure> {
        let mut looks = self.looks.clone();
        let seen = |looks: &Vec<Look>| {
            let newer = looks.iter().rev().take_while(|look| look.began >= from);
            newer.filter(|look| holds(look)).last().cloned()
        };
        match timeout_at(latest, looks.wait_for(|looks| seen(looks).is_some())).await {
            Ok(Ok(looks)) => Ok(seen(&looks)),
            Ok(Err(_)) => Err(Failure::new(format!("the eye on {} has shut", self.node))),
            Err(_) => {
                let newest = self.looks.borrow().last().map(|look| look.began);
                if newest.is_none_or(|newest| newest + Duration::from_secs(3) < latest) {
                    return Err(Failure::new(format!("the eye on {} has seen nothing for 3 s", self.node)));
                }
                Ok(None)
            }
        }
    }

    /// What was seen to have an effect from `from` to `to`.
    #[must_use]
    pub fn effects(&self, from: Instant, to: Instant) -> Vec<String> {
        let looks = self.looks.borrow();
        let of_then = looks.iter().rev().take_while(|look| look.began >= from).filter(|look| look.began <= to);
        of_then.map(|look| look.effects.clone()).filter(|effects| !effects.is_empty()).collect()
    }

    /// Kills the lab's processes with this verb on the node; how many there were.
    pub async fn kill(&self, verb: &str) -> Result<usize, Failure> {
        let command = ["bash", "-c", KILL, "kill", verb];
        let mut killing = self.pods.exec(&self.node, command, &AttachParams::default().stderr(false)).await?;
        let mut said = String::new();
        if let Some(mut stdout) = killing.stdout() {
            timeout_at(Instant::now() + SOON, stdout.read_to_string(&mut said))
                .await
                .map_err(|_| Failure::new(format!("the eye on {} does not answer", self.node)))??;
        }
        Ok(said.trim().parse()?)
    }
}
