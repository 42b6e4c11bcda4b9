//! Whether requests are planned to come as the standard says, over connections as it says. The rate alone says little: all
//! of the load could come in one rush within the warm-up, and what is judged would be a hundredth of it.

use factory_crds::resilience_standard::ArrivalKind;

use crate::{
    dossier::TestResult,
    plan::{Gaps, PhaseRole, Stretch, shape},
    standard::{Standard, StandardLoad},
    verdict::{Rules, arrivals, asked::Asked, capacity, load::Timeline, say, soak},
};

/// How long connections are kept.
pub fn connections(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let planned = result.plan.prove.load.connections.unwrap_or_default();
    let asked = load.connections.unwrap_or_default();
    (planned != asked).then(|| format!("connections of the load are `{planned:?}`; the standard asks for `{asked:?}`"))
}

/// The shape of the load over all phases. Looked at where the rate, the ladder and the soak are in order: what they lack is
/// said once, and the shape is fitted into phases that stand where they must.
pub fn arrivals(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let prove = &result.plan.prove;
    let in_order = [arrivals::check, capacity::check, soak::plan_lacks].iter().all(|rule| rule(result).is_none());
    if !in_order {
        return None;
    }
    let seconds = Timeline::of(&prove.phases).seconds;
    let Ok(asked) = shape::of(load.arrivals.as_ref(), &prove.phases) else {
        return Some(format!("the standard's shape of the load does not fit into the {seconds} s of the plan"));
    };
    let asked = shape::plain(asked.as_ref(), seconds);
    let planned = shape::plain(prove.load.arrivals.as_ref(), seconds);
    if planned.gaps != asked.gaps {
        let [planned, asked] = [planned.gaps, asked.gaps].map(gaps);
        return Some(format!("gaps of the load are {planned}; by the standard they are {asked}"));
    }
    let most = planned.stretches.len().max(asked.stretches.len());
    (0..most).find_map(|index| {
        let [planned, asked] = [&planned, &asked].map(|arrivals| arrivals.stretches.get(index));
        (planned != asked).then(|| {
            let [planned, asked] = [planned, asked].map(words);
            format!("stretch {} of the load is {planned}; by the standard it is {asked}", index + 1)
        })
    })
}

/// Whether the shape stands where the standard puts it, where its rate changes: elsewhere a phase may be longer than the
/// standard asks for, but here a longer one, or one more, would move the rush away from the faults.
pub fn placed(result: &TestResult, rules: Rules, load: &StandardLoad) -> Option<String> {
    let kind = load.arrivals.as_ref()?.kind;
    if matches!(kind, ArrivalKind::Poisson | ArrivalKind::Constant) {
        return None;
    }
    let phases = &result.plan.prove.phases;
    if !phases.iter().any(|phase| phase.role == PhaseRole::WarmUp {}) {
        return Some("the plan has no warm-up, with which the standard's shape of the load begins".to_owned());
    }
    let (mut steady, mut struck) = (0, Vec::<(Asked, &str)>::new());
    phases.iter().find_map(|phase| {
        let fault = Asked::of(rules, &phase.role);
        let seconds = match &phase.role {
            PhaseRole::WarmUp {} => load.warm_up_seconds,
            PhaseRole::Steady {} => load.steady_seconds,
            PhaseRole::Fault { .. } => window(&fault.as_ref()?.0, &result.standard)?,
            PhaseRole::Soak { .. } | PhaseRole::Capacity { .. } => return None,
        };
        let name = say::quote(&phase.name);
        if phase.seconds != seconds {
            let planned = phase.seconds;
            return Some(format!(
                "phase {name} lasts {planned} s; by the standard's shape of the load it lasts {seconds} s"
            ));
        }
        steady += u32::from(phase.role == PhaseRole::Steady {});
        let again = fault.as_ref().is_some_and(|fault| struck.contains(fault));
        struck.extend(fault);
        (again || steady > 2).then(|| format!("phase {name} is one more than the standard's shape of the load is for"))
    })
}

/// Seconds for which the standard has `asked` watched.
fn window(asked: &Asked, standard: &Standard) -> Option<u32> {
    let limited = standard.faults.iter().filter(|limits| asked.is_limited_by(limits));
    limited.map(|limits| limits.window_seconds).max()
}

const fn gaps(gaps: Gaps) -> &'static str {
    match gaps {
        Gaps::Drawn => "drawn by chance",
        Gaps::Even => "even",
    }
}

/// `3 s from 50 % to 100 %`, or `nothing`.
fn words(stretch: Option<&Stretch>) -> String {
    let Some(stretch) = stretch else { return "nothing".to_owned() };
    let [from, to] = [stretch.from_ppm, stretch.to_ppm].map(|ppm| say::percent(ppm.into()));
    format!("{} s from {from} to {to}", stretch.seconds)
}
