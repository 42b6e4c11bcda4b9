//! Whether thousands of pods get a fault and lose it again in time, and how many calls of the API server that takes.
//! The API server is the cluster's, and so are the objects: pods, bound to nodes. The lab's code is the real one:
//! `prove`'s part that watches pods, chooses them, orders and hears, and on each node the loop that follows orders and
//! reports. What is not there: the nodes, their kubelets, and so the pods' processes. `crowd` makes the objects and
//! says of them what kubelets would say, `hands` wait where a node would strike, `counted` counts.

mod counted;
mod crowd;
mod hands;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use factory_assurance::{evidence::FaultEvidence, plan::Strike};
use factory_crds::resilience_standard::{FaultKind, FaultLimits, Share};
use factory_lab::{
    faults::{
        leased::{self, Ordered},
        nodes::Nodes,
    },
    measure::{Clock, follow::Follower},
    strike::{
        order::{Planned, Task},
        serve,
    },
};
use kube::Client;
use tokio::task::JoinSet;

use crate::{Failure, figures::Figure};
use counted::{Calls, counted};
use crowd::{COMPONENT, Crowd, NAMESPACE};
use hands::Waiting;

/// Length of the fault.
const LEASE: Duration = Duration::from_secs(10);
/// From an order to the injection.
const RESPITE: Duration = Duration::from_secs(1);
/// In the longest case the lab waits so long in all, beyond lease and respite.
const PATIENCE: Duration = Duration::from_secs(20);
const NONCE: &str = "scale";
/// Seconds in which all must have got it, and lost it.
const GOAL: f64 = 60.0;
/// Calls of the API server for each pod, in all.
const CALLS: f64 = 1.0;

/// `pods` pods get a fault and lose it.
pub fn measure(pods: usize) -> Result<Vec<Figure>, Failure> {
    // One that is there already is the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let client = Client::try_default().await?;
        // What an earlier run left, if it was broken off.
        crowd::disperse(&client).await?;
        let measured = match Crowd::gather(&client, pods).await {
            Ok(crowd) => Box::pin(strike(&crowd, pods)).await,
            Err(error) => Err(error),
        };
        crowd::disperse(&client).await?;
        measured
    })
}

async fn strike(crowd: &Crowd, pods: usize) -> Result<Vec<Figure>, Failure> {
    let calls = Calls::default();
    let mut standing_by = JoinSet::new();
    for node in crowd.nodes() {
        let (client, node) = (counted(&calls).await?, node.to_owned());
        standing_by.spawn(async move { Box::pin(serve::serve(&client, NAMESPACE, NONCE, &node, Waiting)).await });
    }
    let client = counted(&calls).await?;
    let limits = FaultLimits {
        share: Some(Share::All),
        lease_seconds: Some(10),
        ..FaultLimits::once(FaultKind::Partition, 0, 20)
    };
    let strike = Strike::of(&limits).ok_or("no fault on the node")?;
    let planned = vec![Planned { kind: FaultKind::Partition, strike: strike.clone() }];
    let began = Instant::now();
    let follower = Follower::new(&client, NAMESPACE, COMPONENT).await?;
    let all: BTreeSet<String> = follower.view().borrow().seen().into_iter().map(|pod| pod.uid).collect();
    if all.len() != pods {
        return Err(format!("{} pods are seen, and {pods} were made", all.len()).into());
    }
    let nodes = Nodes::watching(&client, NAMESPACE, NONCE, &all, planned).await?;
    let ready = began.elapsed();
    let before = calls.taken();
    let ordered = Ordered {
        phase: "partition-all-web".to_owned(),
        kind: FaultKind::Partition,
        component: COMPONENT.to_owned(),
        strike,
        peer: None,
        doors: BTreeSet::new(),
        respite: RESPITE,
    };
    let clock = Clock::starting(Instant::now());
    let end = clock.start() + RESPITE + LEASE + PATIENCE;
    let evidence = leased::run(&ordered, &nodes, follower.view(), clock, end).await;
    let during = calls.taken();
    nodes.give(Task::End {}).await?;
    while let Some(ended) = standing_by.join_next().await {
        ended??;
    }
    Ok(figures(&evidence, pods, ready, (before, during)))
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn figures(evidence: &FaultEvidence, pods: usize, ready: Duration, (before, during): (usize, usize)) -> Vec<Figure> {
    for error in evidence.errors.iter().take(5) {
        eprintln!("  {error}");
    }
    let seconds = |ms: Option<u64>, since: Duration| ms.map(|ms| ms as f64 / 1_000.0 - since.as_secs_f64());
    let complete = evidence.errors.is_empty() && evidence.doses.len() == pods;
    let got = seconds(evidence.injected_ms.filter(|_| complete), Duration::ZERO);
    let lost = seconds(evidence.ended_ms.filter(|_| complete), RESPITE + LEASE);
    let both = seconds(evidence.ended_ms.filter(|_| complete), Duration::ZERO);
    let each = during as f64 / pods as f64;
    vec![
        Figure::plain("pods that got the fault and lost it", evidence.doses.len(), pods),
        Figure::at_most("nodes watch every pod after", Some(ready.as_secs_f64()), "s", GOAL),
        Figure::at_most("all have the fault after the order", got, "s", GOAL),
        Figure::at_most("all have lost it after the lease", lost, "s", GOAL),
        Figure::at_most("order, lease of 10 s and end of all", both, "s", GOAL),
        Figure::at_most("calls for each pod, from order to end", Some(each), "calls", CALLS),
        Figure::at_most("the same with watching before", Some((before + during) as f64 / pods as f64), "calls", CALLS),
        Figure::plain("calls in all, from order to end", during, pods),
    ]
}
