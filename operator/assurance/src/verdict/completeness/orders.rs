//! Whether the evidence says when each fault was ordered, and that agrees with the rest of it. From the order on it
//! may have had an effect; an acknowledgement that came late would shorten every outage by as much.

use crate::{
    evidence::{FaultEvidence, ProveEvidence},
    verdict::{
        Rules,
        asked::Asked,
        load::{Span, Timeline},
        say,
    },
};

/// The first fault that was injected and has no order; rules that know none ask for none.
pub fn lack(rules: Rules, prove: &ProveEvidence) -> Option<String> {
    let lacks = |fault: &&FaultEvidence| fault.injected_ms.is_some() && fault.ordered_ms.is_none();
    let fault = prove.faults.iter().filter(|_| rules.begins_with_the_order()).find(lacks)?;
    Some(format!("phase {}: it is not said when the fault was ordered", say::quote(&fault.phase)))
}

/// The first contradiction.
pub fn contradiction(rules: Rules, timeline: &Timeline<'_>, prove: &ProveEvidence) -> Option<String> {
    if !rules.begins_with_the_order() {
        return None;
    }
    let asked = |span: &Span<'_>| Asked::of(rules, &span.phase.role).map(|(asked, _)| asked);
    timeline.spans.iter().filter_map(asked).zip(&prove.faults).find_map(|(asked, fault)| {
        let (phase, ordered) = (say::quote(&fault.phase), fault.ordered_ms?);
        if fault.injected_ms.is_some_and(|injected| injected < ordered) {
            Some(format!("phase {phase}: acknowledged before it was ordered"))
        } else if !asked.on_node() && fault.gone.iter().any(|pod| pod.at_ms < ordered) {
            Some(format!("phase {phase}: a pod went before the fault was ordered"))
        } else {
            None
        }
    })
}
