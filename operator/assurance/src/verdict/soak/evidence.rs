//! Whether what was seen of the soak agrees with the plan and with itself.

use std::collections::BTreeSet;

use crate::evidence::{ProveEvidence, SoakedPod};

use super::{
    super::{
        load::{Span, Timeline},
        say,
    },
    LOOKS,
};

/// All numbers of what was seen of pods.
pub fn numbers(prove: &ProveEvidence) -> impl Iterator<Item = u64> {
    prove.soak.iter().flatten().flat_map(|pod| {
        let of_runs = pod.runs.iter().flat_map(|run| {
            let limits = [run.memory_limit, run.descriptor_limit];
            limits.into_iter().chain(run.samples.iter().flatten().copied())
        });
        pod.gone_ms.into_iter().chain(of_runs)
    })
}

/// What in the evidence of the soak contradicts the plan or itself.
pub fn contradiction(timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    let pods = prove.soak.as_ref()?;
    let Some((span, (_, components))) = timeline.spans.iter().find_map(|span| Some((span, span.soak()?))) else {
        return Some("the plan has no soak, and the evidence has one".to_owned());
    };
    let mut known = BTreeSet::new();
    pods.iter().find_map(|pod| {
        let why = if known.insert(&pod.uid) { of_pod(span, components, pod)? } else { "it is there twice".to_owned() };
        Some(format!("the soak, pod {}: {why}", say::quote(&pod.uid)))
    })
}

fn of_pod(span: &Span<'_>, components: &[String], pod: &SoakedPod) -> Option<String> {
    if !components.contains(&pod.component) {
        return Some(format!("component {} was not to be looked at", say::quote(&pod.component)));
    }
    let moments: Vec<u64> = pod.runs.iter().flat_map(|run| &run.samples).map(|[at, ..]| *at).collect();
    let phase = span.from.saturating_mul(1_000)..span.to.saturating_mul(1_000);
    let (count, most) = (moments.len(), LOOKS.end() + 1);
    if count as u64 > most {
        Some(format!("it was looked at {count} times; {most} are the most"))
    } else if pod.runs.iter().any(|run| run.samples.is_empty()) {
        Some("a life of its container in which it was not looked at".to_owned())
    } else if moments.windows(2).any(|pair| pair[0] >= pair[1]) {
        Some("the moments at which it was looked at do not rise".to_owned())
    } else {
        let at = moments.into_iter().find(|at| !phase.contains(at))?;
        let (from, to) = (span.from, span.to);
        Some(format!(
            "it was looked at {} after the start of the load; the soak is from {from} s to {to} s",
            say::seconds(at)
        ))
    }
}
