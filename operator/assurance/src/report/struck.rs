//! One fault for the reader: what was done, what the pods felt of it, what it cost, and how long it
//! took until the service served again.

use factory_crds::resilience_standard::{FaultKind, Share};

use crate::{
    evidence::{FaultEvidence, Slot},
    verdict::{Figure, Verdict},
};

use super::{
    answered, budget, dose, numbers,
    phases::{Fault, Span},
    text::plain,
    tries,
    words::Words,
};

/// Figures of the verdict that stand in the section of a fault, as far as the verdict has them.
const SHOWN: [&str; 15] = [
    "podsGone",
    "podsFelt",
    "doseP50",
    "failedPpm",
    "p95Us",
    "p99Us",
    "controlP95Us",
    "recoveryMs",
    "readyAgainMs",
    "lostMs",
    "modelledDowntimeMs",
    "repetitions",
    "earlierRepetitions",
    "recoveredPercent",
    "attemptsNotCounted",
];

/// A fault.
pub struct Struck {
    /// From 1.
    pub number: usize,
    /// Its name.
    pub kind: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
    /// Component.
    pub component: String,
    /// What was asked for and what was seen: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// The target's pods.
    pub pods: Vec<Pod>,
    /// What each felt.
    pub doses: Vec<DoseRow>,
    /// How each operation fared.
    pub answered: Option<answered::Section>,
    /// What went wrong with the injection.
    pub errors: Vec<String>,
    /// What was left.
    pub residue: Vec<String>,
}

/// A pod of the target.
pub struct Pod {
    /// UID.
    pub uid: String,
    /// Whether it was ready before.
    pub ready: bool,
    /// When it went; empty if it stayed.
    pub gone: String,
}

/// What a pod felt.
pub struct DoseRow {
    /// UID of the pod.
    pub pod: String,
    /// Which of its traffic.
    pub class: &'static str,
    /// By what it was done.
    pub way: String,
    /// What was asked for.
    pub asked: String,
    /// Before.
    pub before: String,
    /// While it lasted.
    pub during: String,
}

/// The fault of `span` under the load with these `slots`, if it is one, with how the operations fared under it.
pub fn of(
    span: &Span<'_>,
    verdict: &Verdict,
    slots: &[Slot],
    words: &Words,
    answered: Option<answered::Section>,
) -> Option<Struck> {
    let fault = span.fault.as_ref()?;
    Some(Struck {
        number: fault.number,
        kind: words.fault(fault.kind),
        meaning: words.meaning(fault.kind),
        component: plain(fault.component),
        facts: facts(span, fault, verdict, slots, words),
        pods: fault.seen.map(pods).unwrap_or_default(),
        doses: doses(fault, words),
        answered,
        errors: fault.seen.iter().flat_map(|seen| &seen.errors).map(|line| plain(line)).collect(),
        residue: fault.seen.iter().flat_map(|seen| &seen.residue).map(|line| plain(line)).collect(),
    })
}

fn facts(
    span: &Span<'_>,
    fault: &Fault<'_>,
    verdict: &Verdict,
    slots: &[Slot],
    words: &Words,
) -> Vec<(&'static str, String)> {
    let seconds = |ms: Option<u64>| ms.map(numbers::seconds);
    let lease = fault.strike.map(|strike| strike.lease_seconds).filter(|lease| *lease > 0);
    let injected = fault.seen.and_then(|seen| seen.injected_ms);
    let mut facts = vec![
        (words.terms.phase, format!("{} ({}–{} s)", plain(&span.phase.name), span.from, span.to)),
        (words.share, share(fault, words).to_owned()),
    ];
    let mut fact = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    fact(words.peer, fault.strike.and_then(|strike| strike.peer.as_deref()).map(plain));
    let names = fault.strike.map(|strike| strike.names.join(", ")).filter(|names| !names.is_empty());
    fact(words.names, names.as_deref().map(plain));
    fact(words.path, fault.strike.and_then(|strike| strike.path.as_deref()).map(plain));
    fact(words.status, fault.strike.and_then(|strike| strike.status).map(|status| status.to_string()));
    fact(words.late, fault.strike.and_then(|strike| strike.late_ms).map(|late| format!("{late} ms")));
    let way = |direction| words.directions[direction as usize].to_owned();
    fact(words.direction, fault.strike.and_then(|strike| strike.direction).map(way));
    fact(words.lease_asked, lease.map(|lease| format!("{lease} s")));
    fact(
        words.strength,
        dose::asked(fault.kind, fault.strike).filter(|_| fault.strike.is_some_and(|strike| strike.strength > 0)),
    );
    fact(words.injected, seconds(injected).or_else(|| Some(words.not_injected.to_owned())));
    fact(words.ended, seconds(fault.seen.and_then(|seen| seen.ended_ms)));
    fact(words.tries, fault.seen.and_then(|seen| tries::of(seen, slots)).map(|tries| tries.shown()));
    for name in SHOWN {
        let figure = verdict.figures.iter().find(|figure| figure.phase == span.phase.name && figure.name == name);
        let figure = figure.filter(|figure| !budget::is_without_strength(figure));
        facts.extend(figure.map(|figure| (words.figure(name), against(figure, fault.kind, words))));
    }
    facts
}

/// The value with its limit behind it.
fn against(figure: &Figure, kind: FaultKind, words: &Words) -> String {
    let value = budget::value(figure, Some(kind), words);
    match budget::limit(figure, Some(kind)) {
        None => value,
        Some(limit) if figure.name == "recoveryMs" => format!("{value} ({} {limit})", words.declared),
        Some(limit) => format!("{value} ({limit})"),
    }
}

fn share<'a>(fault: &Fault<'_>, words: &'a Words) -> &'a str {
    match (fault.kind, fault.strike.map(|strike| strike.share)) {
        (kind, _) if kind.replaces_all() => words.share_in_turn,
        (FaultKind::Eviction, _) => words.share_of_node,
        (_, Some(Share::All)) => words.share_all,
        (_, Some(Share::Node)) => words.share_of_node,
        _ => words.share_one,
    }
}

/// Pods that were there before, then those that went without having been there.
fn pods(seen: &FaultEvidence) -> Vec<Pod> {
    let gone = |uid: &str| {
        let moment = seen.gone.iter().find(|pod| pod.uid == uid);
        moment.map_or_else(String::new, |pod| numbers::seconds(pod.at_ms))
    };
    let before = seen.before.iter().map(|pod| Pod { uid: plain(&pod.uid), ready: pod.ready, gone: gone(&pod.uid) });
    let others = seen.gone.iter().filter(|gone| seen.before.iter().all(|pod| pod.uid != gone.uid));
    before
        .chain(others.map(|pod| Pod { uid: plain(&pod.uid), ready: false, gone: numbers::seconds(pod.at_ms) }))
        .collect()
}

fn doses(fault: &Fault<'_>, words: &Words) -> Vec<DoseRow> {
    let asked = dose::asked(fault.kind, fault.strike).unwrap_or_default();
    let shown = |cells: &[[u64; 2]]| {
        dose::summary(fault.kind, cells).shown(fault.kind).unwrap_or_else(|| words.terms.not_measured.to_owned())
    };
    let doses = fault.seen.iter().flat_map(|seen| &seen.doses);
    doses
        .map(|dose| DoseRow {
            pod: plain(&dose.pod),
            class: words.class(dose.class),
            way: plain(&dose.way),
            asked: asked.clone(),
            before: shown(&dose.before),
            during: shown(&dose.during),
        })
        .collect()
}
