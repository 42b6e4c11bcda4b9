//! What was measured, beside its limits: for people and dashboards. No conclusion is drawn here.

use factory_crds::resilience_standard::FaultKind;

use crate::{dossier::TestResult, evidence::FaultEvidence, plan::PhaseRole};

use super::{
    Figure, PhaseCost, Rules,
    asked::Asked,
    capacity::Ladder,
    comparison::{self, Compared, EQUAL},
    control,
    downtime::{self, Downtime},
    fault::Struck,
    felt::Felt,
    generator,
    history::Pooled,
    load::{Load, Measured, Span, Timeline, exact, ppm},
    recovery::Recovery,
    soak::Soaked,
    steady,
    trend::Trend,
    twin,
};

/// What was modelled or followed over a run.
pub struct Followed<'a> {
    /// What the faults cost.
    pub costs: &'a [PhaseCost],
    /// Repetitions of earlier runs that count.
    pub pooled: Option<&'a Pooled>,
    /// The downtime of a year.
    pub downtime: Option<&'a Downtime>,
    /// The ladder.
    pub ladder: &'a Ladder,
    /// The soak.
    pub soaked: Option<&'a Soaked>,
    /// The comparison.
    pub compared: Option<&'a Compared>,
}

/// Of the whole run, then of each phase in the order of the plan.
pub fn of(
    result: &TestResult,
    rules: Rules,
    timeline: &Timeline<'_>,
    load: &Load,
    followed: &Followed<'_>,
) -> Vec<Figure> {
    let (downtime, ladder) = (followed.downtime, followed.ladder);
    let prove = result.evidence.prove.as_ref();
    let mut figures = vec![
        figure(
            "",
            "requests",
            prove.map(|_| exact(load.whole.begun)),
            Some(generator::planned_figure(result, timeline)),
        ),
        figure("", "unsentPpm", generator::unsent_ppm(&load.whole), Some(generator::MAX_UNSENT_PPM)),
        figure(
            "",
            "lagP99Us",
            prove.and_then(|prove| generator::lag_p99(&prove.lag_us)),
            Some(generator::lag_limit(&result.standard)),
        ),
    ];
    figures.extend(result.plan.prove.load.closed.map(|_| {
        let omitted = load.whole.omitted;
        let all = exact(omitted.good.saturating_add(omitted.failed));
        figure("", "omittedRequests", prove.map(|_| all), None)
    }));
    figures.extend(twin::planned(result, rules).map(|_| {
        let percent = prove.and_then(|prove| prove.twin.as_ref()).map(|twin| twin.percent.into());
        figure("", "twinPercent", percent, None)
    }));
    let is_modelled = downtime::is_asked_for(rules, &result.standard);
    if is_modelled {
        let declared = Some(result.availability.max_downtime_per_year.millis());
        let whole = downtime.map(|downtime| downtime.whole);
        figures.push(figure("", "modelledDowntimeMs", whole.map(|bound| bound.modelled), declared));
        figures.push(figure("", "seenDowntimeMs", whole.map(|bound| bound.seen), declared));
        figures.extend(builds_on_earlier(result).then(|| {
            let own = downtime.and_then(|downtime| downtime.earlier.as_ref()).map(|earlier| earlier.own.whole.seen);
            figure("", "ownSeenDowntimeMs", own, declared)
        }));
    }
    if builds_on_earlier(result) {
        figures.push(figure("", "earlierRuns", followed.pooled.map(|pooled| pooled.dossiers as u64), None));
    }
    let capacity = result.standard.capacity.as_ref();
    if capacity.is_some() || timeline.ladder.is_some() {
        let must_hold = capacity.map(|capacity| capacity.headroom_percent.into());
        figures.push(figure("", "heldPercent", ladder.held().map(Into::into), must_hold));
        figures.push(figure("", "brokeAtPercent", ladder.broke_at().map(Into::into), None));
    }
    figures.extend(beside_the_confirmed(result, followed.compared));
    let us = |ms: u32| Some(u64::from(ms) * 1_000);
    let mut steps = prove.into_iter().flat_map(|prove| &prove.step_lag_us);
    let mut faults = prove.into_iter().flat_map(|prove| &prove.faults);
    for (index, (span, measured)) in timeline.spans.iter().zip(&load.phases).enumerate() {
        let measured = prove.map(|_| measured);
        match &span.phase.role {
            PhaseRole::WarmUp {} => figures.extend(requests(span, measured, None, [None; 3])),
            PhaseRole::Steady {} | PhaseRole::Soak { .. } | PhaseRole::Capacity { .. } => {
                let limits = &result.standard.steady;
                let limits = [Some(limits.max_failed_ppm.into()), us(limits.p95_ms), us(limits.p99_ms)];
                figures.extend(requests(span, measured, Some(steady::least(&result.standard)), limits));
                figures.extend(beside(result, rules, span));
                if span.percent().is_some() {
                    let lag = steps.next().and_then(|step| generator::lag_p99(step));
                    figures.extend(asked_for(result, span, measured, lag));
                } else if span.soak().is_some() {
                    figures.extend(grown(result, span, followed.soaked));
                } else {
                    figures.extend(held_back(result, rules, span));
                }
            }
            PhaseRole::Fault { .. } => {
                let Some((asked, component)) = Asked::of(rules, &span.phase.role) else { continue };
                let limits = asked.limits(&result.standard);
                let limits = [
                    limits.map(|limits| u64::from(limits.max_failed_ppm)),
                    limits.and_then(|limits| us(limits.p95_ms?)),
                    limits.and_then(|limits| us(limits.p99_ms?)),
                ];
                figures.extend(requests(span, measured, Some(steady::least(&result.standard)), limits));
                figures.extend(beside(result, rules, span));
                let slots = prove.map_or(&[][..], |prove| &prove.slots);
                let of = asked.clone();
                let variables = result.plan.prove.rotated(component);
                let struck =
                    faults.next().map(|evidence| Struck { asked, component, variables, span, evidence, slots });
                figures.extend(done(span, &of, struck.as_ref()));
                figures.extend(recovery(result, span, struck.as_ref()));
                if rules >= Rules::V2 {
                    let phase = &span.phase.name;
                    figures.push(figure(phase, "lostMs", struck.as_ref().and_then(Struck::lost_ms), None));
                    let alone = downtime.and_then(|downtime| downtime.alone(&of));
                    figures.extend(is_modelled.then(|| figure(phase, "modelledDowntimeMs", alone, None)));
                }
                figures.extend(proven(result, followed, index, &span.phase.name));
            }
        }
    }
    figures
}

