//! The soak, from the side of `prove`: orders the nodes to look at pods, hears what they saw when it is over, and writes
//! it down beside what the API server says of those pods. A pod of which no node told anything stands there with nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{PhaseSpan, PodGone, PodSeen, SoakedPod, SoakedRun};
use tokio::sync::watch;

use crate::{
    faults::nodes::Nodes,
    measure::{Clock, view::View},
    strike::order::{PodSoaked, Soaked, Task},
};

/// How long after the end of the soak the nodes may take to tell what they saw.
const ACCOUNT: Duration = Duration::from_secs(8);

/// A soak, as planned.
pub struct Ordered {
    /// Its phase.
    pub span: PhaseSpan,
    /// From one look to the next.
    pub every_seconds: u32,
    /// Whose pods are looked at, and what the API server says of them.
    pub views: BTreeMap<String, watch::Receiver<View>>,
}

/// Pods of one component when the soak began, and those of them that went before it ended.
struct Known {
    component: String,
    before: Vec<PodSeen>,
    gone: Vec<PodGone>,
}

/// Orders the soak now and follows it to its end. `None` where it could not be ordered.
pub async fn run(ordered: Ordered, nodes: &Nodes, clock: Clock) -> Option<Vec<SoakedPod>> {
    let Ordered { span, every_seconds, views } = ordered;
    let mut known: Vec<Known> = Vec::new();
    for (component, view) in &views {
        let before = view.borrow().seen();
        known.push(Known { component: component.clone(), before, gone: Vec::new() });
    }
    let seconds = u32::try_from((span.to_ms - span.from_ms) / 1_000).unwrap_or(u32::MAX);
    let (phase, components) = (span.name.clone(), views.keys().cloned().collect());
    let since = clock.now_ms();
    if let Err(error) = nodes.give(Task::Soak { phase, components, every_seconds, seconds }).await {
        tracing::warn!(%error, "the nodes were not told to look at what pods use");
        return None;
    }
    let end = clock.start() + Duration::from_millis(span.to_ms);
    tokio::time::sleep_until(end.into()).await;
    for (pods, view) in known.iter_mut().zip(views.values()) {
        pods.gone = view.borrow().gone_of(&pods.before, clock);
    }
    let told = heard(nodes.soaked(), &span.name, &known, end + ACCOUNT).await;
    Some(written(known, told, &span, since))
}

/// What the nodes told of `phase`, by pod; waits for all pods that were there, at most until `latest`.
async fn heard(
    mut soaked: watch::Receiver<BTreeMap<String, Soaked>>,
    phase: &str,
    known: &[Known],
    latest: Instant,
) -> BTreeMap<String, PodSoaked> {
    let wanted: BTreeSet<&String> = known.iter().flat_map(|pods| &pods.before).map(|pod| &pod.uid).collect();
    let of_phase = |nodes: &BTreeMap<String, Soaked>| {
        let own = nodes.values().filter(|soaked| soaked.phase == phase);
        own.flat_map(|soaked| soaked.pods.clone()).collect::<BTreeMap<_, _>>()
    };
    // Whether the wait ended well or not, what is known by then is what counts.
    let all = soaked.wait_for(|nodes| {
        let told = of_phase(nodes);
        wanted.iter().all(|uid| told.contains_key(*uid))
    });
    drop(tokio::time::timeout_at(latest.into(), all).await);
    let nodes = soaked.borrow();
    of_phase(&nodes)
}

