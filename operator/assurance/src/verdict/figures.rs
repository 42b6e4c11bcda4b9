//! What was measured, beside its limits: for people and dashboards. No conclusion is drawn here.

use crate::{dossier::TestResult, evidence::FaultEvidence, plan::PhaseRole};

use super::{
    Figure,
    fault::{self, Struck},
    generator,
    load::{Load, Measured, Span, Timeline, exact},
    recovery::Recovery,
    steady,
};

/// Of the whole run, then of each phase in the order of the plan.
pub fn of(result: &TestResult, timeline: &Timeline<'_>, load: &Load) -> Vec<Figure> {
    let prove = result.evidence.prove.as_ref();
    let mut figures = vec![
        figure(
            "",
            "requests",
            prove.map(|_| exact(load.whole.total())),
            Some(generator::planned_figure(result, timeline)),
        ),
        figure("", "unsentPpm", generator::unsent_ppm(load), Some(generator::MAX_UNSENT_PPM)),
        figure("", "lagP99Us", prove.and_then(generator::lag_p99), Some(generator::lag_limit(&result.standard))),
    ];
    let mut faults = prove.into_iter().flat_map(|prove| &prove.faults);
    for (span, measured) in timeline.spans.iter().zip(&load.phases) {
        let measured = prove.map(|_| measured);
        match &span.phase.role {
            PhaseRole::WarmUp {} => figures.extend(requests(span, measured, None, [None; 3])),
            PhaseRole::Steady {} => {
                let limits = &result.standard.steady;
                let us = |ms: u32| Some(u64::from(ms) * 1_000);
                let limits = [Some(limits.max_failed_ppm.into()), us(limits.p95_ms), us(limits.p99_ms)];
                figures.extend(requests(span, measured, Some(steady::least(&result.standard)), limits));
            }
            PhaseRole::Fault { kind, component, .. } => {
                let limit = fault::limit_ppm(&result.standard, *kind).map(u64::from);
                figures.extend(requests(span, measured, Some(steady::least(&result.standard)), [limit, None, None]));
                let slots = prove.map_or(&[][..], |prove| &prove.slots);
                let struck = faults.next().map(|evidence| Struck { kind: *kind, component, span, evidence, slots });
                figures.extend(recovery(result, span, struck.as_ref()));
            }
        }
    }
    figures
}

fn requests(span: &Span<'_>, measured: Option<&Measured>, least: Option<u64>, limits: [Option<u64>; 3]) -> [Figure; 4] {
    let phase = &span.phase.name;
    let percentile =
        |percent| measured.and_then(|measured| measured.latency.percentile(percent)).map(|us| exact(us.into()));
    [
        figure(phase, "requests", measured.map(|measured| exact(measured.total())), least),
        figure(phase, "failedPpm", measured.and_then(Measured::failed_ppm), limits[0]),
        figure(phase, "p95Us", percentile(95), limits[1]),
        figure(phase, "p99Us", percentile(99), limits[2]),
    ]
}

fn recovery(result: &TestResult, span: &Span<'_>, struck: Option<&Struck<'_>>) -> [Figure; 3] {
    let phase = &span.phase.name;
    let (gone, must) = struck
        .map(|struck| (struck.pods_gone(), struck))
        .map_or((None, None), |((before, gone), struck)| (Some(gone as u64), Some(struck.must_go(before) as u64)));
    let recovery = struck.map(|struck| struck.recovery(&result.standard)).and_then(|recovery| match recovery {
        Recovery::After(ms) => Some(exact(ms.into())),
        Recovery::Never | Recovery::Unknown => None,
    });
    let declared = exact(result.availability.recovery_time.millis().into());
    let ready = struck.map(|struck| struck.evidence).and_then(ready_after);
    [
        figure(phase, "podsGone", gone, must),
        figure(phase, "recoveryMs", recovery, Some(declared)),
        figure(phase, "readyAgainMs", ready, None),
    ]
}

/// How long after the injection every replica was ready again.
fn ready_after(fault: &FaultEvidence) -> Option<u64> {
    fault.ready_again_ms?.checked_sub(fault.injected_ms?).map(|ms| exact(ms.into()))
}

fn figure(phase: &str, name: &str, value: Option<u64>, limit: Option<u64>) -> Figure {
    let limit = limit.map(|limit| exact(limit.into()));
    Figure { phase: phase.to_owned(), name: name.to_owned(), value: value.map(|value| exact(value.into())), limit }
}