/// Whether the standard and the plan have earlier runs count.
const fn builds_on_earlier(result: &TestResult) -> bool {
    result.standard.history.is_some() && result.plan.prove.history.is_some()
}

/// What the repetitions of the fault of the phase with this `index` prove, earlier ones and this run's.
fn proven(result: &TestResult, followed: &Followed<'_>, index: usize, phase: &str) -> Vec<Figure> {
    if !builds_on_earlier(result) {
        return Vec::new();
    }
    let own = followed.costs.iter().find(|one| one.phase == index).map(|one| one.cost);
    let declared = result.availability.recovery_time.millis();
    let proof = followed.pooled.map(|pooled| pooled.proof(index, own, declared));
    vec![
        figure(phase, "repetitions", proof.map(|proof| proof.repetitions), None),
        figure(phase, "earlierRepetitions", proof.map(|proof| proof.earlier), None),
        figure(phase, "recoveredPercent", proof.and_then(|proof| proof.percent), None),
        figure(phase, "attemptsNotCounted", proof.map(|proof| proof.not_counted), None),
    ]
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

/// Whether the generator asked for a step of the ladder in time, its 99th percentile of `lag` known.
fn asked_for(result: &TestResult, span: &Span<'_>, measured: Option<&Measured>, lag: Option<u64>) -> [Figure; 2] {
    let phase = &span.phase.name;
    [
        figure(phase, "unsentPpm", measured.and_then(generator::unsent_ppm), Some(generator::MAX_UNSENT_PPM)),
        figure(phase, "lagP99Us", lag, Some(generator::lag_limit(&result.standard))),
    ]
}

/// How quickly the control answered meanwhile.
fn beside(result: &TestResult, rules: Rules, span: &Span<'_>) -> Option<Figure> {
    control::planned(result, rules)?;
    let within = result.evidence.prove.as_ref().and_then(|prove| control::answered_within(prove, span));
    let limit = generator::lag_limit(&result.standard);
    Some(figure(&span.phase.name, "controlP95Us", within, Some(limit)))
}

/// How late the twin was, beyond the limit that it must not keep.
fn held_back(result: &TestResult, rules: Rules, span: &Span<'_>) -> Option<Figure> {
    twin::planned(result, rules)?;
    let within = result.evidence.prove.as_ref().and_then(|prove| twin::answered_within(prove, span));
    let limit = u64::from(result.standard.steady.p95_ms) * 1_000;
    Some(figure(&span.phase.name, "twinP95Us", within, Some(limit)))
}

/// What part of the time of the last confirmed release the candidate takes, and in how many blocks that was seen.
fn beside_the_confirmed(result: &TestResult, compared: Option<&Compared>) -> Vec<Figure> {
    let Some((reference, asked)) = comparison::planned(result) else { return Vec::new() };
    let change = compared.and_then(|compared| compared.change);
    let limit = asked.max_p95_slower_ppm.map(|ppm| EQUAL + u64::from(ppm));
    let said = compared.map(|compared| compared.blocks.iter().filter(|block| block.is_ok()).count() as u64);
    vec![
        figure("", "comparedBlocks", said, Some(comparison::least(reference.blocks))),
        figure("", "comparedPpm", change.map(|change| change.middle), None),
        figure("", "comparedLeastPpm", change.map(|change| change.least), limit),
        figure("", "comparedMostPpm", change.map(|change| change.most), None),
    ]
}

/// How often a container was started again, and where the pod leads to that comes closest to its limit.
fn grown(result: &TestResult, span: &Span<'_>, soaked: Option<&Soaked>) -> Vec<Figure> {
    let Some(soak) = &result.standard.soak else { return Vec::new() };
    let phase = &span.phase.name;
    // Limits are so many percent of the container's.
    let share = |trend: Option<(Trend, u64)>, percent: u32| {
        let (trend, limit) = trend?;
        ppm(u128::from(trend.ahead) * u128::from(percent), u128::from(limit) * 100)
    };
    let (memory, descriptors) = (soak.memory_percent, soak.descriptor_percent);
    let pods = || soaked.iter().flat_map(|soaked| &soaked.pods);
    let of_percent = |percent: u32| Some(u64::from(percent) * 10_000);
    let mut figures = vec![
        figure(phase, "restarts", soaked.map(|soaked| soaked.restarts), Some(0)),
        figure(phase, "memoryAheadPpm", pods().filter_map(|pod| share(pod.memory, memory)).max(), of_percent(memory)),
        figure(
            phase,
            "descriptorsAheadPpm",
            pods().filter_map(|pod| share(pod.descriptors, descriptors)).max(),
            of_percent(descriptors),
        ),
    ];
    figures.extend(soak.p95_ms.map(|ms| {
        let ahead = soaked.and_then(|soaked| soaked.latency).map(|trend| trend.ahead);
        figure(phase, "p95AheadUs", ahead, Some(u64::from(ms) * 1_000))
    }));
    figures
}

/// Whom the fault reached, and how strongly.
fn done(span: &Span<'_>, asked: &Asked, struck: Option<&Struck<'_>>) -> Vec<Figure> {
    let phase = &span.phase.name;
    if !asked.on_node() {
        let gone = struck.map(Struck::pods_gone);
        let must = struck.zip(gone).map(|(struck, (before, _))| struck.must_go(before) as u64);
        return vec![figure(phase, "podsGone", gone.map(|(_, gone)| gone as u64), must)];
    }
    let felt = struck.map(|struck| Felt::of(asked, struck.evidence));
    let (count, must) = (felt.as_ref().map(|felt| felt.count as u64), felt.as_ref().map(|felt| felt.must as u64));
    // Times are measured in microseconds.
    let unit = if matches!(asked.kind, FaultKind::Delay | FaultKind::Jitter | FaultKind::DnsDelay) { 1_000 } else { 1 };
    let strength = asked.strength().filter(|_| asked.has_strength()).map(|strength| u64::from(strength) * unit);
    vec![figure(phase, "podsFelt", count, must), figure(phase, "doseP50", felt.and_then(|felt| felt.least), strength)]
}

fn recovery(result: &TestResult, span: &Span<'_>, struck: Option<&Struck<'_>>) -> [Figure; 2] {
    let phase = &span.phase.name;
    let recovery = struck.map(|struck| struck.recovery(&result.standard)).and_then(|recovery| match recovery {
        Recovery::After(ms) => Some(exact(ms.into())),
        Recovery::Never | Recovery::Unknown => None,
    });
    let declared = exact(result.availability.recovery_time.millis().into());
    let ready = struck.map(|struck| struck.evidence).and_then(ready_after);
    [figure(phase, "recoveryMs", recovery, Some(declared)), figure(phase, "readyAgainMs", ready, None)]
}

/// How long after the injection every replica was ready again.
fn ready_after(fault: &FaultEvidence) -> Option<u64> {
    fault.ready_again_ms?.checked_sub(fault.injected_ms?).map(|ms| exact(ms.into()))
}

fn figure(phase: &str, name: &str, value: Option<u64>, limit: Option<u64>) -> Figure {
    let limit = limit.map(|limit| exact(limit.into()));
    Figure { phase: phase.to_owned(), name: name.to_owned(), value: value.map(|value| exact(value.into())), limit }
}