/// The pods as they stand in the evidence, of a soak that the nodes were told of at `since`.
fn written(known: Vec<Known>, mut told: BTreeMap<String, PodSoaked>, span: &PhaseSpan, since: u64) -> Vec<SoakedPod> {
    let mut pods = Vec::new();
    for Known { component, before, gone } in known {
        for PodSeen { uid, ready, .. } in before {
            let gone_ms = gone.iter().find(|gone| gone.uid == uid && gone.at_ms < span.to_ms).map(|gone| gone.at_ms);
            let PodSoaked { errors, runs, .. } = told.remove(&uid).unwrap_or_default();
            let runs = runs.into_iter().filter_map(|run| within(run, span, since)).collect();
            pods.push(SoakedPod { component: component.clone(), uid, ready, gone_ms, errors, runs });
        }
    }
    // Those that came while it went on.
    for (uid, PodSoaked { component, errors, runs }) in told {
        let runs = runs.into_iter().filter_map(|run| within(run, span, since)).collect();
        pods.push(SoakedPod { component, uid, ready: false, gone_ms: None, errors, runs });
    }
    pods.sort_by(|one, other| (&one.component, &one.uid).cmp(&(&other.component, &other.uid)));
    pods
}

/// `run` by the clock of the load, as far as it lies within the soak; nothing where none of it does.
fn within(mut run: SoakedRun, span: &PhaseSpan, since: u64) -> Option<SoakedRun> {
    for sample in &mut run.samples {
        sample[0] = sample[0].saturating_add(since);
    }
    run.samples.retain(|[at, ..]| (span.from_ms..span.to_ms).contains(at));
    run.samples.dedup_by_key(|[at, ..]| *at);
    (!run.samples.is_empty()).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(samples: &[u64]) -> SoakedRun {
        let samples = samples.iter().map(|at| [*at, 9, 3]).collect();
        SoakedRun { memory_limit: 100, descriptor_limit: 1_024, samples }
    }

    #[test]
    fn what_nodes_told_stands_beside_the_pods_that_were_there_and_a_pod_without_a_word_too() {
        let span = PhaseSpan { name: "soak".to_owned(), from_ms: 7_000, to_ms: 67_000 };
        let seen = |uid: &str, ready| PodSeen { uid: uid.to_owned(), ready, node: None };
        let known = vec![Known {
            component: "web".to_owned(),
            before: vec![seen("b", true), seen("a", true), seen("c", false)],
            gone: vec![PodGone { uid: "b".to_owned(), at_ms: 9_000 }, PodGone { uid: "a".to_owned(), at_ms: 67_000 }],
        }];
        let of = |component: &str, runs| PodSoaked { component: component.to_owned(), errors: Vec::new(), runs };
        let told = BTreeMap::from([
            ("a".to_owned(), of("web", vec![run(&[0, 1_000, 59_990]), run(&[60_500])])),
            ("late".to_owned(), of("api", vec![run(&[30_000])])),
        ]);
        let pods = written(known, told, &span, 7_005);
        let shown: Vec<_> = pods.iter().map(|pod| (pod.uid.as_str(), pod.ready, pod.gone_ms, pod.runs.len())).collect();
        // Gone after its end is gone of a fault.
        assert_eq!(
            shown,
            [("late", false, None, 1), ("a", true, None, 1), ("b", true, Some(9_000), 0), ("c", false, None, 0)]
        );
        let moments: Vec<u64> = pods[1].runs[0].samples.iter().map(|[at, ..]| *at).collect();
        assert_eq!(moments, [7_005, 8_005, 66_995]);
    }

    #[tokio::test]
    async fn nodes_that_do_not_tell_are_waited_for_and_no_longer_than_that() {
        let known = vec![Known {
            component: "web".to_owned(),
            before: vec![PodSeen { uid: "a".to_owned(), ready: true, node: None }],
            gone: Vec::new(),
        }];
        let of = |phase: &str| Soaked {
            nonce: "n".to_owned(),
            phase: phase.to_owned(),
            pods: BTreeMap::from([("a".to_owned(), PodSoaked::default())]),
        };
        for (phase, count) in [("soak", 1), ("another", 0)] {
            let (_sender, soaked) = watch::channel(BTreeMap::from([("n1".to_owned(), of(phase))]));
            let latest = Instant::now() + Duration::from_millis(20);
            assert_eq!(heard(soaked, "soak", &known, latest).await.len(), count, "{phase}");
        }
    }
}
